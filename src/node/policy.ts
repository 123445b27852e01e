/** What to give up when the client can take no more: asked each time a message is refused for want of room. */
export interface DropPolicy {
  /**
   * Makes room for a message, or does not.
   * @param topic of the message that was refused
   * @returns whether there is more room than before, so that it is worth another try
   */
  makeRoom(topic: string): boolean;
}

/** What was accepted stays; the message that finds no room is given up. */
export const dropNewest: DropPolicy = Object.freeze({
  makeRoom() {
    return false;
  },
});

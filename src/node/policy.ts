/** What to give up when the client can take no more: asked each time a message is refused for want of room. */
export interface DropPolicy {
  /**
   * Makes room for a message by giving others up, or does not. Asked again as long as it does and that is not enough.
   * @param topic of the message that was refused
   * @returns whether fewer messages wait than before
   */
  makeRoom(topic: string): boolean;
}

/** What was accepted stays; the message that finds no room is given up. */
export const dropNewest: DropPolicy = Object.freeze({
  makeRoom() {
    return false;
  },
});

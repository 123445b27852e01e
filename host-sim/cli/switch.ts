/** Something that is on or off, and can be turned by a person's hand. */
export interface Switch {
  readonly on: boolean;
  turn(on: boolean): void | Promise<void>;
}

export function switchOf(isOn: () => boolean, turn: Switch["turn"]): Switch {
  return {
    get on() {
      return isOn();
    },
    turn,
  };
}

/**
 * In which hand-shakes a node is at a moment, as seen from outside: what the application was told and what the broker
 * has sent. Faults are aimed at these states, and the report counts which fault has hit which.
 */

/** A node can be in several at once; the last two exclude all others. */
export const states = Object.freeze([
  "connect",
  "publish 1",
  "publish 2",
  "release",
  "receive 1",
  "receive 2",
  "released",
  "subscribe",
  "unsubscribe",
  "idle",
  "offline",
] as const);

export type StateName = (typeof states)[number];

/** What each state means. */
export const meanings: { readonly [state in StateName]: string } = Object.freeze({
  connect: "CONNECT has come, CONNACK is not known to have",
  "publish 1": "a QoS 1 message was accepted and is not acknowledged",
  "publish 2": "a QoS 2 message was accepted, PUBREC was not sent for it",
  release: "PUBREC was sent for a message, it is not known to be delivered",
  "receive 1": "a QoS 1 message was sent to the node, PUBACK has not come",
  "receive 2": "a QoS 2 message was sent to the node, PUBREC has not come",
  released: "PUBREL was sent to the node, PUBCOMP has not come",
  subscribe: "a filter is wanted that is not granted",
  unsubscribe: "a filter is not wanted any more, and that is not confirmed",
  idle: "connected, and none of the above",
  offline: "not connected",
});

export const CONNECT_STATE = 0;
export const PUBLISH_1 = 1;
export const PUBLISH_2 = 2;
export const RELEASE = 3;
export const RECEIVE_1 = 4;
export const RECEIVE_2 = 5;
export const RELEASED = 6;
export const SUBSCRIBING = 7;
export const UNSUBSCRIBING = 8;
export const IDLE = 9;
export const OFFLINE = 10;

interface Waiter {
  readonly state: number;
  readonly entered: () => void;
}

export class HandShakes {
  /** How many hand-shakes are in each of the first states. */
  readonly #counts = new Int32Array(IDLE);
  #online = false;
  #waiters: Waiter[] = [];

  /** The states the node is in, a set of bits. */
  get mask(): number {
    if (!this.#online) return (1 << OFFLINE) | ((this.#counts[CONNECT_STATE] as number) > 0 ? 1 << CONNECT_STATE : 0);
    let mask = 0;
    for (let state = 0; state < IDLE; state++) if ((this.#counts[state] as number) > 0) mask |= 1 << state;
    return mask === 0 ? 1 << IDLE : mask;
  }

  set(state: number, count: number): void {
    if (this.#counts[state] === count) return;
    this.#counts[state] = count;
    if (this.#waiters.length > 0) this.#look();
  }

  add(state: number, change: number): void {
    this.set(state, Math.max(0, (this.#counts[state] as number) + change));
  }

  set online(online: boolean) {
    this.#online = online;
    this.#counts[CONNECT_STATE] = 0;
    if (!online) for (let state = RECEIVE_1; state < IDLE; state++) this.#counts[state] = 0;
    this.#look();
  }

  get online(): boolean {
    return this.#online;
  }

  /** Calls once when the node is in the state; at once when it is. @returns what takes it back */
  await(state: number, entered: () => void): () => void {
    const waiter = { state, entered };
    if (this.mask & (1 << state)) {
      entered();
      return () => undefined;
    }
    this.#waiters.push(waiter);
    return () => {
      this.#waiters = this.#waiters.filter((other) => other !== waiter);
    };
  }

  #look(): void {
    if (this.#waiters.length === 0) return;
    const { mask } = this;
    const entered = this.#waiters.filter(({ state }) => mask & (1 << state));
    if (entered.length === 0) return;
    this.#waiters = this.#waiters.filter((waiter) => !entered.includes(waiter));
    for (const waiter of entered) waiter.entered();
  }
}

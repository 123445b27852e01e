import type { Client } from "../mqtt/client.js";
import type { WaitingMessage } from "../mqtt/review.js";
import type { DropReason, Journal } from "./journal.js";
import type { Tally } from "./tally.js";
import { textOf } from "./text.js";

export type { WaitingMessage } from "../mqtt/review.js";

/**
 * The messages that were accepted and never sent, for those parts of the node that give them up or mend them: it does so,
 * counts, and tells the journal. It is the tail of the client's log, not a queue of its own.
 */
export class Backlog {
  private readonly client: Client;
  private readonly journal: Journal;
  private readonly tally: Tally;
  private readonly onDropped: (token: number) => void;
  private _dropped = 0;
  /** By token: messages that nobody is shown, nor gives up. */
  spared: ReadonlyMap<number, unknown> | undefined;

  /** @param onDropped a message was given up: whoever waits for its delivery waits in vain */
  constructor(client: Client, journal: Journal, tally: Tally, onDropped: (token: number) => void) {
    this.client = client;
    this.journal = journal;
    this.tally = tally;
    this.onDropped = onDropped;
  }

  /** Messages given up since the start. */
  get dropped(): number {
    return this._dropped;
  }

  /** Shows every message to `look`, oldest first, but for {@link spared}. */
  visit(look: (message: WaitingMessage) => void): void {
    this.client.review((message) => {
      if (!this.spares(message)) look(message);
      return undefined;
    });
  }

  /**
   * Gives up those messages, oldest first, for which `decide` has a reason.
   * @throws MqttError when the store refuses; what was decided before stays decided
   */
  drop(decide: (message: WaitingMessage) => DropReason | undefined): void {
    // Decided, and not known to be done: `review` does it when the decision is handed back.
    let reason: DropReason | undefined;
    let token = 0;
    const done = () => {
      if (reason === undefined) return;
      this._dropped++;
      this.tally.drop(reason);
      reason = undefined;
      this.onDropped(token);
    };
    this.client.review((message) => {
      done();
      if (this.spares(message)) return undefined;
      reason = decide(message);
      if (reason === undefined) return undefined;
      token = message.token;
      this.journal.dropped(token, message.topic, textOf(message.payload), reason);
      return null;
    });
    done();
  }

  /**
   * Gives those messages another payload for which `decide` has one.
   * @throws MqttError when the store refuses; what was decided before stays decided
   */
  revise(decide: (message: WaitingMessage) => string | undefined): void {
    this.client.review((message) => {
      const payload = decide(message);
      if (payload !== undefined) this.journal.revised(message.token, message.topic, payload);
      return payload;
    });
  }

  private spares({ token }: WaitingMessage): boolean {
    return this.spared?.has(token) === true;
  }
}

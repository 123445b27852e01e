import type { StateMessage } from "./messages.js";
import type { Parts } from "./parts.js";

/** Something whose state the broker keeps: an output, an input, an alert. */
export abstract class State {
  readonly topic: string;
  /** By the uptime: when it came to be so. */
  at = 0;
  /** It is to be published: something is known of it. */
  known = false;
  /** It has not been accepted by the client yet. */
  due = false;

  constructor(topic: string) {
    this.topic = topic;
  }

  /** What the message says beside the time. */
  abstract describe(): Omit<StateMessage, "time" | "boot" | "uptime">;
}

/**
 * Publishes states, retained, whenever one changes. A change that finds no room is not queued: what is published as soon as
 * there is room is the state that holds then.
 */
export class States {
  private readonly parts: Parts;
  private readonly all: State[] = [];
  /** There was a connection in this start: the broker has had what was known then. */
  private told = false;

  constructor(parts: Parts) {
    this.parts = parts;
  }

  /** @param known it is to be published; else from its first change on */
  add(state: State, known: boolean): void {
    this.all.push(state);
    if (known) this.changed(state, false);
  }

  /** @param commanded by a stranger's command: then it takes no room of what the node itself has to say */
  changed(state: State, commanded: boolean): void {
    const { publisher, uptime } = this.parts;
    state.known = true;
    state.at = uptime.now();
    const payload = this.payload(state);
    const token = commanded
      ? publisher.offerCommanded(state.topic, payload, 1, true)
      : publisher.send(state.topic, payload, 1, true);
    state.due = token === 0;
  }

  /** The broker has accepted a connection. One that has lost its session may have lost what it kept for all. */
  connected(sessionPresent: boolean): void {
    if (sessionPresent || !this.told) this.update();
    else this.retell();
    this.told = true;
  }

  /** The broker may keep something older, or nothing. */
  retell(): void {
    for (const state of this.all) if (state.known) state.due = true;
    this.update();
  }

  /** Tries again what found no room. */
  update(): void {
    for (const state of this.all) {
      if (state.due) state.due = this.parts.publisher.offer(state.topic, this.payload(state), 1, true) === 0;
    }
  }

  private payload(state: State): string {
    const message: StateMessage = { ...state.describe() };
    this.parts.stamper.stamp(message, state.at);
    return JSON.stringify(message);
  }
}

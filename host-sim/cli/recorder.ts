/** Listens to the node and keeps the books: makes the event stream, and the counts of the summary. */

import type { Journal } from "../../src/mote/journal.js";
import { textOfPayload } from "../../src/mote/text.js";
import { MqttError } from "../../src/mqtt/errors.js";
import type { NetworkLink } from "../../src/platform.js";
import type { Happening, Renderer, Summary } from "./events.js";
import { Ledger } from "./ledger.js";
import type { Observer } from "./observer.js";

/** Where an error means that a message is given up: a reading is made once. */
const MADE_ONCE = /^publish \S+\/reading\//;

/** How the node words a connection that it has ended itself. */
export const CLOSED = "closed";

export class Recorder {
  readonly ledger = new Ledger();
  /** The node has been connected at least once. */
  everConnected = false;
  /** It is connected. */
  connected = false;
  /** Called when the node is connected. */
  onConnected: () => void = () => {};
  /** Why the connection ended or an attempt failed last. */
  lastFailure: string | undefined;
  readonly #renderer: Renderer;
  #started = performance.now();
  #received = 0;
  #reconnects = 0;
  #restarts = 0;
  #refused = 0;
  /** Of the LED, when it was lit last. */
  #colour = 0;

  constructor(renderer: Renderer) {
    this.#renderer = renderer;
  }

  /** The run begins now, and its time: what had to be built before does not count. */
  begin(): void {
    this.#started = performance.now();
  }

  /** Milliseconds since the run began, to a thousandth. */
  get now(): number {
    return rounded(performance.now() - this.#started);
  }

  show(happening: Happening): void {
    this.#renderer.show({ ...happening, t: this.now });
  }

  problem(message: string, where: string): void {
    this.show({ event: "error", message, where });
  }

  /** The LED shows a colour, 0xRRGGBB. */
  led(colour: number): void {
    if (colour === 0 || colour === this.#colour) return;
    this.#colour = colour;
    this.show({ event: "led", colour: `#${colour.toString(16).padStart(6, "0")}` });
  }

  /** The firmware has let a throw out of a callback. */
  aborted(thrown: unknown): void {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    const { stack = "" } = error;
    this.show({ event: "error", message: `${error.name}: ${error.message}`, where: "firmware", stack });
  }

  /** Somebody has cut the device's power, or given it back. */
  power(on: boolean): void {
    this.connected = false;
    this.show({ event: "power", on });
  }

  restart(reason: string): void {
    this.connected = false;
    this.show({ event: "restart", reason, count: ++this.#restarts });
  }

  /**
   * What one start of the device is told to.
   * @param device looks whether it still runs, for firmware that is halted has nothing to say, and for its link
   */
  journal(device: () => { isOn: boolean; link: NetworkLink | undefined }): Journal {
    let connections = 0;
    return {
      link: (state, detail) => {
        const { address, rssi } = device().link ?? {};
        this.show({
          event: "wifi",
          state,
          detail,
          ...(address === undefined ? {} : { address }),
          ...(rssi === undefined ? {} : { rssi }),
        });
      },
      connected: (sessionPresent) => {
        this.everConnected = true;
        this.connected = true;
        this.onConnected();
        if (connections++ > 0) this.#reconnects++;
        this.show({ event: "connected", sessionPresent });
      },
      disconnected: (reason, delay) => {
        this.connected = false;
        if (reason !== CLOSED) this.lastFailure = reason;
        this.show({ event: "disconnected", reason, ...(delay === undefined ? {} : { delay: Math.round(delay) }) });
      },
      accepted: (token, topic, payload, QoS, retain) => {
        const text = textOfPayload(payload);
        const books = typeof payload === "string" ? "accepted" : "said";
        this.ledger[books](token, topic, text, QoS, performance.now());
        this.show({ event: "accepted", token, topic, QoS, retain, payload: text });
      },
      published: (token, outcome) => {
        const message = this.ledger.settled(token, outcome !== "lost");
        if (message === undefined) return;
        const { topic, QoS } = message;
        if (outcome === "lost") {
          this.problem(`the connection was lost before a message of QoS ${QoS} was sent`, `publish ${topic}`);
          return;
        }
        const ms = rounded(performance.now() - message.at);
        const doubtful = outcome === "may-be-duplicated" ? ({ mayBeDuplicated: true } as const) : {};
        this.show({ event: "acknowledged", token, topic, QoS, ms, ...doubtful });
      },
      revised: (token, topic, payload) => {
        this.ledger.revised(token, topic, payload);
        this.show({ event: "revised", token, topic, payload });
      },
      dropped: (token, topic, payload, reason) => {
        this.ledger.dropped(token, topic, payload);
        this.show({ event: "dropped", token, topic, payload, reason });
      },
      received: (topic, payload, QoS, retain) => {
        this.#received++;
        this.show({ event: "received", topic, QoS, retain, payload: Buffer.from(payload).toString() });
      },
      command: (name, id) => this.show({ event: "command", name, ...(id === undefined ? {} : { id }) }),
      result: (name, payload) => this.show({ event: "result", name, payload }),
      error: (error, where) => {
        if (!device().isOn) return;
        if (MADE_ONCE.test(where)) this.#refused++;
        const facts = error instanceof MqttError ? { kind: error.kind, code: error.code } : {};
        this.show({ event: "error", message: error.message, where, ...facts });
      },
    };
  }

  /** Resolves when the observer has seen what the broker has acknowledged, or after `patience` ms. */
  async settle(observer: Pick<Observer, "state" | "flush">, patience: number): Promise<void> {
    const deadline = performance.now() + patience;
    while (this.ledger.balance().lost > 0 && observer.state !== "refused" && performance.now() < deadline)
      await new Promise((later) => setTimeout(later, 20));
    // What came twice came right behind.
    await observer.flush();
  }

  /** @param observer what the one who looked can tell */
  summary({ granted, isReliable, wasAway }: Pick<Observer, "granted" | "isReliable" | "wasAway">): Summary {
    const { published, acknowledged, lost, lostAtMostOnce, dropped, exactlyOnce, duplicated } = this.ledger.balance();
    const knows = isReliable && !(wasAway && lostAtMostOnce > 0);
    // What was seen has arrived, whatever else passed unseen.
    const observed = published === 0 || (granted !== undefined && (knows || lost === 0));
    return {
      event: "summary",
      published,
      acknowledged,
      received: this.#received,
      lost: observed ? lost : null,
      // Below QoS 2 the broker itself may deliver twice.
      duplicated: exactlyOnce === 0 || (granted === 2 && isReliable) ? duplicated : null,
      reconnects: this.#reconnects,
      restarts: this.#restarts,
      dropped,
      refused: this.#refused,
      pending: this.ledger.pending,
      seconds: Math.round(this.now / 100) / 10,
    };
  }
}

function rounded(milliseconds: number): number {
  return Math.round(milliseconds * 1000) / 1000;
}

/**
 * A page in virtual time: its timers, messages, worker and WebSocket as a browser has them, and how a browser holds back what
 * is hidden or frozen. At the other end of the WebSocket stands the simulator's broker, which leaves a silent client.
 */
import { onTestFinished, vi } from "vitest";
import { Broker } from "../../../host-sim/core/broker/broker.js";
import type { BrokerWatch } from "../../../host-sim/core/broker/watch.js";
import type { PeerCallbacks } from "../../../host-sim/core/network/link.js";
import { VirtualClock } from "../../../host-sim/core/world/clock.js";
import { RandomStream } from "../../../host-sim/core/world/random.js";
import { Client } from "../../../src/mqtt/client.js";
import type { ClientOptions } from "../../../src/mqtt/index.js";
import { PageClock } from "../../../src/platforms/browser/clock.js";
import { browserSocketOpener } from "../../../src/platforms/browser/web-socket.js";

/** Milliseconds from the page to the broker. */
const WAY = 20;

export interface PageOptions {
  /** Timers of the hidden page run at whole multiples of so many milliseconds only. */
  readonly turn: number;
  /** Default true. */
  readonly mayHaveWorkers?: boolean;
}

export class Page {
  /** The computer's. */
  readonly time = new VirtualClock();
  /** What the broker has seen: connections, what arrived, whom it left because it was silent. */
  readonly seen: string[] = [];
  workers = 0;
  #hidden = false;
  /** What a frozen page would do now: timers first, for that is the worst order. */
  #held: { readonly timers: (() => void)[]; readonly others: (() => void)[] } | undefined;
  readonly #onHidden: (() => void)[] = [];
  readonly #turn: number;
  readonly broker: Broker;

  constructor({ turn, mayHaveWorkers = true }: PageOptions) {
    this.#turn = turn;
    this.broker = new Broker({
      clock: this.time,
      random: new RandomStream("page"),
      manners: {
        delay: [0, 0],
        window: 20,
        queue: 1_000,
        identifiers: "counted",
        maximumQoS: 2,
        refusing: false,
        mute: 0,
        passesOn: "publish",
        reading: [0, 0],
      },
      watch: this.#watch(),
    });
    vi.spyOn(performance, "now").mockImplementation(() => this.time.elapsed);
    vi.stubGlobal("setTimeout", (callback: () => void, delay: number) => this.#setTimeout(callback, delay));
    vi.stubGlobal("clearTimeout", (timer: unknown) => this.time.clearTimer((timer as { of: unknown } | undefined)?.of));
    const isHidden = () => this.#hidden;
    vi.stubGlobal("document", {
      get hidden() {
        return isHidden();
      },
      addEventListener: (_: string, listener: () => void) => this.#onHidden.push(listener),
    });
    vi.stubGlobal("MessageChannel", channelOf(this));
    vi.stubGlobal("Worker", workerOf(this, mayHaveWorkers));
    vi.stubGlobal("WebSocket", socketOf(this));
    onTestFinished(() => void vi.unstubAllGlobals());
  }

  /** A client in this page. */
  client(options: Partial<ClientOptions> = {}): Client {
    const clock = new PageClock();
    const client = new Client({
      platform: {
        clock,
        resolve: (host, found) => void clock.setTimer(() => found(host), 0),
        openSocket: browserSocketOpener(clock),
        random: new RandomStream("client").random,
      },
      host: "broker.test",
      id: "panel",
      clean: true,
      ...options,
    });
    client.open();
    this.pass(1_000);
    return client;
  }

  pass(milliseconds: number): void {
    this.time.advance(milliseconds);
  }

  hide(): void {
    this.#hidden = true;
    for (const listener of this.#onHidden) listener();
  }

  /** The page does nothing at all from now on; the rest of the world goes on. */
  freeze(): void {
    this.#held = { timers: [], others: [] };
  }

  thaw(): void {
    const held = this.#held;
    this.#held = undefined;
    for (const task of [...(held?.timers ?? []), ...(held?.others ?? [])]) this.time.setTimer(task, 0);
  }

  /** Runs what has become due in the page, or notes it. */
  task(kind: "timers" | "others", task: () => void): void {
    if (this.#held === undefined) task();
    else this.#held[kind].push(task);
  }

  #setTimeout(callback: () => void, delay: number): { of: unknown } {
    const timer = { of: undefined as unknown };
    const due = () => {
      const over = this.time.elapsed % this.#turn;
      if (this.#hidden && over > 0) timer.of = this.time.setTimer(due, this.#turn - over);
      else this.task("timers", callback);
    };
    timer.of = this.time.setTimer(due, Math.max(0, delay));
    return timer;
  }

  #watch(): BrokerWatch {
    const nothing = () => {};
    const watch: { [Name in keyof BrokerWatch]: (...args: never[]) => void } = {
      connected: () => this.seen.push("connected"),
      disconnected: nothing,
      packet: nothing,
      arrived: () => this.seen.push(`arrived at ${this.time.elapsed}`),
      inFlight: nothing,
      disordered: nothing,
      refused: nothing,
      routed: nothing,
      acknowledged: nothing,
      sessionLost: nothing,
      dropped: nothing,
      rejected: (_id: string, rule: string, why: string) => this.seen.push(`rejected: ${why} [${rule}]`),
      willed: nothing,
      silent: () => this.seen.push("left because it was silent"),
    };
    return watch as BrokerWatch;
  }
}

function channelOf(page: Page) {
  return class {
    readonly port1: { onmessage?: () => void } = {};
    readonly port2 = {
      postMessage: () => void page.time.setTimer(() => page.task("others", () => this.port1.onmessage?.()), 0),
    };
  };
}

function workerOf(page: Page, may: boolean) {
  return class {
    onmessage: (() => void) | undefined;
    #timer: unknown;

    constructor() {
      if (!may) throw new Error("forbidden by the page's policy");
      page.workers++;
    }

    postMessage(delay: number) {
      page.time.clearTimer(this.#timer);
      this.#timer = page.time.setTimer(() => page.task("timers", () => this.onmessage?.()), Math.max(0, delay));
    }
  };
}

function socketOf(page: Page) {
  return class {
    readonly protocol = "mqtt";
    readonly bufferedAmount = 0;
    onopen: (() => void) | undefined;
    onmessage: ((event: { data: ArrayBuffer }) => void) | undefined;
    onclose: ((event: { code: number; reason: string }) => void) | undefined;
    readonly #broker: PeerCallbacks;

    constructor() {
      this.#tell(() => this.onopen?.());
      this.#broker = page.broker.accept({
        connection: 1,
        push: (bytes) => {
          const data = bytes.slice().buffer as ArrayBuffer;
          this.#tell(() => this.onmessage?.({ data }));
        },
        close: () => this.#tell(() => this.onclose?.({ code: 1000, reason: "" })),
        reset: () => this.#tell(() => this.onclose?.({ code: 1006, reason: "" })),
        pause: () => {},
        resume: () => {},
      });
    }

    send(bytes: Uint8Array) {
      const copy = bytes.slice();
      page.time.setTimer(() => this.#broker.onBytes(copy), WAY);
    }

    close() {
      page.time.setTimer(() => this.#broker.onClose("closed"), WAY);
    }

    #tell(event: () => void): void {
      page.time.setTimer(() => page.task("others", event), WAY);
    }
  };
}

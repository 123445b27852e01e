import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { QoS } from "../../../src/mqtt/api.js";
import { FileStore } from "../../../src/platforms/nodejs/file-store.js";
import type { BrokerKind, LastingBroker, RunningBroker } from "../../support/broker.js";
import type { Mote } from "../../support/mote.js";
import { Collector } from "../../support/peer.js";
import type { Position, WireProxy } from "../../support/proxy.js";
import { Setting } from "./setting.js";

type Side = Position["from"];

/** Who sends which packet of a hand-shake, the sender of the message being `sender`. Section 4.3. */
const HAND_SHAKES: Readonly<Record<1 | 2, readonly [Position["packet"], "sender" | "receiver"][]>> = {
  1: [
    ["publish", "sender"],
    ["puback", "receiver"],
  ],
  2: [
    ["publish", "sender"],
    ["pubrec", "receiver"],
    ["pubrel", "sender"],
    ["pubcomp", "receiver"],
  ],
};

/** Every place at which the hand-shakes of messages from `sender` can be broken off. */
function positions(sender: Side): { readonly QoS: 1 | 2; readonly position: Position; readonly where: string }[] {
  const receiver = sender === "client" ? "broker" : "client";
  return ([1, 2] as const).flatMap((QoS) =>
    HAND_SHAKES[QoS].flatMap(([packet, by]) =>
      (["before", "after"] as const).map((when) => ({
        QoS,
        position: { packet, when, from: by === "sender" ? sender : receiver },
        where: `${when} ${packet.toUpperCase()}`,
      })),
    ),
  );
}

/** What breaks off a hand-shake: called when the wire is silent, over when the client may connect again. */
type Mishap<B extends RunningBroker> = (at: Setting<B>, run: Run) => Promise<void>;

/** One client on a wire, its store in files. */
class Run {
  readonly wire: WireProxy;
  readonly #at: Setting;
  readonly #id: string;
  readonly #directory = mkdtempSync(join(tmpdir(), "motewire-store-"));
  readonly #filter: string;
  readonly #QoS: QoS;
  store: FileStore;
  mote: Mote;
  /** Payloads that came in before the client that runs now. */
  readonly #before: string[] = [];

  constructor(at: Setting, wire: WireProxy, QoS: QoS, filter: string) {
    this.#at = at;
    this.wire = wire;
    this.#id = at.name("mote");
    this.#filter = filter;
    this.#QoS = QoS;
    at.finally(() => rmSync(this.#directory, { recursive: true }));
    at.finally(() => this.store.close());
    this.store = new FileStore(this.#directory);
    this.mote = this.#make();
  }

  /** What has come in, over all clients. */
  get payloads(): string[] {
    return [...this.#before, ...this.mote.payloads];
  }

  /** The device loses its power and gets it again: a new client finds what the store has. */
  restart(): void {
    this.store.close();
    this.mote.client.close();
    this.#before.push(...this.mote.payloads);
    this.store = new FileStore(this.#directory);
    this.mote = this.#make();
    this.mote.client.open();
  }

  #make(): Mote {
    const mote = this.#at.mote({ id: this.#id, store: this.store }, this.wire);
    mote.subscribe(this.#filter, { QoS: this.#QoS });
    return mote;
  }
}

const wireCut: Mishap<RunningBroker> = async (_at, { wire }) => wire.cut();

const powerCut: Mishap<RunningBroker> = async (_at, run) => {
  run.wire.down = true;
  run.wire.cut();
  await run.mote.until(() => run.mote.disconnects.length > 0, "to see the end of the connection");
  run.wire.down = false;
  run.restart();
};

const brokerStopped: Mishap<RunningBroker> = async (at, { wire }) => {
  await at.broker.stop();
  wire.cut();
  await at.broker.start();
};

const brokerKilled: Mishap<LastingBroker> = async (at, { wire }) => {
  await at.broker.saved();
  await at.broker.kill();
  wire.cut();
  await at.broker.start();
};

const TEXTS = ["1", "2", "3", "4", "5"];

function once(texts: readonly string[]): string[] {
  return texts.filter((text, index) => texts.indexOf(text) === index);
}

/** Each once or, with QoS 1, at least once; first arrivals in order. [MQTT-4.6.0-1] */
function expectDelivered(payloads: readonly string[], QoS: 1 | 2): void {
  expect(QoS === 2 ? payloads : once(payloads)).toEqual(TEXTS);
}

/** What is sent again, and nothing else, says so. [MQTT-3.3.1-1] */
function expectMarked({ packets }: WireProxy): void {
  const seen = new Set<number | undefined>();
  for (const { from, packet } of packets) {
    if (from !== "client" || packet.cmd !== "publish") continue;
    expect(packet.dup).toBe(seen.has(packet.messageId));
    seen.add(packet.messageId);
  }
}

function unbroken<B extends RunningBroker>(at: Setting<B>, mishap: Mishap<B>): void {
  for (const { QoS, position, where } of positions("client"))
    test(`of an outgoing message with QoS ${QoS}, ${where}: nothing is lost or doubled`, async () => {
      const topic = at.name("out");
      const collector = await Collector.start(at.broker, at.name("collector"), topic);
      // aedes says that it has no session of a client without a subscription, although it has.
      const unused = at.name("unused");
      const run = new Run(at, await at.proxy(), QoS, unused);
      await run.mote.connect(unused);
      const reached = run.wire.stopAt(position);
      for (const text of TEXTS) run.mote.client.publish(topic, text, { QoS });
      await reached;
      await mishap(at, run);
      await run.mote.until(() => run.mote.client.connected, "to be connected again");
      await run.mote.drained();
      expect(run.mote.sessions.at(-1)).toBe(true);
      // While the broker is away the way to it takes a CONNECT that nobody answers: then the session may be a new one.
      const outcomes = [...run.mote.outcomes.values()].map((outcome) =>
        QoS === 2 && run.wire.hasUnanswered && outcome === "may-be-duplicated" ? "delivered" : outcome,
      );
      expect(new Set(outcomes)).toEqual(new Set(["delivered"]));
      expect(run.mote.errors).toEqual([]);
      expect(run.store.keys().filter((key) => key !== "c" && key !== "r")).toEqual(["s"]);
      expectDelivered(await collector.payloads(), QoS);
      expectMarked(run.wire);
    });

  for (const { QoS, position, where } of positions("broker"))
    test(`of an incoming message with QoS ${QoS}, ${where}: nothing is lost or doubled`, async () => {
      const topic = at.name("in");
      const run = new Run(at, await at.proxy(), QoS, topic);
      await run.mote.connect(topic);
      const peer = await at.peer();
      const reached = run.wire.stopAt(position);
      for (const text of TEXTS) await peer.publish(topic, text, QoS);
      await reached;
      await mishap(at, run);
      await run.mote.until(() => run.payloads.includes("5"), "the last message");
      // What the broker would send twice has come when another has gone round.
      await run.mote.until(() => run.mote.client.connected, "to be connected again");
      await run.mote.published(at.name("aside"), "x", { QoS: 1 });
      expect(run.mote.errors).toEqual([]);
      expectDelivered(run.payloads, QoS);
    });
}

export function handshakes(kind: BrokerKind): void {
  const { startLasting } = kind;

  describe("when the wire is cut in the middle of the hand-shake", () => {
    unbroken(new Setting(() => kind.start()), wireCut);
  });

  describe("when the device loses power in the middle of the hand-shake", () => {
    unbroken(new Setting(() => kind.start()), powerCut);
  });

  if (startLasting === undefined) return;

  describe("when the broker is stopped in the middle of the hand-shake", () => {
    unbroken(new Setting(startLasting), brokerStopped);
  });

  describe("when the broker is killed in the middle of the hand-shake", () => {
    unbroken(new Setting(startLasting), brokerKilled);
  });
}

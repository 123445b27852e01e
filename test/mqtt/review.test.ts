import { describe, expect, it } from "vitest";
import type { Verdict, WaitingMessage } from "../../src/mqtt/index.js";
import { MapStore } from "../support/map-store.js";
import { puback, pubcomp, pubrec } from "../support/packets.js";
import { Rig, type RigOptions, thrownBy } from "../support/rig.js";
import type { Connection } from "../support/scripted-broker.js";

const WINDOW = 2;

/** A client with these messages waiting, which it took while there was no connection. */
function waiting(payloads: readonly string[], options: RigOptions = {}): Rig {
  const rig = new Rig({ window: WINDOW, ...options });
  for (const payload of payloads) rig.client.publish("t", payload, { QoS: 1 });
  return rig;
}

function seen(rig: Rig, decide: (text: string, message: WaitingMessage) => Verdict = () => undefined): string[] {
  const texts: string[] = [];
  rig.client.review((message) => {
    const text = Buffer.from(message.payload).toString();
    texts.push(text);
    return decide(text, message);
  });
  return texts;
}

/** Acknowledges what comes, until nothing does. */
function drained(connection: Connection, rig: Rig): string[] {
  const texts: string[] = [];
  for (;;) {
    rig.settle();
    const [packet] = connection.unread;
    if (packet === undefined) return texts;
    connection.next();
    if (packet.cmd !== "publish") continue;
    texts.push(String(packet.payload));
    connection.send(puback(packet.messageId as number));
  }
}

const stores: [name: string, options: () => RigOptions][] = [
  ["in memory", () => ({})],
  ["in a store", () => ({ store: new MapStore() })],
];

describe.each(stores)("review() of messages that wait %s", (_, options) => {
  it("visits each with what it says, oldest first, and keeps all when nothing else is said", () => {
    const rig = new Rig({ window: WINDOW, ...options() });
    const token = rig.client.publish("t/é", "grüße", { QoS: 2, retain: true });
    rig.client.publish("t", Uint8Array.of(0, 255), { QoS: 1 });
    const visited: unknown[] = [];
    rig.client.review(({ payload, ...rest }) => {
      visited.push({ ...rest, payload: [...payload] });
      return undefined;
    });
    expect(visited).toEqual([
      { token, topic: "t/é", QoS: 2, retain: true, byteLength: 17, payload: [...Buffer.from("grüße")] },
      { token: token + 1, topic: "t", QoS: 1, retain: false, byteLength: 9, payload: [0, 255] },
    ]);
    expect(seen(rig)).toHaveLength(2);
  });

  it("drops what it is told to, of which nothing more is heard", () => {
    const rig = waiting(["0", "1", "2", "3", "4", "5", "6"], options());
    seen(rig, (text) => (Number(text) % 3 === 0 ? null : undefined));
    expect(rig.client.pending).toBe(4);
    expect(seen(rig)).toEqual(["1", "2", "4", "5"]);
    expect(drained(rig.connect(), rig)).toEqual(["1", "2", "4", "5"]);
    expect(rig.news("published").map(([, token]) => token)).toEqual([2, 3, 5, 6]);
    expect(rig.client.pending).toBe(0);
  });

  it("can drop everything", () => {
    const rig = waiting(["0", "1", "2", "3", "4"], options());
    seen(rig, () => null);
    expect(rig.client.pending).toBe(0);
    expect(seen(rig)).toEqual([]);
    rig.client.publish("t", "new", { QoS: 1 });
    expect(drained(rig.connect(), rig)).toEqual(["new"]);
  });

  it("puts other payloads in the place of those there are, longer or shorter, text or bytes", () => {
    const rig = waiting(["0", "11", "222", "3333", "44444"], options());
    const bytes = new Uint8Array([0x62, 0x79]);
    const revised: Record<string, Verdict> = { 0: "longer by far", 222: "", 3333: bytes, 44444: bytes.buffer };
    seen(rig, (text) => revised[text]);
    const after = ["longer by far", "11", "", "by", "by"];
    expect(seen(rig)).toEqual(after);
    expect(drained(rig.connect(), rig)).toEqual(after);
  });

  it("frees and takes the bytes that the messages take", () => {
    // Each message takes 7 bytes and its payload.
    const rig = waiting(["a".repeat(20), "b".repeat(20), "c".repeat(20)], { maximumQueued: 81, ...options() });
    const full = () => thrownBy(() => rig.client.publish("t", "x", { QoS: 1 }));
    expect(full()).toMatchObject({ code: "queue-full" });
    seen(rig, (text) => (text.startsWith("b") ? null : undefined));
    rig.client.publish("t", "d".repeat(20), { QoS: 1 });
    expect(full()).toMatchObject({ code: "queue-full" });
    seen(rig, (text) => (text.startsWith("d") ? "d".repeat(12) : undefined));
    rig.client.publish("t", "x", { QoS: 1 });
    expect(full()).toMatchObject({ code: "queue-full" });
    seen(rig, () => null);
    rig.client.publish("t", "e".repeat(74), { QoS: 1 });
  });

  it("does not visit what has been sent: acknowledged or not, released, on this connection or one before", () => {
    const rig = new Rig({ window: 3, ...options() });
    let connection = rig.connect();
    for (let n = 0; n < 8; n++) rig.client.publish("t", `${n}`, { QoS: n === 0 ? 2 : 1 });
    connection.send(pubrec(connection.expect("publish").messageId as number));
    connection.expect("publish");
    connection.expect("publish");
    connection.expect("pubrel");
    expect(seen(rig)).toEqual(["3", "4", "5", "6", "7"]);
    connection.reset();
    rig.settle();
    expect(seen(rig)).toEqual(["3", "4", "5", "6", "7"]);
    connection = rig.broker.welcome({ sessionPresent: true, within: 2000 });
    connection.send(pubcomp(connection.expect("pubrel").messageId as number));
    rig.settle();
    expect(seen(rig)).toEqual(["4", "5", "6", "7"]);
  });

  it("does not visit what was sent to a session that the broker has lost since", () => {
    const rig = new Rig({ window: 2, ...options() });
    let connection = rig.connect();
    for (let n = 0; n < 4; n++) rig.client.publish("t", `${n}`, { QoS: 1 });
    connection.expect("publish");
    connection.expect("publish");
    connection.reset();
    // It begins anew, and is lost before anything is sent again.
    connection = rig.broker.accept(2000);
    connection.expect("connect");
    connection.pause();
    connection.send({ cmd: "connack", returnCode: 0, sessionPresent: false });
    connection.reset();
    rig.settle();
    expect(seen(rig)).toEqual(["2", "3"]);
  });

  it("does not visit a message from a source", () => {
    const rig = new Rig({ window: WINDOW, ...options() });
    rig.client.publish("t", "0", { QoS: 1 });
    rig.client.publish("t", { byteLength: 1, read: (into) => into.fill(0x78) }, { QoS: 1 });
    for (let n = 1; n < 5; n++) rig.client.publish("t", `${n}`, { QoS: 1 });
    expect(seen(rig, (text) => (text === "3" ? null : undefined))).toEqual(["0", "1", "2", "3", "4"]);
    expect(drained(rig.connect(), rig)).toEqual(["0", "x", "1", "2", "4"]);
  });

  it("keeps what was decided before a visit threw, and leaves the rest as it is", () => {
    const rig = waiting(["0", "1", "2", "3", "4"], options());
    const visit = (text: string) => {
      if (text === "3") throw new RangeError("mine");
      return text === "1" ? null : `${text}!`;
    };
    expect(thrownBy(() => seen(rig, visit))).toBeInstanceOf(RangeError);
    expect(seen(rig)).toEqual(["0!", "2!", "3", "4"]);
    expect(rig.client.pending).toBe(4);
  });

  it("refuses text that is not well-formed, and keeps the message", () => {
    const rig = waiting(["0", "1", "2", "3"], options());
    for (const payload of ["0", "3"]) {
      expect(thrownBy(() => seen(rig, (text) => (text === payload ? "\ud800" : undefined)))).toMatchObject({
        kind: "misuse",
        code: "MQTT-1.5.3-1",
      });
    }
    expect(seen(rig)).toEqual(["0", "1", "2", "3"]);
  });

  it("may be used while messages go out", () => {
    const rig = waiting(["0", "1", "2", "3", "4", "5"], {
      ...options(),
      window: 1,
      onPublished: () => {
        rig.client.review(({ token }) => (token === 4 ? null : undefined));
      },
    });
    expect(drained(rig.connect(), rig)).toEqual(["0", "1", "2", "4", "5"]);
  });
});

describe("review() after a loss of power", () => {
  it("sees what was decided before, and not what may have been sent", () => {
    const store = new MapStore();
    const before = waiting(["0", "1", "2", "3", "4", "5", "6"], { store });
    seen(before, (text) => (text === "3" ? null : text === "4" ? "mended" : undefined));
    const rig = new Rig({ store: store.copy(), window: WINDOW });
    // As far as the window goes they may have been sent.
    expect(seen(rig)).toEqual(["2", "mended", "5", "6"]);
    seen(rig, (text) => (text === "6" ? null : undefined));
    expect(drained(rig.connect(), rig)).toEqual(["0", "1", "2", "mended", "5"]);
  });
});

describe("review() with a store that refuses", () => {
  it.each([
    ["a drop", "failed", (text: string) => (Number(text) > 0 ? null : undefined)],
    ["a revision", "failed", (text: string) => (Number(text) > 0 ? `${text}!` : undefined)],
  ] as const)("%s in the middle says so, keeps what was decided and loses nothing", (_, storage, decide) => {
    for (let refused = 1; refused <= 5; refused++) {
      const store = new MapStore();
      const rig = waiting(["0", "1", "2", "3", "4", "5"], { store });
      let changes = 0;
      store.refuse = () => (++changes === refused ? storage : undefined);
      expect(thrownBy(() => seen(rig, decide))).toMatchObject({ kind: "resource", code: `store-${storage}` });
      store.refuse = undefined;
      const done = ["1", "2", "3", "4", "5"].slice(0, refused - 1);
      const expected = ["0", "1", "2", "3", "4", "5"].flatMap((text) =>
        done.includes(text) ? (decide(text) ?? []) : text,
      );
      expect(seen(rig)).toEqual(expected);
      expect(rig.client.pending).toBe(expected.length);
      const other = new Rig({ store: store.copy(), window: WINDOW });
      expect(other.client.pending).toBe(expected.length);
      expect(drained(rig.connect(), rig)).toEqual(expected);
      expect(store.keys().sort()).toEqual(["c", "r", "s"]);
    }
  });

  it("refuses a payload that no value of the store can hold, and keeps the message", () => {
    const rig = waiting(["0", "1", "2", "3"], { store: new MapStore(200) });
    for (const payload of ["0", "3"]) {
      expect(thrownBy(() => seen(rig, (text) => (text === payload ? "x".repeat(200) : undefined)))).toMatchObject({
        kind: "misuse",
        code: "message-too-large",
      });
    }
    expect(seen(rig)).toEqual(["0", "1", "2", "3"]);
  });
});

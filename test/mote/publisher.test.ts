import { beforeEach, describe, expect, it } from "vitest";
import { MemoryStore } from "../../host-sim/core/storage/memory-store.js";
import { Backlog, type WaitingMessage } from "../../src/mote/backlog.js";
import type { DropPolicy } from "../../src/mote/policy.js";
import { Publisher } from "../../src/mote/publisher.js";
import { Tally } from "../../src/mote/tally.js";
import type { PublishOptions } from "../../src/mqtt/api.js";
import type { Client } from "../../src/mqtt/client.js";
import { MqttError } from "../../src/mqtt/errors.js";
import type { Verdict } from "../../src/mqtt/index.js";
import { Notes } from "./bench.js";

const ROOM = 3;

describe("publisher", () => {
  let waiting: string[];
  let failure: Error | undefined;
  let notes: Notes;
  let tally: Tally;
  let asked: number;
  /** With a store that is full: bytes that are free for QoS 0. */
  let qos0Room: number | undefined;

  /** What matters of a client here: how many messages it takes, and that they can be given up. */
  const client = {
    publish(topic: string, _payload: string, { QoS = 0, keepFree = 0 }: PublishOptions) {
      if (failure !== undefined) throw failure;
      if (qos0Room !== undefined && (QoS > 0 || keepFree > qos0Room)) {
        throw new MqttError("resource", QoS > 0 ? "store-full" : "queue-full", "there is no room");
      }
      if (waiting.length >= ROOM) throw new MqttError("resource", "queue-full", `${waiting.length} messages wait`);
      return waiting.push(topic);
    },
    review(visit: (message: WaitingMessage) => Verdict) {
      waiting = waiting.filter((topic, token) => {
        const message = { token, topic, payload: new Uint8Array(0), QoS: 1, retain: false, byteLength: 10 } as const;
        return visit(message) === undefined;
      });
    },
  } as unknown as Client;

  beforeEach(() => {
    waiting = [];
    failure = undefined;
    qos0Room = undefined;
    notes = new Notes();
    asked = 0;
  });

  function publisher(makeRoom: DropPolicy["makeRoom"]): Publisher {
    const report = (error: unknown, where: string) => notes.error(error as Error, where);
    tally = new Tally(new MemoryStore(), report);
    const policy: DropPolicy = {
      makeRoom(topic, backlog) {
        asked++;
        makeRoom(topic, backlog);
      },
      expire() {},
    };
    return new Publisher(client, new Backlog(client, notes, tally, () => {}), notes, tally, report, policy, 16_384);
  }

  function dropOldest(_topic: string, backlog: Backlog): void {
    let done = false;
    backlog.drop(() => {
      if (done) return undefined;
      done = true;
      return "full";
    });
  }

  const nothing = () => {};

  it("hands messages on, and tells the journal what was taken", () => {
    expect(publisher(nothing).send("a/b", "{}", 1)).toBe(1);
    expect(notes.lines).toEqual(["accepted 1 a/b {} QoS 1"]);
    expect(tally.taken).toBe(1);
  });

  it("answers a command that was obeyed when the store is full, with the room that refusals leave", () => {
    const box = publisher(nothing);
    qos0Room = 1000;
    expect(box.answer("refusal", "{}", false)).toBe(0);
    expect(box.answer("result", "{}", true)).toBe(1);
    expect(notes.lines.filter((line) => line.startsWith("accepted"))).toEqual(["accepted 1 result {} QoS 0"]);
    expect(box.takesResult).toBe(false);
  });

  it("reports a message that finds no room, and nothing else is given up", () => {
    const box = publisher(nothing);
    const tokens = ["a", "b", "c", "d"].map((topic) => box.send(topic, "{}", 1));
    expect(tokens).toEqual([1, 2, 3, 0]);
    expect(waiting).toEqual(["a", "b", "c"]);
    expect(asked).toBe(1);
    expect(notes.errors).toEqual(["publish d: 3 messages wait"]);
    expect(tally.messages(3, 0)).toMatchObject({ taken: 3, refused: 0 });
  });

  it("counts as given up what is made only once", () => {
    const box = publisher(nothing);
    for (const topic of ["a", "b", "c", "d", "e"]) box.sendOnce(topic, "{}", 1);
    expect(tally.messages(3, 0)).toMatchObject({ taken: 5, refused: 2, waiting: 3 });
  });

  it("tries again when the drop policy has made room", () => {
    const box = publisher(dropOldest);
    for (const topic of ["a", "b", "c", "d"]) box.send(topic, "{}", 1);
    expect(waiting).toEqual(["b", "c", "d"]);
    expect(notes.errors).toEqual([]);
    expect(notes.lines.filter((line) => line.startsWith("dropped"))).toEqual(["dropped 0 a  full"]);
  });

  it("asks the drop policy again as long as that is not enough", () => {
    waiting = ["a", "b", "c", "d", "e"];
    expect(publisher(dropOldest).send("f", "{}", 1)).toBe(3);
    expect(waiting).toEqual(["d", "e", "f"]);
    expect(asked).toBe(3);
    expect(tally.full).toBe(3);
  });

  it("asks the drop policy for nothing when room is not what is missing", () => {
    failure = new MqttError("resource", "offline", "QoS 0 needs a connection");
    expect(publisher(dropOldest).send("a", "{}", 0)).toBe(0);
    failure = new MqttError("resource", "queue-full", "QoS 0 waits elsewhere");
    expect(publisher(dropOldest).send("a", "{}", 0)).toBe(0);
    expect(asked).toBe(0);
    expect(notes.errors).toEqual(["publish a: QoS 0 needs a connection", "publish a: QoS 0 waits elsewhere"]);
  });

  it("offers what can wait: it takes nobody's room, and that there is none is no error", () => {
    const box = publisher(dropOldest);
    expect(["a", "b", "c", "d"].map((topic) => box.offer(topic, "{}", 1))).toEqual([1, 2, 3, 0]);
    expect(asked).toBe(0);
    expect(notes.errors).toEqual([]);
    expect(tally.messages(3, 0)).toMatchObject({ taken: 3, refused: 0 });
    failure = new MqttError("resource", "store-failed", "worn out");
    box.offer("e", "{}", 1);
    expect(notes.errors).toEqual(["publish e: worn out"]);
  });

  it("sends nothing with more QoS than the broker takes", () => {
    const box = publisher(nothing);
    box.maximumQoS = 1;
    box.send("a", "{}", 2);
    expect(notes.lines).toEqual(["accepted 1 a {} QoS 1"]);
    expect([0, 1, 2].map((QoS) => box.QoS(QoS as 0 | 1 | 2))).toEqual([0, 1, 1]);
  });
});

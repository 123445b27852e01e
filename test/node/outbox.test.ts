import { beforeEach, describe, expect, it } from "vitest";
import type { Client } from "../../src/mqtt/client.js";
import { MqttError } from "../../src/mqtt/errors.js";
import { Outbox } from "../../src/node/outbox.js";
import type { DropPolicy } from "../../src/node/policy.js";
import { Notes } from "./bench.js";

const ROOM = 3;

describe("outbox", () => {
  let waiting: string[];
  let failure: Error | undefined;
  let notes: Notes;
  let asked: number;

  /** What matters of a client here: how many messages it takes. */
  const client = {
    get pending() {
      return waiting.length;
    },
    publish(topic: string) {
      if (failure !== undefined) throw failure;
      if (waiting.length >= ROOM) throw new MqttError("resource", "queue-full", `${waiting.length} messages wait`);
      return waiting.push(topic);
    },
  } as unknown as Client;

  beforeEach(() => {
    waiting = [];
    failure = undefined;
    notes = new Notes();
    asked = 0;
  });

  function outbox(makeRoom: DropPolicy["makeRoom"]): Outbox {
    const report = (error: unknown, where: string) => notes.error(error as Error, where);
    const policy = {
      makeRoom(topic: string) {
        asked++;
        return makeRoom(topic);
      },
    };
    return new Outbox(client, notes, report, policy);
  }

  it("hands messages on, and tells the journal what was taken", () => {
    expect(outbox(() => false).send("a/b", "{}", 1)).toBe(1);
    expect(notes.lines).toEqual(["accepted 1 a/b {} QoS 1"]);
  });

  it("reports a message that finds no room, and nothing else is given up", () => {
    const box = outbox(() => false);
    const tokens = ["a", "b", "c", "d"].map((topic) => box.send(topic, "{}", 1));
    expect(tokens).toEqual([1, 2, 3, 0]);
    expect(waiting).toEqual(["a", "b", "c"]);
    expect(notes.errors).toEqual(["publish d: 3 messages wait"]);
  });

  it("tries again when the drop policy has made room", () => {
    const box = outbox(() => waiting.shift() !== undefined);
    for (const topic of ["a", "b", "c", "d"]) box.send(topic, "{}", 1);
    expect(waiting).toEqual(["b", "c", "d"]);
    expect(notes.errors).toEqual([]);
  });

  it("asks the drop policy again as long as that is not enough", () => {
    waiting = ["a", "b", "c", "d", "e"];
    expect(outbox(() => waiting.shift() !== undefined).send("f", "{}", 1)).toBe(3);
    expect(waiting).toEqual(["d", "e", "f"]);
    expect(asked).toBe(3);
  });

  it("does not believe a drop policy that made no room", () => {
    waiting = ["a", "b", "c"];
    expect(outbox(() => true).send("d", "{}", 1)).toBe(0);
    expect(asked).toBe(1);
    expect(notes.errors).toHaveLength(1);
  });

  it("asks the drop policy for nothing when room is not what is missing", () => {
    failure = new MqttError("resource", "offline", "QoS 0 needs a connection");
    expect(outbox(() => true).send("a", "{}", 0)).toBe(0);
    expect(asked).toBe(0);
    expect(notes.errors).toEqual(["publish a: QoS 0 needs a connection"]);
  });
});

import { expect, test } from "vitest";
import { RandomStream } from "../../../host-sim/core/world/random.js";
import { FrameReader, writeFrame } from "../../../src/transports/websocket/frames.js";

const PROBLEMS =
  /^(a frame has reserved bits|a frame is not masked|a frame from the server is masked|a frame has the unknown opcode \d+|a control frame is fragmented|a control frame has more than 125 bytes|a text frame came; MQTT comes in binary frames|a message begins inside another one|a frame continues no message|a frame is longer than 4 GB|more than 100 frames in a row are empty)$/;

/** Gives bytes in pieces that chance cuts. */
class Pieces {
  readonly #bytes: Uint8Array;
  readonly #random: () => number;
  #at = 0;
  #given = 0;

  constructor(bytes: Uint8Array, random: () => number) {
    this.#bytes = bytes;
    this.#random = random;
  }

  get atEnd(): boolean {
    return this.#given === this.#bytes.length;
  }

  /** More of it arrives. */
  arrive(): void {
    this.#given = Math.min(this.#bytes.length, this.#given + 1 + Math.floor(this.#random() * 400));
  }

  read(into: Uint8Array): number {
    const count = Math.min(into.length, this.#given - this.#at);
    into.set(this.#bytes.subarray(this.#at, this.#at + count));
    this.#at += count;
    return count;
  }
}

test("a million mutated frames raise nothing but protocol errors, and hold no more than a control frame", () => {
  const { random } = new RandomStream("mutated frames");
  const below = (bound: number) => Math.floor(random() * bound);
  const head = new Uint8Array(400);
  const into = new Uint8Array(64);
  let [frames, problems, largest] = [0, 0, 0];
  const kinds = new Set<string>();
  while (frames < 1_000_000) {
    const masked = random() < 0.5;
    const parts: Uint8Array[] = [];
    for (let count = 1 + below(40); count > 0; count--, frames++) {
      const opcode = random() < 0.8 ? 2 : [0, 8, 9, 10][below(4)];
      const payload = new Uint8Array(random() < 0.1 ? below(300) : below(8));
      parts.push(head.slice(0, writeFrame(opcode as number, payload, masked ? below(2 ** 32) : undefined, head)));
    }
    const bytes = new Uint8Array(Buffer.concat(parts));
    for (let changes = below(4); changes > 0; changes--) bytes[below(bytes.length)] = below(256);
    const source = new Pieces(bytes, random);
    const reader = new FrameReader({ onControl: (_, { length }) => (largest = Math.max(largest, length)) }, masked);
    while (!source.atEnd) {
      source.arrive();
      while (reader.read(source, into) > 0);
    }
    if (reader.problem === undefined) continue;
    problems++;
    kinds.add(reader.problem.replace(/opcode \d+/, "opcode"));
    if (!PROBLEMS.test(reader.problem)) throw new Error(reader.problem);
  }
  expect(problems).toBeGreaterThan(1_000);
  expect(kinds.size).toBeGreaterThanOrEqual(10);
  expect(largest).toBeLessThanOrEqual(125);
}, 60_000);

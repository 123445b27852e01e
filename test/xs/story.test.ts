import { afterEach, beforeAll, expect, it, vi } from "vitest";
import { board } from "../../boards/esp32c3_devkitm/board.js";
import { MemoryStore } from "../../host-sim/core/storage/memory-store.js";
import { buildHost, type Host } from "../../host-sim/xs/engine/build.js";
import { collectModules, type Module } from "../../host-sim/xs/engine/modules.js";
import { type Ended, type MemoryFigures, Program, type Value } from "../../host-sim/xs/engine/program.js";
import { describeWith } from "../support/describe-with.js";
import { Mosquitto } from "../support/mosquitto.js";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

let host: Host;
let modules: readonly Module[];
beforeAll(async () => {
  [host, modules] = await Promise.all([buildHost(), collectModules({ entry: "host-sim/xs/programs/story.ts" })]);
});

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of cleanUp.splice(0).reverse()) await end();
});

const until = (check: () => void) => vi.waitFor(check, { timeout: 20_000, interval: 10 });

/** The client on XS, in an ESP32-C3's memory. */
class Story {
  readonly told: (readonly [string, ...Value[]])[] = [];
  readonly memory = new Map<string, MemoryFigures>();
  readonly program: Program;
  ended: Ended | undefined;

  constructor(broker: Mosquitto, store = new MemoryStore()) {
    this.program = new Program({
      host,
      modules,
      memory: board.memory,
      window: board.socket.window,
      onTell: (name, values) => void this.told.push([name, ...values]),
      onMemory: (label, figures) => void this.memory.set(label, figures),
      onAsk(name, [, key, value]) {
        if (name === "broker") return JSON.stringify({ address: broker.host, port: broker.port });
        if (name === "read") return store.read(String(key));
        if (name === "write") store.write(String(key), value as Uint8Array);
        else if (name === "delete") store.delete(String(key));
        else if (name === "keys") return store.keys().join(" ");
        return undefined;
      },
    });
    this.program.ended.then((ended) => {
      this.ended = ended;
    });
    cleanUp.push(() => this.program.kill());
  }

  all(name: string): Value[][] {
    return this.told.filter(([told]) => told === name).map(([, ...values]) => values);
  }

  async connected(times = 1): Promise<void> {
    await until(() => expect(this.all("connected").length).toBeGreaterThanOrEqual(times));
  }

  /** The numbers of the messages received at a QoS, in the order they came. */
  received(QoS: number): number[] {
    return this.all("received")
      .filter(([topic]) => topic === `story/${QoS}`)
      .map(([, number]) => Number(number));
  }

  async measured(label: string): Promise<MemoryFigures> {
    this.program.send("measure", label);
    await until(() => expect(this.memory.has(label)).toBe(true));
    return this.memory.get(label) as MemoryFigures;
  }
}

const numbers = (first: number, count: number) => Array.from({ length: count }, (_, index) => first + index);

describeWith("C compiler", "on XS, in an ESP32-C3's memory", () =>
  describeWith("mosquitto", "with mosquitto, the client", () => {
    async function mosquitto(): Promise<Mosquitto> {
      const broker = await Mosquitto.start();
      cleanUp.push(() => broker.remove());
      return broker;
    }

    it("delivers and receives at every QoS, each QoS 2 message once and in order", async () => {
      const story = new Story(await mosquitto());
      story.program.send("open");
      await story.connected();
      await until(() => expect(story.all("subscribed")).toEqual([["story/#", 2]]));
      for (const QoS of [0, 1, 2]) story.program.send("publish", `${QoS} 20 50`);
      await until(() => {
        expect(story.received(0)).toEqual(numbers(1, 20));
        expect(story.received(1)).toEqual(numbers(21, 20));
        expect(story.received(2)).toEqual(numbers(41, 20));
        expect(story.all("published")).toHaveLength(60);
      });
      story.program.send("close");
      expect(await story.program.ended).toEqual({ code: 0, words: "" });
      expect(story.all("error")).toEqual([]);
    });

    it("delivers after an outage what was accepted in it", async () => {
      const broker = await mosquitto();
      const story = new Story(broker);
      story.program.send("open");
      await story.connected();
      await until(() => expect(story.all("subscribed")).toHaveLength(1));
      await broker.stop();
      await until(() => expect(story.all("disconnected")).not.toHaveLength(0));
      story.program.send("publish", "1 5 100");
      story.program.send("publish", "2 5 100");
      await broker.start();
      await story.connected(2);
      await until(() => expect(story.received(2)).toEqual(numbers(6, 5)));
      await until(() => expect(new Set(story.received(1))).toEqual(new Set(numbers(1, 5))));
      await until(() => expect(story.all("published")).toHaveLength(10));
    });

    it("goes on after a loss of power with what was accepted before it", async () => {
      const broker = await mosquitto();
      const store = new MemoryStore();
      const before = new Story(broker, store);
      before.program.send("publish", "2 4 100");
      await until(() => expect(before.all("accepted")).toHaveLength(4));
      before.program.kill();
      await before.program.ended;
      const after = new Story(broker, store);
      after.program.send("open");
      await after.connected();
      await until(() => expect(after.all("published")).toHaveLength(4));
      expect(after.all("published").map(([token]) => token)).toEqual(before.all("accepted").map(([token]) => token));
    });

    it("takes no more memory after a thousand messages than before", async () => {
      const story = new Story(await mosquitto());
      story.program.send("open");
      await story.connected();
      await until(() => expect(story.all("subscribed")).toHaveLength(1));
      let before: MemoryFigures | undefined;
      for (let round = 1; round <= 50; round++) {
        story.program.send("publish", `${round % 3} 20 50`);
        await until(() => {
          expect(story.ended).toBeUndefined();
          expect(story.all("published")).toHaveLength(round * 20);
        });
        await until(() => expect(story.all("received").length).toBeGreaterThanOrEqual(round * 20));
        if (round === 5) before = await story.measured("before");
      }
      const after = await story.measured("after");
      expect(after.slots).toBeLessThanOrEqual((before?.slots ?? 0) + 16);
      expect(after.chunks).toBeLessThanOrEqual((before?.chunks ?? 0) + 256);
      expect(after.blockPeak).toBeLessThanOrEqual(after.block);
    });
  }),
);

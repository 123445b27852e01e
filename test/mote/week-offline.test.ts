import { expect, test } from "vitest";
import { board } from "../../boards/esp32_devkitc/board.js";
import { MemoryStore } from "../../host-sim/core/storage/memory-store.js";
import { nvsCapacity, nvsSize } from "../../host-sim/core/storage/nvs.js";
import type { Journal } from "../../src/mote/journal.js";
import { queueBytes, RADIO_SHARE } from "../../src/mote/nvs.js";
import { Bench } from "./bench.js";

const DAY = 86_400_000;
/** So many messages of the head may be the broker's: the client's window. */
const WINDOW = 8;

/** What a journal is told, counted: a week of it as text would fill the memory. */
class Counts implements Journal {
  accepted_ = 0;
  delivered = 0;
  revised_ = 0;
  lost = 0;
  readonly dropped_ = { full: 0, age: 0 };
  readonly errors: string[] = [];
  accepted(): void {
    this.accepted_++;
  }
  published(_token: number, outcome: string): void {
    if (outcome === "lost") this.lost++;
    else this.delivered++;
  }
  revised(): void {
    this.revised_++;
  }
  dropped(_token: number, _topic: string, _payload: string, reason: "full" | "age"): void {
    this.dropped_[reason]++;
  }
  error(error: Error, where: string): void {
    this.errors.push(`${where}: ${error.message}`);
  }
  link(): void {}
  connected(): void {}
  disconnected(): void {}
  received(): void {}
  command(): void {}
  result(): void {}
}

/** The board's whole NVS partition, radio and all, of which every change is looked at. */
function partition() {
  const capacity = nvsCapacity(board.storage.nvs) - RADIO_SHARE;
  const most = { used: 0, messages: 0 };
  const options = {
    sizeOf: nvsSize,
    after: () => {
      most.used = Math.max(most.used, session.used + settings.used);
      most.messages = Math.max(most.messages, session.used);
    },
  };
  const session: MemoryStore = new MemoryStore({ ...options, capacity });
  const settings: MemoryStore = new MemoryStore({ ...options, capacity });
  return { capacity, most, session, settings };
}

/**
 * `npm test` does six hours, in which the log fills up and turns over some hundred times. The week that the bound is made
 * for takes minutes (measured: 166 s on two busy cores): `MOTEWIRE_DAYS_OFFLINE=7 npx vitest run test/mote/week-offline.test.ts`
 */
const days = Number(process.env.MOTEWIRE_DAYS_OFFLINE ?? 0.25);

test(`${days} days offline at a reading a second: the bounds hold, the counts add up, and the backlog drains`, {
  timeout: 600_000,
}, () => {
  const { capacity, most, session, settings } = partition();
  const bench = new Bench({ session, settings });
  const journal = new Counts();
  const maximumQueued = queueBytes(board.storage.nvs);
  const options = { journal, maximumQueued, id: undefined, override: { interval: 1000 } };
  bench.clock.setEpoch(Date.UTC(2026, 10, 23));

  // Connected first, so that there is a session, settings and a status.
  const { id } = bench.start(options);
  bench.link?.change("up", "bench");
  bench.clock.advance(5500);
  const topic = `motewire/${id}/`;
  const readings = () => bench.broker.objects(`${topic}reading/climate`);
  expect(readings()).toHaveLength(6);
  const before = journal.delivered;

  bench.lose();
  const keys = () => session.keys().filter((key) => key.startsWith("o"));
  let fewest = Number.POSITIVE_INFINITY;
  for (let hour = 0; hour < 24 * days; hour++) {
    bench.clock.advance(DAY / 24);
    const waiting = keys();
    const bytes = waiting.reduce((sum, key) => sum + (session.read(key)?.byteLength ?? 0) - 2, 0);
    expect(bytes).toBeLessThanOrEqual(maximumQueued);
    fewest = Math.min(fewest, waiting.length);
  }
  const rounds = 86_400 * days;
  expect(journal.accepted_).toBeGreaterThanOrEqual(rounds);
  expect(journal.accepted_ - journal.delivered - journal.dropped_.full - journal.dropped_.age).toBe(keys().length);
  // After a batch was given up there still are seven eighths, of the three quarters that are for readings.
  expect(fewest).toBeGreaterThan(24);
  expect(most.used).toBeLessThan(capacity);
  // The session's record is beside them, and never finds no room.
  expect(journal.errors).toEqual([]);
  expect(session.keys()).toContain("s");
  const waiting = keys().length;

  bench.link?.change("up", "bench");
  expect(bench.clock.runUntil(() => keys().length <= WINDOW && journal.delivered >= before + waiting, 60_000)).toBe(
    true,
  );
  bench.clock.advance(60_000);
  const diagnostics = bench.broker.objects(`${topic}diagnostics`).at(-1) as unknown as {
    readonly messages: { readonly [name: string]: number };
    readonly dropped: { readonly [name: string]: number };
  };
  const { found = 0, taken = 0, delivered = 0, lost, full, age, refused, waiting: left = 0 } = diagnostics.messages;
  expect({ found, lost, age, refused }).toEqual({ found: 0, lost: 0, age: 0, refused: 0 });
  expect(full).toBe(journal.dropped_.full);
  expect(taken).toBe(delivered + (full ?? 0) + left);
  expect(diagnostics.dropped).toEqual({ full, age: 0, refused: 0 });

  // By what has arrived: every reading but those dropped, in order, and the newest of the time offline without a gap.
  const seqs = readings().map(({ seq }) => seq as number);
  expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b));
  const last = seqs.at(-1) as number;
  expect(last - seqs.length).toBe(full);
  expect(seqs.slice(6)).toEqual(Array.from({ length: seqs.length - 6 }, (_, at) => last - (seqs.length - 7) + at));
});

/** What a store in files makes of a log that power was cut off from, that has decayed, or that a disk did not take. */
import fs, { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { KeyValue } from "../../../src/platform.js";
import { FileStore } from "../../../src/platforms/nodejs/file-store.js";
import { publish, suback } from "../../support/packets.js";
import { Rig } from "../../support/rig.js";

let folder: string;
let directory: string;
let log: string;
const real = { ...fs };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "motewire-log-"));
  directory = join(folder, "store");
  log = join(directory, "store.log");
});

afterEach(() => {
  disk({});
  rmSync(folder, { recursive: true, force: true });
});

/** Has the disk behave otherwise. */
function disk(functions: Partial<typeof fs>): void {
  const { writeFileSync, writeSync, renameSync, rmSync, fsyncSync, fdatasyncSync } = real;
  Object.assign(fs, { writeFileSync, writeSync, renameSync, rmSync, fsyncSync, fdatasyncSync, ...functions });
  syncBuiltinESMExports();
}

function diskFull(): never {
  throw Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
}

const bytes = (...values: number[]) => new Uint8Array(values);

type Contents = { [key: string]: number[] | "damaged" };

function contents(store: KeyValue): Contents {
  return Object.fromEntries(
    store
      .keys()
      .sort()
      .map((key) => {
        try {
          return [key, [...(store.read(key) ?? [])]];
        } catch (error) {
          expect(error).toMatchObject({ storage: "damaged", message: `the value of "${key}" is damaged` });
          return [key, "damaged"];
        }
      }),
  );
}

/** What a store finds in a directory. */
function found(path = directory): Contents {
  const store = new FileStore(path);
  try {
    return contents(store);
  } finally {
    store.close();
  }
}

/** A directory that holds only this log. */
function withLog(bytesOfLog: Uint8Array): string {
  const path = mkdtempSync(join(folder, "copy-"));
  writeFileSync(join(path, "store.log"), bytesOfLog);
  return path;
}

function numbers(count: number, first = 0): Uint8Array {
  return Uint8Array.from({ length: count }, (_, index) => first + index);
}

/** Some history: values replaced, deleted, empty, and one that looks like what is around it. */
const HISTORY: readonly ((store: KeyValue) => void)[] = [
  (store) => store.write("a", numbers(20)),
  (store) => store.write("b", numbers(5, 100)),
  (store) => store.write("a", numbers(30, 50)),
  (store) => store.write("gone", numbers(10)),
  (store) => store.delete("gone"),
  (store) => store.write("empty", bytes()),
  (store) => store.write("d", bytes(0xd7, 0x4b, 1, 1, 0, 0, 0, 0, 0xd7, 0x54)),
  (store) => store.delete("b"),
];

describe("power that is cut", () => {
  it("leaves the changes up to one of them, wherever in the log it is", () => {
    const store = new FileStore(directory);
    const { length } = readFileSync(log);
    const after: Contents[] = [{}];
    for (const change of HISTORY) {
      change(store.deferred);
      after.push(contents(store));
    }
    const whole = readFileSync(log);
    store.close();
    let reached = 0;
    for (let cut = length; cut <= whole.length; cut++) {
      const left = JSON.stringify(found(withLog(whole.subarray(0, cut))));
      const at = after.findIndex((state, index) => index >= reached && JSON.stringify(state) === left);
      expect(at, `after ${cut} bytes: ${left}`).toBeGreaterThanOrEqual(reached);
      reached = at;
    }
    expect(reached).toBe(HISTORY.length);
  });

  it("leaves nothing behind what it has torn, though the disk wrote that first", () => {
    const store = new FileStore(directory);
    store.write("a", bytes(1));
    const { length } = readFileSync(log);
    store.deferred.write("b", numbers(40));
    store.deferred.write("c", bytes(3));
    const torn = readFileSync(log).fill(0, length + 10, length + 80);
    store.close();
    const path = withLog(torn);
    expect(found(path)).toEqual({ a: [1] });
    const again = new FileStore(path);
    again.write("d", bytes(4));
    again.close();
    expect(found(path)).toEqual({ a: [1], d: [4] });
  });

  it("does not lose what was synced, by one fsync for all of it", () => {
    const store = new FileStore(directory);
    let syncs = 0;
    disk({
      fdatasyncSync: (file) => {
        syncs++;
        real.fdatasyncSync(file);
      },
    });
    for (const change of HISTORY) change(store.deferred);
    expect(syncs).toBe(0);
    store.deferred.sync();
    store.deferred.sync();
    expect(syncs).toBe(1);
    const { length } = readFileSync(log);
    store.deferred.write("later", bytes(1));
    expect(found(withLog(readFileSync(log).subarray(0, length)))).toEqual({
      a: [...numbers(30, 50)],
      d: [0xd7, 0x4b, 1, 1, 0, 0, 0, 0, 0xd7, 0x54],
      empty: [],
    });
    store.close();
  });

  it("finds the old log or the new one, when it is cut while a long log is begun anew", () => {
    const store = new FileStore(directory);
    for (const change of HISTORY) change(store);
    const before = contents(store);
    const snapshots: string[] = [];
    const snapshot = () => {
      const path = mkdtempSync(join(folder, "cut-"));
      for (const name of readdirSync(directory)) {
        if (name.startsWith("store.")) cpSync(join(directory, name), join(path, name));
      }
      snapshots.push(path);
    };
    disk({
      writeFileSync: ((path: string, data: Buffer, options: object) => {
        real.writeFileSync(path, data.subarray(0, data.length / 2));
        if (path.endsWith("store.tmp")) snapshot();
        real.writeFileSync(path, data, options);
        if (path.endsWith("store.tmp")) snapshot();
      }) as typeof fs.writeFileSync,
      renameSync: (from, to) => {
        real.renameSync(from, to);
        snapshot();
      },
    });
    let last = 0;
    while (snapshots.length === 0) store.write("often", numbers(4000, last++ % 200));
    disk({});
    store.close();
    expect(snapshots).toHaveLength(3);
    // The write that has it begun anew comes behind it.
    for (const path of snapshots)
      expect(found(path)).toEqual({ ...before, often: [...numbers(4000, (last - 2) % 200)] });
    expect(found()).toEqual({ ...before, often: [...numbers(4000, (last - 1) % 200)] });
    expect(readFileSync(log).length).toBeLessThan(20_000);
  });
});

describe("a store of the former kind", () => {
  const former = () => {
    const path = mkdtempSync(join(folder, "former-"));
    writeFileSync(join(path, "key-a.bin"), bytes(1, 2));
    writeFileSync(join(path, "key-empty.bin"), "");
    writeFileSync(join(path, "key-x.bin.bin"), bytes(3));
    writeFileSync(join(path, "key-half.tmp"), "half");
    return path;
  };
  const expected = { a: [1, 2], empty: [], "x.bin": [3] };

  it("is converted once", () => {
    const path = former();
    expect(found(path)).toEqual(expected);
    expect(readdirSync(path).sort()).toEqual(["store.log", "store.spare"]);
    expect(found(path)).toEqual(expected);
  });

  it("is read whole wherever power was cut while it was converted", () => {
    const path = former();
    const snapshots: string[] = [];
    const snapshot = () => {
      const copy = mkdtempSync(join(folder, "cut-"));
      for (const name of readdirSync(path)) {
        if (!name.startsWith("lock-")) cpSync(join(path, name), join(copy, name));
      }
      snapshots.push(copy);
    };
    const noting = <A extends unknown[], R>(work: (...args: A) => R) => {
      return (...args: A): R => {
        snapshot();
        return work(...args);
      };
    };
    disk({
      writeFileSync: noting(real.writeFileSync) as never,
      renameSync: noting(real.renameSync),
      rmSync: noting(real.rmSync),
    });
    const store = new FileStore(path);
    disk({});
    store.close();
    expect(snapshots.length).toBeGreaterThanOrEqual(6);
    for (const copy of snapshots) expect(found(copy)).toEqual(expected);
  });
});

describe("a byte of the log that has changed", () => {
  it("costs the value that it is in, at most, and whatever was done stays done", () => {
    const store = new FileStore(directory);
    for (const change of HISTORY) change(store);
    const whole = contents(store);
    store.close();
    const original = readFileSync(log);
    let lost = 0;
    // Nothing is cut off here, and waiting would be all that these stores do.
    disk({ fsyncSync: () => undefined, fdatasyncSync: () => undefined });
    for (let at = 0; at < original.length; at++) {
      for (const flip of [0x01, 0xfe]) {
        const log = Buffer.from(original);
        log[at] = (log[at] as number) ^ flip;
        const path = withLog(log);
        const now = found(path);
        const damaged = Object.keys(now).filter((key) => now[key] === "damaged");
        expect(damaged.length, `byte ${at}`).toBeLessThanOrEqual(1);
        const [key] = damaged;
        expect(now, `byte ${at}`).toEqual(key === undefined ? whole : { ...whole, [key]: "damaged" });
        lost += damaged.length;
        rmSync(path, { recursive: true });
      }
    }
    // All bytes of the values there are, and no others.
    expect(lost).toBe(2 * Object.values(whole).reduce((sum, value) => sum + value.length, 0));
  }, 120_000);

  it("is still known when the store is opened once more, until the key is written or deleted", () => {
    const store = new FileStore(directory);
    store.write("a", numbers(8, 200));
    store.write("b", bytes(1));
    store.close();
    const spoilt = readFileSync(log);
    spoilt[spoilt.indexOf(numbers(8, 200)) + 3] = 0;
    writeFileSync(log, spoilt);
    for (let time = 0; time < 2; time++) expect(found()).toEqual({ a: "damaged", b: [1] });
    const again = new FileStore(directory);
    again.write("a", bytes(7));
    again.close();
    expect(found()).toEqual({ a: [7], b: [1] });
  });

  it("has a client start, report it and go on without that value", () => {
    const store = new FileStore(directory);
    const rig = new Rig({ store, window: 2 });
    const connection = rig.connect();
    rig.client.subscribe(["s", "t/#"], {}, rig.handler);
    connection.send(suback(connection.expect("subscribe").messageId as number, 0, 0));
    connection.send(publish("b", "done", 2, 9));
    rig.settle();
    const payloads = ["first", "second", "third"];
    for (const payload of payloads) rig.publish("a", payload, 2);
    connection.reset();
    rig.settle();
    store.close();
    const original = readFileSync(log);
    let reports = 0;
    disk({ fsyncSync: () => undefined, fdatasyncSync: () => undefined });
    // A stride that meets every offset within a record in turn.
    for (let at = 3; at < original.length; at += 7) {
      const spoilt = Buffer.from(original);
      spoilt[at] = ~(spoilt[at] as number);
      const path = withLog(spoilt);
      const damaged = new FileStore(path);
      const revived = new Rig({ store: damaged, window: 2 });
      const next = revived.connect();
      const sent: string[] = [];
      for (let packet = next.unread[0]; packet !== undefined; packet = next.unread[0]) {
        next.next();
        if (packet.cmd === "publish") {
          sent.push(String(packet.payload));
          next.send({ cmd: "pubrec", messageId: packet.messageId as number });
        } else if (packet.cmd === "pubrel") next.send({ cmd: "pubcomp", messageId: packet.messageId as number });
        revived.settle();
      }
      expect(revived.client.connected && revived.client.pending === 0, `byte ${at}`).toBe(true);
      const codes = revived.errors.map(({ code }) => code);
      expect(codes, `byte ${at}`).toEqual(codes.length === 0 ? [] : ["store-damaged"]);
      const lost = payloads.filter((payload) => !sent.includes(payload));
      expect(lost.length, `byte ${at}`).toBeLessThanOrEqual(codes.length);
      expect(sent, `byte ${at}`).toEqual(payloads.filter((payload) => payload !== lost[0]));
      reports += codes.length;
      damaged.close();
      rmSync(path, { recursive: true });
    }
    expect(reports).toBeGreaterThan(10);
  }, 120_000);

  it("that hides what kind of log it is, in both copies, is said and nothing is overwritten", () => {
    new FileStore(directory).close();
    const spoilt = readFileSync(log).fill(7, 8, 40);
    writeFileSync(log, spoilt);
    expect(() => new FileStore(directory)).toThrow(/the beginning of its log is damaged; move the log away/);
    expect(readFileSync(log).equals(spoilt)).toBe(true);
  });
});

describe("a disk", () => {
  it("that is full has writes refused as full, takes deletes, and what there was before goes on", () => {
    const store = new FileStore(directory);
    for (const key of ["a", "b", "c"]) store.write(key, numbers(100));
    const spare = () => readdirSync(directory).includes("store.spare");
    expect(spare()).toBe(true);
    disk({
      writeSync: ((file: number, data: Buffer, at: number) => {
        if (!spare()) return real.writeSync(file, data, at);
        // The disk takes some of it before it is full.
        if (data.length > 30 && at === 0) return real.writeSync(file, data, 0, 30);
        return diskFull();
      }) as typeof fs.writeSync,
    });
    expect(() => store.write("d", numbers(100))).toThrow(
      expect.objectContaining({ storage: "full", message: 'cannot write "d": the disk is full' }),
    );
    expect(store.keys()).toEqual(["a", "b", "c"]);
    store.delete("a");
    store.write("b", bytes(1));
    disk({});
    store.close();
    expect(found()).toEqual({ b: [1], c: [...numbers(100)] });
  });

  it("whose fsync fails is not believed when it says later that all is well", () => {
    const store = new FileStore(directory);
    store.write("a", bytes(1));
    let fails = true;
    disk({
      fdatasyncSync: (file) => {
        if (fails) throw Object.assign(new Error("EIO: i/o error, fdatasync"), { code: "EIO" });
        real.fdatasyncSync(file);
      },
    });
    store.deferred.write("b", bytes(2));
    expect(() => store.deferred.sync()).toThrow(expect.objectContaining({ storage: "failed" }));
    const inode = real.statSync(log).ino;
    fails = false;
    store.deferred.sync();
    expect(real.statSync(log).ino).not.toBe(inode);
    disk({});
    store.close();
    expect(found()).toEqual({ a: [1], b: [2] });
  });
});

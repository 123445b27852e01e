import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FileStore } from "../../../src/platforms/nodejs/file-store.js";

let directory: string;
const opened: FileStore[] = [];
const started: ChildProcess[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "motewire-store-"));
});

afterEach(async () => {
  for (const store of opened.splice(0)) store.close();
  for (const child of started.splice(0)) await killed(child);
  rmSync(directory, { recursive: true, force: true });
});

function open(options?: ConstructorParameters<typeof FileStore>[1]): FileStore {
  const store = new FileStore(directory, options);
  opened.push(store);
  return store;
}

const bytes = (...values: number[]) => new Uint8Array(values);

describe("what is written outlives the store", () => {
  test("a new store on the same directory has the keys and values", () => {
    const first = open();
    first.write("a", bytes(1, 2));
    first.write("b", bytes());
    first.write("a", bytes(3));
    first.write("gone", bytes(4));
    first.delete("gone");
    first.close();

    const second = open();
    expect(second.keys().sort()).toEqual(["a", "b"]);
    expect(second.read("a")).toEqual(bytes(3));
    expect(second.read("b")).toEqual(bytes());
    expect(second.read("gone")).toBeUndefined();
  });

  test("keys that mean something to a file system are keys like others", () => {
    const store = open();
    for (const key of [".", "..", "lock-1", "con", "-", "x.bin", "x.tmp"]) store.write(key, bytes(key.length));
    store.close();
    const again = open();
    expect(again.keys().sort()).toEqual(["-", ".", "..", "con", "lock-1", "x.bin", "x.tmp"].sort());
    expect(again.read("..")).toEqual(bytes(2));
  });

  test("a write that was cut off leaves the old value and no file behind", () => {
    const first = open();
    first.write("a", bytes(1));
    first.close();
    writeFileSync(join(directory, "key-a.tmp"), "half");
    writeFileSync(join(directory, "key-new.tmp"), "half");

    const second = open();
    expect(second.keys()).toEqual(["a"]);
    expect(second.read("a")).toEqual(bytes(1));
    expect(readdirSync(directory).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  test("files of others are left alone and are no keys", () => {
    writeFileSync(join(directory, "notes.txt"), "mine");
    writeFileSync(join(directory, "key-Not A Key.bin"), "mine");
    expect(open().keys()).toEqual([]);
    expect(readdirSync(directory)).toEqual(expect.arrayContaining(["notes.txt", "key-Not A Key.bin"]));
  });
});

describe("a bound that is reached is said, and nothing changes", () => {
  test("a value longer than the maximum is misuse", () => {
    const store = open({ maximumLength: 2 });
    expect(() => store.write("a", bytes(1, 2, 3))).toThrow(expect.objectContaining({ storage: "misuse" }));
    expect(store.keys()).toEqual([]);
  });

  test("more than the capacity is full, counting keys, and what is deleted or replaced makes room, over a restart too", () => {
    const first = open({ capacity: 8 });
    first.write("a", bytes(1, 2, 3));
    first.write("b", bytes(1, 2, 3));
    expect(() => first.write("c", bytes())).toThrow(expect.objectContaining({ storage: "full" }));
    expect(() => first.write("a", bytes(1, 2, 3, 4))).toThrow(expect.objectContaining({ storage: "full" }));
    expect(first.read("a")).toEqual(bytes(1, 2, 3));
    first.write("a", bytes(1));
    first.write("c", bytes(1));
    first.close();

    const second = open({ capacity: 8 });
    expect(() => second.write("d", bytes())).toThrow(/no room for "d": 9 bytes in all, more than 8/);
    second.delete("c");
    second.write("d", bytes(1));
    expect(second.keys().sort()).toEqual(["a", "b", "d"]);
  });

  test.each(["", "sixteen-letters-", "Upper", "a/b", "ä", "a b"])("%j is no key", (key) => {
    const store = open();
    for (const use of [() => store.read(key), () => store.write(key, bytes()), () => store.delete(key)])
      expect(use).toThrow(expect.objectContaining({ storage: "misuse" }));
  });

  test("a medium that fails is said to have failed, with the reason", () => {
    const store = open();
    rmSync(directory, { recursive: true });
    expect(() => store.write("a", bytes(1))).toThrow(
      expect.objectContaining({ storage: "failed", message: expect.stringMatching(/^cannot write "a": .*ENOENT/) }),
    );
    expect(store.read("a")).toBeUndefined();
  });

  test("a directory that cannot be used is said at once", () => {
    const file = join(directory, "file");
    writeFileSync(file, "");
    chmodSync(file, 0o600);
    expect(() => new FileStore(file)).toThrow(
      expect.objectContaining({ storage: "failed", message: expect.stringContaining(`cannot open the store ${file}`) }),
    );
  });

  test("a closed store refuses to be used", () => {
    const store = open();
    store.close();
    store.close();
    expect(() => store.write("a", bytes(1))).toThrow(/is closed/);
  });
});

describe("one at a time", () => {
  test("a second store in this process is refused until the first is closed", () => {
    const first = open();
    expect(() => open()).toThrow(
      expect.objectContaining({ storage: "failed", message: expect.stringMatching(/in use by this process itself/) }),
    );
    first.close();
    open();
  });

  test("another process is refused by the id of the one that holds it, and let in when that one was killed", async () => {
    const holder = await holderOf(directory);
    expect(() => open()).toThrow(new RegExp(`in use by process ${holder.pid}; end it or choose another directory`));
    await killed(holder);
    open().write("a", bytes(1));
  });

  test("a lock whose process id is now that of another program counts for nothing", () => {
    // Process 1 lives always, and did not start then.
    writeFileSync(join(directory, "lock-1-123456789"), "");
    open();
    expect(readdirSync(directory).filter((name) => name.startsWith("lock-1-"))).toEqual([]);
  });
});

/** A process that holds the store open until it is killed. */
async function holderOf(path: string): Promise<ChildProcess> {
  const module = new URL("../../../src/platforms/nodejs/file-store.ts", import.meta.url).href;
  const program = `
    const { FileStore } = await import(${JSON.stringify(module)});
    new FileStore(${JSON.stringify(path)});
    console.log("open");
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  started.push(child);
  await once(createInterface(child.stdout), "line");
  return child;
}

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGKILL");
  await once(child, "exit");
}

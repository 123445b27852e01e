import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { VirtualClock } from "../../../host-sim/core/world/clock.js";
import { EXPIRES, lockOf } from "../../../src/platforms/browser/lock.js";
import { openSession, SessionInUse } from "../../../src/platforms/browser/session.js";
import { untilReal } from "../../contract/contract.js";
import { MapLocks, MapStorage } from "./storage.js";

let storage: MapStorage;
let locks: MapLocks;
/** What the page listens to. */
let page: EventTarget;

beforeEach(() => {
  storage = new MapStorage();
  locks = new MapLocks();
  page = new EventTarget();
  vi.stubGlobal("localStorage", storage);
  vi.stubGlobal("navigator", { locks });
  vi.stubGlobal("addEventListener", page.addEventListener.bind(page));
  vi.stubGlobal("removeEventListener", page.removeEventListener.bind(page));
});

afterEach(() => void vi.unstubAllGlobals());

describe("a session", () => {
  test("has a store that the next page finds again", async () => {
    const session = await openSession("panel");
    expect(session.id).toBe("panel");
    session.store.write("s", Uint8Array.of(1, 2));
    session.store.write("c", Uint8Array.of(3));
    session.store.delete("c");
    await session.close();
    await session.close();
    expect(() => session.store.read("s")).toThrow("the store is closed");
    const { store } = await openSession("panel");
    expect(store.keys()).toEqual(["s"]);
    expect(store.read("s")).toEqual(Uint8Array.of(1, 2));
  });

  test("is refused to a second tab, until the first lets it go", async () => {
    const first = await openSession("panel");
    const error: Error = await openSession("panel").catch((thrown) => thrown);
    expect(error).toBeInstanceOf(SessionInUse);
    expect(error.message).toBe(
      `the session "panel" is open in another tab; close it, or give each tab its own by the option tabs`,
    );
    const other = await openSession("hall");
    expect(other.id).toBe("hall");
    await first.close();
    expect((await openSession("panel")).id).toBe("panel");
  });

  test("is one of its own for each tab, as many as there may be", async () => {
    const first = await openSession("panel", { tabs: 3 });
    const second = await openSession("panel", { tabs: 3 });
    const third = await openSession("panel", { tabs: 3 });
    expect([first.id, second.id, third.id]).toEqual(["panel", "panel-2", "panel-3"]);
    await expect(openSession("panel", { tabs: 3 })).rejects.toThrow(`all 3 sessions "panel" are open in another tab`);
    second.store.write("s", Uint8Array.of(2));
    expect(first.store.keys()).toEqual([]);
    await second.close();
    const again = await openSession("panel", { tabs: 3 });
    expect(again.id).toBe("panel-2");
    expect(again.store.keys()).toEqual(["s"]);
  });

  test("is lost when another takes its lock by force", async () => {
    const onLost = vi.fn();
    const { store } = await openSession("panel", { onLost });
    locks.steal("motewire/panel");
    await untilReal(() => onLost.mock.calls.length > 0);
    expect(() => store.write("s", Uint8Array.of(1))).toThrow(`another tab has taken the session "panel"`);
    expect(onLost).toHaveBeenCalledTimes(1);
  });

  test.each<[string, Parameters<typeof openSession>]>([
    ["name", [""]],
    ["name", [7 as never]],
    ["tabs", ["panel", { tabs: 0 }]],
    ["tabs", ["panel", { tabs: 1.5 }]],
  ])("is not opened with a wrong %s", async (option, parameters) => {
    await expect(openSession(...parameters)).rejects.toThrow(new RegExp(`^${option} is .*: must be `));
  });

  test("is not held by a tab whose storage cannot be read", async () => {
    vi.spyOn(storage, "key").mockImplementationOnce(() => {
      throw new Error("the disk is gone");
    });
    storage.setItem("any", "thing");
    await expect(openSession("panel")).rejects.toThrow("cannot read the browser's storage: the disk is gone");
    expect((await openSession("panel")).id).toBe("panel");
  });
});

describe("where the browser has no locks", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.UTC(2026, 10, 30) });
    vi.stubGlobal("navigator", {});
    return () => void vi.useRealTimers();
  });

  /** A tab, and the time that passes in it. */
  class Tab {
    readonly clock = new VirtualClock();
    lost = 0;
    lock: Awaited<ReturnType<typeof lockOf>>;

    async take(): Promise<this> {
      const taken = lockOf("panel", storage, this.clock, () => void this.lost++);
      this.clock.advance(1_000);
      this.lock = await taken;
      return this;
    }
  }

  function pass(milliseconds: number, ...tabs: Tab[]): void {
    for (let left = milliseconds; left > 0; left -= 1_000) {
      vi.setSystemTime(Date.now() + 1_000);
      for (const tab of tabs) tab.clock.advance(1_000);
    }
  }

  test("a session opens all the same, in one tab", async () => {
    const session = await openSession("panel");
    session.store.write("s", Uint8Array.of(1));
    await expect(openSession("panel")).rejects.toThrow(SessionInUse);
    await session.close();
    expect((await openSession("panel")).store.keys()).toEqual(["s"]);
  });

  test("the first tab keeps it as long as it lives", async () => {
    const first = await new Tab().take();
    for (let round = 0; round < 5; round++) {
      pass(100_000, first);
      expect((await new Tab().take()).lock).toBeUndefined();
    }
    expect([first.lock?.isHeld(), first.lost]).toEqual([true, 0]);
  });

  test("a tab that crashed has lost it after a while, and not before", async () => {
    await new Tab().take();
    pass(EXPIRES - 1_000);
    expect((await new Tab().take()).lock).toBeUndefined();
    pass(1_000);
    expect((await new Tab().take()).lock?.isHeld()).toBe(true);
  });

  test("a tab that is closed gives it back, but not one that the browser may show again", async () => {
    await new Tab().take();
    page.dispatchEvent(Object.assign(new Event("pagehide"), { persisted: true }));
    expect((await new Tab().take()).lock).toBeUndefined();
    page.dispatchEvent(Object.assign(new Event("pagehide"), { persisted: false }));
    expect((await new Tab().take()).lock?.isHeld()).toBe(true);
  });

  test("of two tabs that come at once, one gets it", async () => {
    // What the first has written shows late in the second.
    let looks = 0;
    const late = {
      getItem: (key: string) => (looks++ === 0 ? null : storage.getItem(key)),
      setItem: (key: string, text: string) => storage.setItem(key, text),
    } as Storage;
    const tabs = [new Tab(), new Tab()] as const;
    const taken = tabs.map(({ clock }, index) => lockOf("panel", index === 0 ? storage : late, clock, () => {}));
    for (const { clock } of tabs) clock.advance(1_000);
    const held = (await Promise.all(taken)).filter((lock) => lock?.isHeld());
    expect(held).toHaveLength(1);
  });

  test("a tab that was frozen finds at its next beat that another has it", async () => {
    const frozen = await new Tab().take();
    pass(EXPIRES);
    const second = await new Tab().take();
    pass(11_000, frozen, second);
    expect([frozen.lost, frozen.lock?.isHeld()]).toEqual([1, false]);
    expect([second.lost, second.lock?.isHeld()]).toEqual([0, true]);
    // What it gives back is not its own any more.
    await frozen.lock?.release();
    expect(second.lock?.isHeld()).toBe(true);
  });

  test.each<[string, (page: EventTarget) => void]>([
    ["before it changes the store", () => {}],
    [
      "as soon as the browser says so",
      () => {
        page.dispatchEvent(Object.assign(new Event("storage"), { key: "motewire-lock/panel" }));
      },
    ],
  ])("a tab that has lost it learns of it %s", async (_, learn) => {
    const onLost = vi.fn();
    const { store } = await openSession("panel", { onLost });
    store.write("s", Uint8Array.of(1));
    storage.setItem("motewire-lock/panel", `other ${Date.now()}`);
    learn(page);
    expect(() => store.delete("s")).toThrow(`another tab has taken the session "panel"`);
    expect(() => store.write("s", Uint8Array.of(2))).toThrow(`another tab has taken the session "panel"`);
    // Not from inside the store's method.
    expect(onLost).not.toHaveBeenCalled();
    await untilReal(() => onLost.mock.calls.length > 0);
    expect(onLost).toHaveBeenCalledTimes(1);
    expect(storage.getItem("motewire/panel/s")).not.toBeNull();
  });

  test("a record that nobody can read counts for nothing, and so does one from the future", async () => {
    for (const record of ["", "nonsense", "other then", `other ${Date.now() + EXPIRES}`]) {
      storage.setItem("motewire-lock/panel", record);
      const { lock } = await new Tab().take();
      expect(lock?.isHeld()).toBe(true);
      await lock?.release();
    }
  });

  test("a person who clears the storage takes it from nobody", async () => {
    const tab = await new Tab().take();
    storage.clear();
    pass(11_000, tab);
    expect([tab.lock?.isHeld(), tab.lost]).toEqual([true, 0]);
    expect((await new Tab().take()).lock).toBeUndefined();
  });

  test("a full storage is said to be full", async () => {
    vi.stubGlobal("localStorage", new MapStorage(10));
    await expect(openSession("panel")).rejects.toMatchObject({ storage: "full" });
  });
});

/** What a page may do to the simulator. */
import { EventEmitter } from "node:events";
import { describe, expect, test, vi } from "vitest";
import type { WebSocket } from "ws";
import { Control, type Controlled, readRequest } from "../../../host-sim/cli/control.js";
import { switchOf } from "../../../host-sim/cli/switch.js";
import { findBoard } from "../../../host-sim/core/world/boards.js";

class Page extends EventEmitter {
  readyState = 1;
  bufferedAmount = 0;
  readonly told: { type: string; [field: string]: unknown }[] = [];
  closed: number | undefined;

  send(text: string): void {
    this.told.push(JSON.parse(text));
  }

  close(code: number): void {
    this.closed = code;
    this.emit("close");
  }

  async ask(request: unknown): Promise<void> {
    this.emit("message", typeof request === "string" ? request : JSON.stringify(request), false);
    await new Promise(setImmediate);
  }

  get last() {
    return this.told.at(-1);
  }
}

function bench(changes: Partial<Controlled> = {}) {
  const on = { wifi: true, power: true, broker: true, motion: false };
  const turned: string[] = [];
  const made = (name: "wifi" | "power" | "broker") =>
    switchOf(
      () => on[name],
      (to) => {
        on[name] = to;
        turned.push(`${name} ${to}`);
      },
    );
  const hold = vi.fn((quantity: string, value: number | undefined) => {
    if (quantity !== "temperature") throw new RangeError("it does not measure that");
    turned.push(`hold ${value}`);
  });
  const pushButton = vi.fn();
  const control = new Control({
    node: "porch",
    board: findBoard("lin") as Controlled["board"],
    wifi: made("wifi"),
    power: made("power"),
    broker: made("broker"),
    sensors: [
      {
        id: "climate",
        quantities: [{ quantity: "temperature", unit: "°C", low: -20, high: 50, value: 21, held: false }],
        hold,
      },
    ],
    inputs: [
      {
        name: "motion",
        get on() {
          return on.motion;
        },
        set: (to) => {
          on.motion = to;
        },
      },
    ],
    pushButton,
    packets: true,
    ...changes,
  });
  const join = () => {
    const page = new Page();
    control.join(page as unknown as WebSocket);
    return page;
  };
  return { control, join, turned, hold, pushButton };
}

const publish = (payload: string) =>
  ({
    event: "wire",
    direction: "sent",
    connection: 1,
    length: 9,
    packet: { cmd: "publish", topic: "a", payload, qos: 0, dup: false, retain: false },
  }) as const;

describe("a page that controls the simulator", () => {
  test("is told how it stands at first, and after each change; the others too", async () => {
    const { join } = bench();
    const [page, other] = [join(), join()];
    expect(page.told).toMatchObject([
      { type: "simulator", node: "porch", board: { id: "lin" }, wifi: true, power: true, broker: true, button: true },
    ]);
    expect(page.told[0]).toMatchObject({ sensors: [{ id: "climate", quantity: "temperature", held: false }] });
    await page.ask({ set: "wifi", on: false });
    expect(page.last).toMatchObject({ type: "simulator", wifi: false });
    expect(other.last).toEqual(page.last);
  });

  test("turns the power and the broker, holds a sensor and lets it go, sets an input, pushes the button", async () => {
    const { join, turned, pushButton } = bench();
    const page = join();
    await page.ask({ set: "power", on: false });
    await page.ask({ set: "broker", on: "restart" });
    await page.ask({ set: "sensor", id: "climate", quantity: "temperature", value: 31 });
    await page.ask({ set: "sensor", id: "climate", quantity: "temperature", value: null });
    await page.ask({ set: "input", name: "motion", on: true });
    await page.ask({ set: "button" });
    expect(turned).toEqual(["power false", "broker false", "broker true", "hold 31", "hold undefined"]);
    expect(page.last).toMatchObject({ inputs: [{ name: "motion", on: true }] });
    expect(pushButton).toHaveBeenCalledTimes(1);
  });

  test.each([
    ["no JSON", "{", "the request is not JSON"],
    ["a number", "1", "the request must be an object"],
    ["an unknown name", { set: "__proto__" }, "must be one of wifi, power, broker, sensor, input, button"],
    ["a missing field", { set: "wifi" }, '"on" of wifi is undefined: must be boolean'],
    ["another type", { set: "power", on: "off" }, '"on" of power is "off": must be boolean'],
    ["no number", { set: "sensor", id: "climate", quantity: "temperature", value: "31" }, "must be number or null"],
    ["a sensor that is not there", { set: "sensor", id: "x", quantity: "y", value: 1 }, 'there is no sensor "x"'],
    ["a quantity that is not there", { set: "sensor", id: "climate", quantity: "y", value: 1 }, "does not measure"],
    ["an input that is not there", { set: "input", name: "door", on: true }, 'there is no input "door"'],
  ])("is told what is wrong with %s, and nothing changes", async (_, request, problem) => {
    const { join, turned } = bench();
    const page = join();
    await page.ask(request);
    expect(page.last).toEqual({ type: "refused", problem: expect.stringContaining(problem) });
    expect(turned).toEqual([]);
  });

  test("cannot stop a broker of somebody else's, nor push a button that is not there", async () => {
    const { join } = bench({ broker: undefined, pushButton: undefined });
    const page = join();
    expect(page.last).not.toHaveProperty("broker");
    await page.ask({ set: "broker", on: false });
    expect(page.last).toMatchObject({ type: "refused", problem: expect.stringContaining("not the simulator's own") });
    await page.ask({ set: "button" });
    expect(page.last).toMatchObject({ type: "refused", problem: "there is no button to push" });
  });

  test("sees the LED, and the last 200 packets though it comes later", () => {
    const { control, join } = bench();
    control.led(0x00ff00);
    for (let count = 1; count <= 250; count++) control.packet(publish(`${count}`));
    const page = join();
    expect(page.told[0]).toMatchObject({ led: "#00ff00" });
    const payloads = page.told.slice(1).map(({ packet }) => (packet as { payload: string }).payload);
    expect([payloads.length, payloads[0], payloads.at(-1)]).toEqual([200, "51", "250"]);
  });

  test("is shown the beginning of a long payload, and misses packets while it does not read", () => {
    const { control, join } = bench();
    const page = join();
    control.packet(publish("x".repeat(5_000)));
    expect(page.last).toMatchObject({ packet: { payload: `${"x".repeat(1_000)}…` } });
    page.bufferedAmount = 2_000_000;
    const before = page.told.length;
    control.packet(publish("y"));
    expect(page.told).toHaveLength(before);
  });

  test("is one of eight at most", () => {
    const { join } = bench();
    const pages = Array.from({ length: 9 }, join);
    expect(pages.map(({ closed }) => closed)).toEqual([...Array(8).fill(undefined), 1013]);
    pages[0]?.close(1000);
    expect(join().closed).toBeUndefined();
  });
});

test("of a request only what it is made of is taken", () => {
  expect(readRequest('{"set":"button","__proto__":{"x":1},"on":true}')).toEqual({ set: "button" });
});

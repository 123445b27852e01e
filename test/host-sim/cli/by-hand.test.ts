/** A run under a person's hand: what a page asks for happens to the node, and nothing that it has accepted is lost. */
import { afterEach, expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import type { Request, SimulatorMessage } from "../../../host-sim/cli/control.js";
import { describeWith } from "../../support/describe-with.js";
import { Mosquitto } from "../../support/mosquitto.js";
import { Sim } from "../../support/sim.js";

vi.setConfig({ testTimeout: 60_000 });

const cleanUp: (() => unknown)[] = [];

afterEach(async () => {
  for (const end of cleanUp.splice(0).reverse()) await end();
});

/** Starts a run, and opens its control as the page does. */
async function underHand(args: readonly string[] = []) {
  const node = new Sim(["--json", "--interval", "200ms", "--qos", "1", ...args]);
  cleanUp.push(() => node.kill());
  const { page = "", id } = await node.event("started");
  const url = new URL(page);
  const socket = new WebSocket(`ws://${url.host}/control?token=${url.hash.slice(1)}`);
  cleanUp.push(() => socket.terminate());
  const told: { type: string }[] = [];
  socket.on("message", (text) => told.push(JSON.parse(String(text))));
  const states = () => told.filter(({ type }) => type === "simulator") as SimulatorMessage[];
  await expect.poll(() => states().length, { timeout: 10_000 }).toBe(1);
  const ask = async (request: Request) => {
    const before = states().length;
    socket.send(JSON.stringify(request));
    await expect.poll(() => states().length, { timeout: 10_000 }).toBeGreaterThan(before);
    return states().at(-1) as SimulatorMessage;
  };
  /** The next acknowledged message that fits, counted from now. */
  const next = (fits: (topic: string) => boolean) => {
    const { length } = node.events;
    return node.event("acknowledged", (event) => node.events.indexOf(event) >= length && fits(event.topic));
  };
  const isReading = (topic: string) => topic.includes("/reading/");
  const isStatus = (topic: string) => topic.endsWith("/status");
  return { node, url, id, socket, told, states, ask, next, isReading, isStatus };
}

/** Lets it say that it goes, and looks at the books. */
async function ended({ node }: Awaited<ReturnType<typeof underHand>>): Promise<void> {
  node.signal("SIGINT");
  expect(await node.ended()).toBe(0);
  expect(node.summary()).toMatchObject({ lost: 0, pending: 0 });
}

test("Wi-Fi that is off is silent, and readings of that time arrive when it is on again", async () => {
  const run = await underHand();
  const { node, ask, next, isReading, isStatus } = run;
  await next(isReading);
  expect(await ask({ set: "wifi", on: false })).toMatchObject({ wifi: false });
  await node.event("wifi", ({ state }) => state === "down");
  const { length } = node.all("acknowledged");
  await node.event("accepted", ({ t, topic }) => isReading(topic) && t > (node.all("wifi").at(-1)?.t ?? 0) + 1_000);
  expect(node.all("acknowledged")).toHaveLength(length);
  expect(await ask({ set: "wifi", on: true })).toMatchObject({ wifi: true });
  // The broker has not noticed before: it says that the node was gone, and the node that it is there.
  await next(isStatus);
  await next(isReading);
  await ended(run);
});

test("power that is cut stops the node where it is; given back, it starts anew and delivers what it had", async () => {
  const run = await underHand();
  const { node, ask, next, isReading, isStatus } = run;
  await next(isReading);
  expect(await ask({ set: "power", on: false })).toMatchObject({ power: false, led: "#000000" });
  expect(node.all("power")).toMatchObject([{ on: false }]);
  const cut = performance.now();
  await expect.poll(() => performance.now() - cut).toBeGreaterThan(600);
  const online = next(isStatus);
  expect(await ask({ set: "power", on: true })).toMatchObject({ power: true });
  await online;
  await next(isReading);
  const [off = 0, on = 0] = node.all("power").map(({ t }) => t);
  expect(on - off).toBeGreaterThan(600);
  // Three readings would have been due.
  expect(node.all("accepted").filter(({ t }) => t > off && t < on)).toEqual([]);
  await ended(run);
});

test("power that is cut when the run ends is cut: it ends at once", async () => {
  const { node, ask, next, isReading } = await underHand();
  await next(isReading);
  await ask({ set: "power", on: false });
  node.signal("SIGINT");
  await node.ended();
  expect(node.summary()).toMatchObject({ lost: 0 });
});

test("an embedded broker that is restarted is met again, and the observer is there before the node", async () => {
  const run = await underHand();
  const { node, ask, next, isReading, states } = run;
  await next(isReading);
  expect(states()[0]).toMatchObject({ broker: true });
  expect(await ask({ set: "broker", on: false })).toMatchObject({ broker: false });
  await node.event("disconnected");
  const { length } = node.all("connected");
  expect(await ask({ set: "broker", on: true })).toMatchObject({ broker: true });
  await expect.poll(() => node.all("connected").length, { timeout: 20_000 }).toBeGreaterThan(length);
  await next(isReading);
  node.signal("SIGINT");
  expect(await node.ended()).toBe(0);
});

test("a sensor that is held gives that value, and the button has a reading taken", async () => {
  const run = await underHand(["--board", "esp32c3_devkitm", "--interval", "1m"]);
  const { node, ask, next, isStatus } = run;
  await next(isStatus);
  expect(await ask({ set: "sensor", id: "climate", quantity: "temperature", value: 31 })).toMatchObject({
    sensors: expect.arrayContaining([expect.objectContaining({ id: "climate", value: 31, held: true })]),
  });
  await ask({ set: "button" });
  const { payload } = await node.event("accepted", ({ payload }) => JSON.parse(payload).seq === 2);
  expect(JSON.parse(payload).temperature).toBeCloseTo(31, 2);
});

test("its packets are shown, without the password", async () => {
  const { told } = await underHand();
  const commands = () => told.flatMap((message) => (message as { packet?: { cmd: string } }).packet?.cmd ?? []);
  await expect.poll(commands, { timeout: 10_000 }).toEqual(expect.arrayContaining(["connect", "connack", "publish"]));
});

describeWith("mosquitto", "with somebody else's broker", () => {
  test("a page has its messages through the tunnel, and no password from anywhere", async () => {
    const mosquitto = await Mosquitto.start({ users: { lab: "s3cret" } });
    cleanUp.push(() => mosquitto.remove());
    const run = await underHand(["--broker", `mqtt://lab:s3cret@127.0.0.1:${mosquitto.port}`]);
    const { node, url, told, states, socket, next, isReading } = run;
    await next(isReading);
    expect(states()[0]).not.toHaveProperty("broker");
    socket.send(JSON.stringify({ set: "broker", on: false }));
    await expect.poll(() => told.at(-1)?.type === "refused" || told.some(({ type }) => type === "refused")).toBe(true);
    const texts = await Promise.all(["", "page.js", "page.css"].map((path) => fetch(`${url.origin}/${path}`)));
    for (const text of await Promise.all(texts.map((answer) => answer.text()))) expect(text).not.toContain("s3cret");
    expect(JSON.stringify(told)).not.toContain("s3cret");
    expect(node.stdout).not.toContain("s3cret");
    const { connect } = await import("mqtt");
    const page = connect(`ws://${url.host}/mqtt?token=${url.hash.slice(1)}`, { reconnectPeriod: 0 });
    cleanUp.push(() => page.endAsync(true));
    const heard = new Promise((settle) => page.on("message", settle));
    await page.subscribeAsync("motewire/+/reading/+");
    expect(await heard).toMatch(/^motewire\/.+\/reading\//);
    await ended(run);
  });
});

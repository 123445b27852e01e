/**
 * What a page may do to the simulator, and is shown of it: JSON both ways over a WebSocket, every message checked.
 *
 * Down: {@link SimulatorMessage} at first and after each change, {@link LedMessage}, {@link PacketMessage}, and
 * {@link RefusedMessage} for what was not done. Up: {@link Request}.
 */
import { WebSocket } from "ws";
import type { Board } from "../../boards/board.js";
import { quoted } from "../../src/platforms/quoted.js";
import type { Quantity } from "../core/world/sensors.js";
import type { Wire } from "./events.js";
import type { Switch } from "./switch.js";

/** What the simulator has for a person's hand. */
export interface Controlled {
  readonly node: string;
  readonly board: Board;
  readonly wifi: Switch;
  readonly power: Switch;
  /** Absent where the broker is somebody else's. */
  readonly broker?: Switch | undefined;
  readonly sensors: readonly {
    readonly id: string;
    readonly quantities: readonly Quantity[];
    hold(quantity: string, value: number | undefined): void;
  }[];
  readonly inputs: readonly { readonly name: string; readonly on: boolean; set(on: boolean): void }[];
  /** Absent where the board has no button, or the firmware cannot hear it. */
  readonly pushButton?: (() => void) | undefined;
  /** Packets can be shown. */
  readonly packets: boolean;
}

export interface SimulatorMessage {
  type: "simulator";
  node: string;
  board: Board;
  wifi: boolean;
  power: boolean;
  /** Absent: it cannot be stopped from here. */
  broker?: boolean;
  /** `#rrggbb`, black when it is dark. */
  led: string;
  button: boolean;
  packets: boolean;
  sensors: (Quantity & { id: string })[];
  inputs: { name: string; on: boolean }[];
}

export interface LedMessage {
  type: "led";
  led: string;
}

export interface PacketMessage extends Omit<Wire, "event"> {
  type: "packet";
  /** Milliseconds since 1970. */
  at: number;
}

export interface RefusedMessage {
  type: "refused";
  problem: string;
}

/** `restart`: off, and on again. */
export type Request =
  | { set: "wifi" | "power"; on: boolean }
  | { set: "broker"; on: boolean | "restart" }
  | { set: "sensor"; id: string; quantity: string; value: number | null }
  | { set: "input"; name: string; on: boolean }
  | { set: "button" };

/** Packets that who comes later is shown. */
const KEPT = 200;
/** Characters of a payload that are shown. */
const LONGEST_PAYLOAD = 1_000;
/** Pages at once. */
const MOST_PAGES = 8;
/** Bytes that may wait for a page that reads slowly; beyond them it misses packets. */
const MOST_WAITING = 1_048_576;
/** Code of a WebSocket's end: try again later. */
const TRY_AGAIN = 1013;

export class Control {
  readonly #controlled: Controlled;
  readonly #pages = new Set<WebSocket>();
  readonly #packets: string[] = [];
  #led = "#000000";

  constructor(controlled: Controlled) {
    this.#controlled = controlled;
  }

  join(page: WebSocket): void {
    if (this.#pages.size >= MOST_PAGES) {
      page.close(TRY_AGAIN, `${MOST_PAGES} pages are open already`);
      return;
    }
    this.#pages.add(page);
    page.on("close", () => this.#pages.delete(page)).on("error", () => {});
    page.on("message", (data, isBinary) => void this.#take(page, isBinary ? "" : String(data)));
    page.send(this.#state());
    for (const packet of this.#packets) page.send(packet);
  }

  /** Something has changed that was not asked for here. */
  changed(): void {
    this.#show(this.#state());
  }

  /** @param colour 0xRRGGBB */
  led(colour: number): void {
    this.#led = `#${colour.toString(16).padStart(6, "0")}`;
    this.#show(JSON.stringify({ type: "led", led: this.#led } satisfies LedMessage));
  }

  packet({ event: _, ...wire }: Wire): void {
    const packet = JSON.stringify({ type: "packet", at: Date.now(), ...cut(wire) } satisfies PacketMessage);
    this.#packets.push(packet);
    if (this.#packets.length > KEPT) this.#packets.shift();
    this.#show(packet);
  }

  #show(message: string): void {
    for (const page of this.#pages)
      if (page.readyState === WebSocket.OPEN && page.bufferedAmount < MOST_WAITING) page.send(message);
  }

  async #take(page: WebSocket, text: string): Promise<void> {
    try {
      await this.#obey(readRequest(text));
      this.changed();
    } catch (error) {
      const refused: RefusedMessage = { type: "refused", problem: (error as Error).message };
      if (page.readyState === WebSocket.OPEN) page.send(JSON.stringify(refused));
    }
  }

  async #obey(request: Request): Promise<void> {
    const { wifi, power, broker, sensors, inputs, pushButton } = this.#controlled;
    if (request.set === "wifi") await wifi.turn(request.on);
    else if (request.set === "power") await power.turn(request.on);
    else if (request.set === "broker") {
      if (broker === undefined) throw new Error("the broker is not the simulator's own: stop it where it runs");
      if (request.on === "restart") await broker.turn(false);
      await broker.turn(request.on !== false);
    } else if (request.set === "sensor") {
      const sensor = found(
        sensors.find(({ id }) => id === request.id),
        "sensor",
        request.id,
      );
      sensor.hold(request.quantity, request.value ?? undefined);
    } else if (request.set === "input") {
      found(
        inputs.find(({ name }) => name === request.name),
        "input",
        request.name,
      ).set(request.on);
    } else if (pushButton === undefined) throw new Error("there is no button to push");
    else pushButton();
  }

  #state(): string {
    const { node, board, wifi, power, broker, sensors, inputs, pushButton, packets } = this.#controlled;
    const message: SimulatorMessage = {
      type: "simulator",
      node,
      board,
      wifi: wifi.on,
      power: power.on,
      ...(broker === undefined ? {} : { broker: broker.on }),
      led: this.#led,
      button: pushButton !== undefined,
      packets,
      sensors: sensors.flatMap(({ id, quantities }) => quantities.map((quantity) => ({ id, ...quantity }))),
      inputs: inputs.map(({ name, on }) => ({ name, on })),
    };
    return JSON.stringify(message);
  }
}

function found<Thing>(thing: Thing | undefined, what: string, name: string): Thing {
  if (thing === undefined) throw new Error(`there is no ${what} ${quoted(name)}`);
  return thing;
}

/** A long payload would cost every page its length. */
function cut(wire: Omit<Wire, "event">): Omit<Wire, "event"> {
  const { packet } = wire;
  if (packet?.cmd !== "publish" || packet.payload.length <= LONGEST_PAYLOAD) return wire;
  return { ...wire, packet: { ...packet, payload: `${String(packet.payload).slice(0, LONGEST_PAYLOAD)}…` } };
}

type Shape = "boolean" | "string" | "number or null" | "boolean or restart";

const shapes: { readonly [set in Request["set"]]: { readonly [field: string]: Shape } } = Object.freeze({
  wifi: { on: "boolean" },
  power: { on: "boolean" },
  broker: { on: "boolean or restart" },
  sensor: { id: "string", quantity: "string", value: "number or null" },
  input: { name: "string", on: "boolean" },
  button: {},
});

/** @throws Error that says what is wrong */
export function readRequest(text: string): Request {
  let request: unknown;
  try {
    request = JSON.parse(text);
  } catch {
    throw new Error("the request is not JSON");
  }
  if (typeof request !== "object" || request === null) throw new Error("the request must be an object");
  const fields = request as { readonly [name: string]: unknown };
  const { set } = fields;
  if (typeof set !== "string" || !Object.hasOwn(shapes, set))
    throw new Error(`"set" is ${quoted(set)}: must be one of ${Object.keys(shapes).join(", ")}`);
  const shape = shapes[set as Request["set"]];
  for (const [name, expected] of Object.entries(shape))
    if (!Object.hasOwn(fields, name) || !fits(fields[name], expected))
      throw new Error(`"${name}" of ${set} is ${quoted(fields[name])}: must be ${expected}`);
  return Object.fromEntries([["set", set], ...Object.keys(shape).map((name) => [name, fields[name]])]) as Request;
}

function fits(value: unknown, shape: Shape): boolean {
  if (shape === "boolean or restart") return typeof value === "boolean" || value === "restart";
  if (shape === "number or null") return value === null || Number.isFinite(value);
  return typeof value === shape;
}

/** Watches a broker with our own client, and keeps the model of the node that is looked at. */
import { signal } from "@preact/signals";
import type { Message } from "../../src/mqtt/api.js";
import { Client } from "../../src/mqtt/client.js";
import { brokerAt } from "../../src/platforms/browser/index.js";
import { type Alert, NodeModel, type Presence } from "./node-model.js";
import { fieldsOf, readJson, type Scalar } from "./payload.js";
import type { Place } from "./place.js";

export interface Connection {
  readonly state: "connecting" | "connected" | "lost" | "refused";
  readonly words: string;
}

/** Bytes of a message at most: a longer one is counted and not read. */
const LONGEST = 65_536;
/** Nodes that are listed. */
const MOST_NODES = 64;
/** Milliseconds for the broker to say which nodes it knows, until the only one is taken. */
const CHOOSING = 300;
const ROOT = "motewire";

export class Watch {
  readonly connection = signal<Connection>({ state: "connecting", words: "" });
  /** By id: known from their retained status. */
  readonly nodes = signal<ReadonlyMap<string, Presence>>(new Map());
  readonly node = signal<NodeModel | undefined>(undefined);
  readonly #onAlert: (node: string, name: string, alert: Alert) => void;
  readonly #prefix = `page-${Math.random().toString(36).slice(2, 10)}`;
  #client: Client | undefined;
  #choosing: ReturnType<typeof setTimeout> | undefined;
  /** The settings were asked for on this connection. */
  #asked = false;

  constructor(place: Place, onAlert: (node: string, name: string, alert: Alert) => void) {
    this.#onAlert = onAlert;
    try {
      this.#client = new Client({
        ...brokerAt(place.broker),
        id: this.#prefix,
        clean: true,
        keepAlive: 30_000,
        responseTimeout: 10_000,
        backoff: { minimum: 500, maximum: 10_000 },
        receiveBuffer: LONGEST,
        onConnected: () => this.#connected(),
        onDisconnected: (error) => this.#disconnected(error?.message ?? "closed"),
      });
    } catch (error) {
      this.connection.value = { state: "refused", words: (error as Error).message };
      return;
    }
    this.#client.subscribe(`${ROOT}/+/status`, { QoS: 1 }, (message) => this.#take(message));
    if (place.node !== undefined) this.look(place.node);
    this.#client.open();
    setInterval(() => this.#tick(), 1_000);
  }

  /** Looks at one node from now on. */
  look(id: string): void {
    const before = this.node.peek();
    if (before?.id === id) return;
    if (before !== undefined) this.#client?.unsubscribe(`${ROOT}/${before.id}/#`);
    const model = new NodeModel(id, this.#prefix, (name, alert) => this.#onAlert(id, name, alert));
    try {
      this.#client?.subscribe(`${ROOT}/${id}/#`, { QoS: 1 }, (message) => this.#take(message));
    } catch (error) {
      this.connection.value = { state: "refused", words: (error as Error).message };
      return;
    }
    this.#asked = false;
    model.watching(this.connection.peek().state === "connected", Date.now());
    this.node.value = model;
  }

  /** @param quiet the page asks by itself */
  command(name: string, fields: readonly (readonly [string, Scalar])[] = [], quiet = false): void {
    const model = this.node.peek();
    if (model === undefined || this.#client === undefined) return;
    const payload = model.order(name, fields, Date.now(), quiet);
    this.#client.publish(`${ROOT}/${model.id}/command/${name}`, payload, { QoS: 1 });
  }

  #connected(): void {
    this.connection.value = { state: "connected", words: "" };
    this.#asked = false;
    this.node.peek()?.watching(true, Date.now());
  }

  #disconnected(words: string): void {
    this.connection.value = { state: "lost", words };
    this.node.peek()?.watching(false, Date.now(), "this page was not connected");
  }

  #take(message: Message): void {
    const [root, id = "", ...rest] = message.topic.split("/");
    if (root !== ROOT || rest.length === 0) return;
    const model = this.node.peek();
    if (message.offset > 0) return;
    if (message.more) {
      if (model?.id === id) model.ignore();
      return;
    }
    const path = rest.join("/");
    if (path === "status") this.#noteNode(id, message.payload);
    if (model?.id !== id) return;
    model.take({ path, payload: message.payload, retained: message.retain, now: Date.now() });
    if (model.presence === "online" && !this.#asked) this.#askSettings();
  }

  /** What the settings are is told by the answer to a command that changes none. */
  #askSettings(): void {
    this.#asked = true;
    this.command("settings", [], true);
  }

  #noteNode(id: string, payload: Uint8Array): void {
    const nodes = this.nodes.peek();
    if (!nodes.has(id) && nodes.size >= MOST_NODES) return;
    const said = fieldsOf(readJson(payload)).get("status");
    const presence = said === "online" || said === "offline" ? said : "unknown";
    if (nodes.get(id) !== presence) this.nodes.value = new Map([...nodes, [id, presence]]);
    if (this.node.peek() !== undefined || this.#choosing !== undefined) return;
    this.#choosing = setTimeout(() => {
      this.#choosing = undefined;
      const [only, ...others] = this.nodes.peek().keys();
      if (only !== undefined && others.length === 0 && this.node.peek() === undefined) this.look(only);
    }, CHOOSING);
  }

  #tick(): void {
    this.node.peek()?.tick(Date.now());
  }
}

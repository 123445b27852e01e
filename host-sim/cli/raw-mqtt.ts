/** One MQTT connection made of `node:net` or `ws`, and mqtt-packet: nothing of `src/mqtt`, for it is there to check that. */
import type { Duplex } from "node:stream";
import { generate, type IConnectPacket, type Packet, parser } from "mqtt-packet";
import type { BrokerAddress } from "../../src/platforms/broker-url.js";
import { BoundedPackets } from "./bounded.js";
import { openDuplex } from "./duplex.js";

export interface RawMqttEvents {
  onPacket(packet: Packet): void;
  /** Bytes that are kept of a packet: see {@link BoundedPackets}. */
  readonly bound?: number;
  /** Comes once, unless {@link RawMqtt.end} was called before. */
  onClose(reason: string): void;
}

/** Milliseconds within which the broker must answer, or it counts as gone. */
const DEADLINE = 5_000;

export class RawMqtt {
  readonly #socket: Duplex;
  readonly #events: RawMqttEvents;
  #reason = "closed by the broker";
  #ended = false;
  #deadline: NodeJS.Timeout | undefined;

  /** Connects and sends CONNECT; what comes back goes to `events`. */
  constructor(broker: BrokerAddress, id: string, clean: boolean, events: RawMqttEvents) {
    this.#events = events;
    const decoder = parser({ protocolVersion: 4 });
    decoder.on("packet", (packet) => {
      clearTimeout(this.#deadline);
      if (!this.#ended) events.onPacket(packet);
    });
    decoder.on("error", (error: Error) => this.#socket.destroy(error));

    this.#socket = openDuplex(broker, () => this.send(connectPacket(broker, id, clean)));
    this.#expectAnswer();
    const packets = new BoundedPackets((bytes) => decoder.parse(bytes), events.bound);
    this.#socket.on("data", (bytes) => packets.take(bytes));
    this.#socket.on("error", (error: NodeJS.ErrnoException) => {
      this.#reason = error.code === "ECONNREFUSED" ? "connection refused" : error.message;
    });
    this.#socket.on("close", () => {
      clearTimeout(this.#deadline);
      if (!this.#ended) this.#events.onClose(this.#reason);
    });
  }

  send(packet: Packet): void {
    if (this.#socket.writable) this.#socket.write(generate(packet, { protocolVersion: 4 }));
  }

  /** Sends a packet that must be answered soon. */
  ask(packet: Packet): void {
    this.#expectAnswer();
    this.send(packet);
  }

  /** Sends DISCONNECT and closes. Nothing is reported any more. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.send({ cmd: "disconnect" });
    this.#expectAnswer();
    this.#socket.end();
    this.#socket.resume();
  }

  #expectAnswer(): void {
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(() => this.#socket.destroy(new Error("no answer from the broker")), DEADLINE);
  }
}

function connectPacket({ user, password }: BrokerAddress, clientId: string, clean: boolean): IConnectPacket {
  return {
    cmd: "connect",
    protocolId: "MQTT",
    protocolVersion: 4,
    clientId,
    clean,
    keepalive: 60,
    ...(user === undefined ? {} : { username: user }),
    ...(password === undefined ? {} : { password: Buffer.from(password) }),
  };
}

/** What the return codes of CONNACK mean. MQTT 3.1.1 table 3.1. */
export const CONNACK_WORDS: readonly string[] = Object.freeze([
  "accepted",
  "unacceptable protocol version",
  "identifier rejected",
  "server unavailable",
  "bad user name or password",
  "not authorized",
]);

/**
 * Makes the broker forget the session of a client: connects as that client with Clean Session 1, and goes.
 * @returns whether it did, within the deadline
 */
export function removeSession(broker: BrokerAddress, id: string): Promise<boolean> {
  return new Promise((settle) => {
    const link = new RawMqtt(broker, id, true, {
      onPacket(packet) {
        link.end();
        settle(packet.cmd === "connack" && packet.returnCode === 0);
      },
      onClose: () => settle(false),
    });
  });
}

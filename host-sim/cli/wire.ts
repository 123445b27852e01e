/** `--wire`: what goes over the node's connections, decoded by mqtt-packet, an eye independent of our own codec. */
import { type Packet, type Parser, parser } from "mqtt-packet";
import type { OpenSocket } from "../../src/platform.js";
import type { Wire } from "./events.js";

/** Has every packet of the sockets that `openSocket` opens shown, and changes nothing about them. */
export function watchedWire(openSocket: OpenSocket, show: (event: Wire) => void): OpenSocket {
  let connections = 0;
  return (options) => {
    const connection = ++connections;
    const socket = openSocket(options);
    const sent = new Tap("sent", connection, show);
    const received = new Tap("received", connection, show);
    return {
      read(into) {
        const count = socket.read(into);
        if (count > 0) received.take(into.subarray(0, count));
        return count;
      },
      write(bytes) {
        const room = socket.write(bytes);
        sent.take(bytes);
        return room;
      },
      close: () => socket.close(),
    };
  };
}

/** One direction of one connection. */
class Tap {
  readonly #parser: Parser = parser({ protocolVersion: 4 });
  /** The bytes made no sense: there is no finding the next packet. */
  #broken = false;

  constructor(direction: Wire["direction"], connection: number, show: (event: Wire) => void) {
    this.#parser.on("packet", (packet) => {
      const length = lengthOf(packet.length ?? 0);
      show({ event: "wire", direction, connection, length, packet: readable(packet) });
    });
    this.#parser.on("error", (error: Error) => {
      this.#broken = true;
      show({ event: "wire", direction, connection, length: 0, problem: error.message });
    });
  }

  take(bytes: Uint8Array): void {
    // Copied: the parser keeps what is not a whole packet yet.
    if (!this.#broken) this.#parser.parse(Buffer.from(bytes));
  }
}

/** Bytes of a whole packet. @param remaining its remaining length (section 2.2.3) */
function lengthOf(remaining: number): number {
  let digits = 1;
  for (let rest = remaining >> 7; rest > 0; rest >>= 7) digits++;
  return 1 + digits + remaining;
}

/** Without what mqtt-packet leaves empty or repeats, payloads as text, and a password's length instead of it. */
function readable(packet: Packet): Packet {
  const fields = Object.entries(packet).filter(
    ([name, value]) =>
      value !== null && name !== "length" && (packet.cmd === "publish" || !["qos", "dup", "retain"].includes(name)),
  );
  return Object.fromEntries(fields.map(([name, value]) => [name, readableField(name, value)])) as unknown as Packet;
}

function readableField(name: string, value: unknown): unknown {
  if (name === "password") return `(${(value as Buffer).length} bytes)`;
  if (name === "will") return { ...(value as object), payload: String((value as { payload: Buffer }).payload) };
  return Buffer.isBuffer(value) ? value.toString() : value;
}

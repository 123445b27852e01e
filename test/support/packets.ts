/** MQTT packets through mqtt-packet: an eye that does not share our codec's mistakes. */
import mqttPacket, { type Packet as AnyPacket } from "mqtt-packet";

type Three<P> = P extends { cmd: "auth" } ? never : P;
export type Packet = Three<AnyPacket>;
export type Command = Packet["cmd"];
export type PacketOf<C extends Command> = Extract<Packet, { cmd: C }>;

const VERSION = { protocolVersion: 4 } as const;

/** The packet's bytes in MQTT 3.1.1. */
export function generate(packet: Packet): Uint8Array {
  return mqttPacket.generate(packet, VERSION);
}

/** Makes packets of a stream of bytes, and watches that each has the bytes that mqtt-packet would write. */
export class PacketReader {
  /** What was wrong; nothing after it is read. */
  failure: string | undefined;
  #chunks: Uint8Array[] = [];
  #length = 0;
  /** Bytes that the next packet needs, as far as known. */
  #needed = 2;

  /** Bytes of a packet that is not whole yet. */
  get partial(): number {
    return this.#length;
  }

  /** @returns packets that have become whole */
  push(chunk: Uint8Array): Packet[] {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    if (this.#length < this.#needed) return [];
    let bytes = Buffer.concat(this.#chunks);
    const packets: Packet[] = [];
    while (this.failure === undefined) {
      this.#needed = packetLength(bytes) ?? bytes.length + 1;
      if (this.#needed > bytes.length) break;
      const packet = this.#read(bytes.subarray(0, this.#needed));
      bytes = bytes.subarray(this.#needed);
      if (packet !== undefined) packets.push(packet);
    }
    this.#chunks = [bytes];
    this.#length = bytes.length;
    return packets;
  }

  #read(bytes: Buffer): Packet | undefined {
    try {
      const packet = parse(bytes);
      const canonical = mqttPacket.generate(packet, VERSION);
      if (canonical.equals(bytes)) return packet;
      this.failure = `${packet.cmd.toUpperCase()} has the bytes ${hex(bytes)}; mqtt-packet writes ${hex(canonical)}`;
    } catch (error) {
      this.failure = `bytes that are no packet: ${hex(bytes)} (${(error as Error).message})`;
    }
    return undefined;
  }
}

/** Parses the bytes of exactly one packet. @throws Error */
export function parse(bytes: Uint8Array): Packet {
  const packets: AnyPacket[] = [];
  const parser = mqttPacket.parser(VERSION);
  parser.on("packet", (packet) => packets.push(packet));
  parser.on("error", (error) => {
    throw error;
  });
  const rest = parser.parse(Buffer.from(bytes));
  const [packet] = packets;
  if (packet === undefined || packets.length > 1 || rest > 0) throw new Error("not exactly one packet");
  return packet as Packet;
}

/** Length of the packet that begins here, or undefined until that is known. MQTT 3.1.1 section 2.2.3. */
function packetLength(bytes: Uint8Array): number | undefined {
  let length = 0;
  for (let index = 1; index <= 4; index++) {
    const byte = bytes[index];
    if (byte === undefined) return undefined;
    length += (byte & 0x7f) * 128 ** (index - 1);
    if (byte < 0x80) return 1 + index + length;
  }
  // A fifth byte of length: whatever it is, it is no packet.
  return 5;
}

function hex(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.subarray(0, 40))
    .toString("hex")
    .replace(/(..)(?=.)/g, "$1 ");
  return bytes.length > 40 ? `${text} … (${bytes.length} bytes)` : text;
}

// Packets of a broker, in short.

export const PINGRESP = { cmd: "pingresp" } as const;
export const puback = (messageId: number) => ({ cmd: "puback", messageId }) as const;
export const pubrec = (messageId: number) => ({ cmd: "pubrec", messageId }) as const;
export const pubrel = (messageId: number) => ({ cmd: "pubrel", messageId }) as const;
export const pubcomp = (messageId: number) => ({ cmd: "pubcomp", messageId }) as const;
export const unsuback = (messageId: number) => ({ cmd: "unsuback", messageId }) as Packet;
export const suback = (messageId: number, ...granted: number[]) => ({ cmd: "suback", messageId, granted }) as Packet;
export const connack = (sessionPresent = false, returnCode = 0) =>
  ({ cmd: "connack", sessionPresent, returnCode }) as const;
export const publish = (
  topic: string,
  payload: string | Buffer,
  qos: 0 | 1 | 2 = 0,
  messageId?: number,
  { dup = false, retain = false } = {},
) => ({ cmd: "publish", topic, payload, qos, dup, retain, ...(qos > 0 ? { messageId } : {}) }) as Packet;

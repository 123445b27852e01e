/** Packets of a stream, none of which is held beyond a bound, whatever length is announced. */

/** Bytes of a packet that are kept where nobody says how many. */
const KEPT = 131_072;

/** Bytes of a fixed header at most. MQTT 3.1.1 section 2.2.3. */
const LONGEST_HEADER = 5;

/**
 * Passes each packet on as soon as it is there to its end. Of one that is longer than the bound the rest is left out, and its
 * length made to fit: topic and packet identifier are whole then, so that its hand-shake goes on.
 */
export class BoundedPackets {
  readonly #onPacket: (bytes: Buffer) => void;
  readonly #bound: number;
  #header: number[] = [];
  #parts: Buffer[] = [];
  /** Bytes of the packet's body that are still to come, and of those, bytes to keep; undefined: in the header. */
  #rest: { all: number; kept: number } | undefined;

  /** @param bound bytes that are kept of a packet, 128 KB where nothing is said */
  constructor(onPacket: (bytes: Buffer) => void, bound = KEPT) {
    this.#onPacket = onPacket;
    this.#bound = bound;
  }

  take(bytes: Buffer): void {
    let at = 0;
    while (at < bytes.length) {
      if (this.#rest === undefined) this.#takeHeader(bytes[at++] as number);
      else {
        const here = bytes.subarray(at, at + this.#rest.all);
        const kept = here.subarray(0, this.#rest.kept);
        // A copy: the socket's buffer is much larger.
        if (kept.length > 0) this.#parts.push(Buffer.from(kept));
        this.#rest.all -= here.length;
        this.#rest.kept -= kept.length;
        at += here.length;
      }
      if (this.#rest?.all === 0) this.#pass();
    }
  }

  #takeHeader(byte: number): void {
    this.#header.push(byte);
    const { length } = this.#header;
    if (length === 1 || (byte >= 0x80 && length < LONGEST_HEADER)) return;
    if (byte >= 0x80) {
      // No length: whoever decodes it says so.
      this.#onPacket(Buffer.from(this.#header));
      this.#header = [];
      return;
    }
    const all = this.#header.slice(1).reduce((sum, digit, index) => sum + (digit & 0x7f) * 128 ** index, 0);
    this.#rest = { all, kept: Math.min(all, this.#bound) };
  }

  #pass(): void {
    const body = Buffer.concat(this.#parts);
    const header = [this.#header[0] as number];
    let length = body.length;
    do {
      header.push(length >= 128 ? (length % 128) + 128 : length);
      length = Math.floor(length / 128);
    } while (length > 0);
    this.#header = [];
    this.#parts = [];
    this.#rest = undefined;
    this.#onPacket(Buffer.concat([Buffer.from(header), body]));
  }
}

/**
 * How far things are along in a conversation, in half round trips, whatever the clock says: bytes of one side are one half
 * behind the last bytes of the other side that had reached it when they were sent.
 */
export type Side = "client" | "broker";

export class TripMeter {
  readonly #deepest: Record<Side, number> = { client: 0, broker: 0 };
  readonly bytes: Record<Side, number> = { client: 0, broker: 0 };

  /** Bytes have left a side. @returns the half round trips from the beginning until they arrive */
  sent(side: Side, bytes: number): number {
    this.bytes[side] += bytes;
    return 1 + this.#deepest[side];
  }

  /** Bytes have arrived at the other side, and what it sends from now on follows from them. */
  arrived(from: Side, depth: number): void {
    const to = from === "client" ? "broker" : "client";
    this.#deepest[to] = Math.max(this.#deepest[to], depth);
  }
}

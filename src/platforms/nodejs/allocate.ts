/**
 * Arrays for packets, many from one buffer: Node.js takes several times as long to make a buffer as to make a view of one, and
 * collects each by itself.
 */

/** Bytes of a buffer. It lasts as long as the last packet in it: the window's, or all that waits, whose bound is larger. */
const SLAB = 65_536;
/** What is larger has a buffer of its own. */
const LARGEST = SLAB / 8;

export function slabs(): (byteLength: number) => Uint8Array {
  let slab = new ArrayBuffer(SLAB);
  let used = 0;
  return (byteLength) => {
    if (byteLength > LARGEST) return new Uint8Array(byteLength);
    if (used + byteLength > SLAB) {
      slab = new ArrayBuffer(SLAB);
      used = 0;
    }
    const packet = new Uint8Array(slab, used, byteLength);
    used += byteLength;
    return packet;
  };
}

/**
 * SHA-1 and base64, as the opening handshake of WebSocket wants them: nothing is kept secret by either. FIPS 180-4, RFC 4648.
 * Of our own because no engine that a device runs has them without a module of its platform.
 */

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** @param text of ASCII @returns 20 bytes */
export function sha1(text: string): Uint8Array {
  const { length } = text;
  // The text, a one bit, zeros, and the length in bits as 64 bits, in blocks of 64 bytes.
  const blocks = new Uint8Array(((length + 8) >> 6) * 64 + 64);
  for (let at = 0; at < length; at++) blocks[at] = text.charCodeAt(at);
  blocks[length] = 0x80;
  const view = new DataView(blocks.buffer);
  view.setUint32(blocks.length - 4, length * 8);
  const state = new Int32Array(5);
  state[0] = 0x67452301;
  state[1] = 0xefcdab89;
  state[2] = 0x98badcfe;
  state[3] = 0x10325476;
  state[4] = 0xc3d2e1f0;
  for (let at = 0; at < blocks.length; at += 64) addBlock(state, view, at);
  const digest = new DataView(new ArrayBuffer(20));
  for (let word = 0; word < 5; word++) digest.setInt32(word * 4, state[word] as number);
  return new Uint8Array(digest.buffer);
}

/** FIPS 180-4 section 6.1.2. */
function addBlock(state: Int32Array, view: DataView, at: number): void {
  const words = new Int32Array(80);
  for (let t = 0; t < 80; t++) {
    words[t] =
      t < 16
        ? view.getInt32(at + t * 4)
        : rotated(
            (words[t - 3] as number) ^ (words[t - 8] as number) ^ (words[t - 14] as number) ^ (words[t - 16] as number),
            1,
          );
  }
  let a = state[0] as number;
  let b = state[1] as number;
  let c = state[2] as number;
  let d = state[3] as number;
  let e = state[4] as number;
  for (let t = 0; t < 80; t++) {
    let mixed = (b ^ c ^ d) + 0x6ed9eba1;
    if (t < 20) mixed = ((b & c) | (~b & d)) + 0x5a827999;
    else if (t >= 40) mixed = t < 60 ? ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc : (b ^ c ^ d) + 0xca62c1d6;
    const next = (rotated(a, 5) + mixed + e + (words[t] as number)) | 0;
    e = d;
    d = c;
    c = rotated(b, 30);
    b = a;
    a = next;
  }
  state[0] = (state[0] as number) + a;
  state[1] = (state[1] as number) + b;
  state[2] = (state[2] as number) + c;
  state[3] = (state[3] as number) + d;
  state[4] = (state[4] as number) + e;
}

function rotated(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}

export function base64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 3) {
    const left = bytes.length - at;
    const three =
      ((bytes[at] as number) << 16) |
      ((left > 1 ? (bytes[at + 1] as number) : 0) << 8) |
      ((bytes[at + 2] as number) | 0);
    text += ALPHABET.charAt(three >> 18) + ALPHABET.charAt((three >> 12) & 63);
    text += (left > 1 ? ALPHABET.charAt((three >> 6) & 63) : "=") + (left > 2 ? ALPHABET.charAt(three & 63) : "=");
  }
  return text;
}

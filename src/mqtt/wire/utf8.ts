/**
 * UTF-8 as MQTT wants it. Section 1.5.3.
 *
 * Of our own because the engines differ: XS has neither TextEncoder nor TextDecoder and counts code points where Node.js
 * counts UTF-16 units. Iterating a string gives code points on both; `length` is looked at only where all
 * is ASCII and it is the same on both.
 */
import { violation } from "../errors.js";

/**
 * Text up to this length is first looked at by index, which is several times as fast, and right on both engines as long as
 * all is ASCII. Where strings are UTF-8 inside, an index may have to be found from the start: so not for long ones.
 */
const SHORT = 512;

/**
 * XS has a native way to the bytes of a text, and counts from the text's start for each index: there the loops below cost
 * ten times as much as all else that becomes of a message.
 */
const fromString = (ArrayBuffer as { fromString?(text: string): ArrayBuffer }).fromString;
/** Its way back. It lets some bytes pass that are not UTF-8, so all of them are checked before. */
const fromArrayBuffer = (String as { fromArrayBuffer?(buffer: ArrayBufferLike, at: number, count: number): string })
  .fromArrayBuffer;

/**
 * Looks for what MQTT wants other bytes of, or none: U+0000, which XS 13.3 makes two bytes of, and surrogates, which stay
 * apart as three bytes each, even those of a pair that was put together of two texts.
 * @returns undefined where the engine has no such way, or not for this text
 */
function nativeBytes(text: string): Uint8Array | undefined {
  if (fromString === undefined || text.includes("\0")) return undefined;
  const bytes = new Uint8Array(fromString.call(ArrayBuffer, text));
  // From 0xed on come U+D000 to U+DFFF, the surrogates last.
  for (let at = bytes.indexOf(0xed); at >= 0; at = bytes.indexOf(0xed, at + 1)) {
    if ((bytes[at + 1] as number) >= 0xa0) return undefined;
  }
  return bytes;
}

/** Whether a text is short and each of its characters is one byte that may be sent. */
function isAscii(text: string, allowNull: boolean): boolean {
  const { length } = text;
  if (length > SHORT) return false;
  for (let index = 0; index < length; index++) {
    const code = text.charCodeAt(index);
    if (code >= 0x80 || (code === 0 && !allowNull)) return false;
  }
  return true;
}

/** Code point of one character as iteration gives it; a lone surrogate gives itself. */
function codePoint(character: string): number {
  return character.codePointAt(0) as number;
}

/**
 * Bytes that `text` takes as UTF-8; -1 when it cannot be sent: it holds a lone surrogate [MQTT-1.5.3-1] or, in a field of a
 * packet, U+0000 [MQTT-1.5.3-2].
 */
export function utf8Length(text: string, allowNull = false): number {
  const native = nativeBytes(text);
  if (native !== undefined) return native.byteLength;
  if (isAscii(text, allowNull)) return text.length;
  let length = 0;
  for (const character of text) {
    const code = codePoint(character);
    if (code < 0x80) {
      if (code === 0 && !allowNull) return -1;
      length += 1;
    } else if (code < 0x800) length += 2;
    else if (code < 0x10000) {
      if (code >= 0xd800 && code <= 0xdfff) return -1;
      length += 3;
    } else length += 4;
  }
  return length;
}

/** Writes `text`, which {@link utf8Length} has accepted, at `offset`. @returns the offset behind it */
export function writeUtf8(text: string, into: Uint8Array, offset: number): number {
  const native = nativeBytes(text);
  if (native !== undefined) {
    into.set(native, offset);
    return offset + native.byteLength;
  }
  let at = offset;
  if (isAscii(text, true)) {
    const { length } = text;
    for (let index = 0; index < length; index++) into[at++] = text.charCodeAt(index);
    return at;
  }
  for (const character of text) {
    const code = codePoint(character);
    if (code < 0x80) into[at++] = code;
    else {
      if (code < 0x800) into[at++] = 0xc0 | (code >> 6);
      else {
        if (code < 0x10000) into[at++] = 0xe0 | (code >> 12);
        else {
          into[at++] = 0xf0 | (code >> 18);
          into[at++] = 0x80 | ((code >> 12) & 0x3f);
        }
        into[at++] = 0x80 | ((code >> 6) & 0x3f);
      }
      into[at++] = 0x80 | (code & 0x3f);
    }
  }
  return at;
}

/**
 * Reads the bytes from `start` to `end` (excluded).
 * @throws MqttError of kind `peer` when they are not well-formed UTF-8 [MQTT-1.5.3-1] or hold U+0000 [MQTT-1.5.3-2]
 */
export function readUtf8(bytes: Uint8Array, start: number, end: number): string {
  const check = new Utf8Check();
  const stop = check.check(bytes, start, end);
  if (stop < end && bytes[stop] === 0 && check.follow === 0) throw violation("MQTT-1.5.3-2", "a string holds U+0000");
  if (stop < end || check.follow > 0) throw malformed();
  if (fromArrayBuffer === undefined) return decode(bytes, start, end);
  return fromArrayBuffer.call(String, bytes.buffer, bytes.byteOffset + start, end - start);
}

/** Arguments of one call live on the stack, which is small on a device, and an element of an array takes 16 bytes there. */
const PIECE = 64;

/** Text of bytes that are well-formed UTF-8. */
function decode(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  let codes: number[] = [];
  for (let at = start; at < end; ) {
    let code = bytes[at++] as number;
    if (code >= 0x80) {
      let follow = code < 0xe0 ? 1 : code < 0xf0 ? 2 : 3;
      code &= 0x3f >> follow;
      for (; follow > 0; follow--) code = (code << 6) | ((bytes[at++] as number) & 0x3f);
    }
    codes.push(code);
    if (codes.length < PIECE) continue;
    text += String.fromCodePoint.apply(null, codes);
    codes = [];
  }
  return text + String.fromCodePoint.apply(null, codes);
}

function malformed() {
  return violation("MQTT-1.5.3-1", "a string is not well-formed UTF-8");
}

/** Checks a string that comes in pieces, by the rules of {@link readUtf8}, and makes no text of it. */
export class Utf8Check {
  /** Bytes that are to come of the character that has begun. */
  follow = 0;
  /** What the next of them may be. [MQTT-1.5.3-1] by table 3-7 of the Unicode Standard */
  private least = 0;
  private most = 0;

  /** @returns where the first byte stands that breaks a rule, or `end` */
  check(bytes: Uint8Array, start: number, end: number): number {
    let at = start;
    for (; at < end; at++) {
      const byte = bytes[at] as number;
      if (this.follow > 0) {
        if (byte < this.least || byte > this.most) break;
        this.follow--;
        this.least = 0x80;
        this.most = 0xbf;
      } else if (byte >= 0x80) {
        if (byte < 0xc2 || byte > 0xf4) break;
        this.follow = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
        this.least = byte === 0xe0 ? 0xa0 : byte === 0xf0 ? 0x90 : 0x80;
        this.most = byte === 0xed ? 0x9f : byte === 0xf4 ? 0x8f : 0xbf;
      } else if (byte === 0) break;
    }
    return at;
  }
}

/** Reads whole characters from `start` on, up to `end` or to what {@link readUtf8} would throw at. */
export function readStart(bytes: Uint8Array, start: number, end: number): string {
  const check = new Utf8Check();
  let stop = check.check(bytes, start, end);
  // Back to the first byte of a character that has begun.
  if (check.follow > 0)
    do stop--;
    while (((bytes[stop] as number) & 0xc0) === 0x80);
  return readUtf8(bytes, start, stop);
}

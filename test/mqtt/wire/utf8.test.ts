import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { MqttError } from "../../../src/mqtt/errors.js";
import { readUtf8, utf8Length, writeUtf8 } from "../../../src/mqtt/wire/utf8.js";

/** Any UTF-16, lone surrogates and U+0000 included; the borders of the encoded lengths often. */
const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc
    .array(
      fc.oneof(
        fc.integer({ min: 0, max: 0xffff }),
        fc.constantFrom(0, 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xd800, 0xdbff, 0xdc00, 0xdfff, 0xe000, 0xfeff, 0xffff),
      ),
    )
    .map((units) => String.fromCharCode(...units)),
);

/** Bytes that are near to UTF-8. */
const bytes = fc.oneof(
  fc.uint8Array(),
  fc.string({ unit: "binary" }).map((string) => new TextEncoder().encode(string)),
  fc
    .tuple(
      fc.string({ unit: "binary", minLength: 1 }).map((string) => new TextEncoder().encode(string)),
      fc.nat(),
      fc.nat(255),
    )
    .map(([encoded, at, byte]) => {
      encoded[at % encoded.length] = byte;
      return encoded;
    }),
  fc
    .array(
      fc.constantFrom(
        0x7f,
        0x80,
        0xbf,
        0xc0,
        0xc1,
        0xc2,
        0xdf,
        0xe0,
        0xed,
        0xef,
        0xf0,
        0xf4,
        0xf5,
        0x9f,
        0xa0,
        0x8f,
        0x90,
      ),
    )
    .map((list) => Uint8Array.from(list)),
);

function wellFormed(string: string): boolean {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(new TextEncoder().encode(string)) === string;
}

function decoded(list: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(list);
  } catch {
    return undefined;
  }
}

describe("UTF-8", () => {
  it("has the length and the bytes that TextEncoder gives, or is refused for a lone surrogate", () => {
    fc.assert(
      fc.property(text, fc.nat(3), (string, offset) => {
        const length = utf8Length(string, true);
        if (!wellFormed(string)) {
          expect(length).toBe(-1);
          return;
        }
        const expected = new TextEncoder().encode(string);
        expect(length).toBe(expected.length);
        const into = new Uint8Array(offset + length + 1).fill(0xee);
        expect(writeUtf8(string, into, offset)).toBe(offset + length);
        expect(into.subarray(offset, offset + length)).toEqual(expected);
        expect(into[offset + length]).toBe(0xee);
      }),
      { numRuns: 2000 },
    );
  });

  it("is refused in a field for U+0000 [MQTT-1.5.3-2]", () => {
    expect(utf8Length("a\u0000b")).toBe(-1);
    expect(utf8Length("a\u0000b", true)).toBe(3);
  });

  it("is read as TextDecoder reads it, or refused with the rule broken", () => {
    fc.assert(
      fc.property(bytes, fc.nat(3), (list, offset) => {
        const padded = new Uint8Array(offset + list.length + 4).fill(0x80);
        padded.set(list, offset);
        const expected = decoded(list);
        const read = () => readUtf8(padded, offset, offset + list.length);
        if (expected !== undefined && !expected.includes("\u0000")) {
          expect(read()).toBe(expected);
          return;
        }
        try {
          read();
        } catch (error) {
          expect(error).toBeInstanceOf(MqttError);
          const rules = expected === undefined ? ["MQTT-1.5.3-1", "MQTT-1.5.3-2"] : ["MQTT-1.5.3-2"];
          expect(rules).toContain((error as MqttError).code);
          expect((error as MqttError).kind).toBe("peer");
          return;
        }
        throw new Error("it was read");
      }),
      { numRuns: 3000 },
    );
  });

  it("keeps U+FEFF, which is no byte order mark here [MQTT-1.5.3-3]", () => {
    expect(readUtf8(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61), 0, 4)).toBe("\ufeffa");
  });

  it("is read however long it is", () => {
    const string = "aß€😀".repeat(5000);
    const encoded = new TextEncoder().encode(string);
    expect(readUtf8(encoded, 0, encoded.length)).toBe(string);
    expect(readUtf8(encoded, 3, 3)).toBe("");
  });

  it.each([0x1, 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xffff, 0x10000, 0x10ffff])(
    "has the code point %i, at the border of a length or of what there is",
    (code) => {
      const string = String.fromCodePoint(code);
      const encoded = new TextEncoder().encode(string);
      expect(utf8Length(string)).toBe(encoded.length);
      expect(readUtf8(encoded, 0, encoded.length)).toBe(string);
    },
  );

  it.each([
    ["a continuation", [0x80]],
    ["two bytes for U+007F", [0xc1, 0xbf]],
    ["three bytes for U+07FF", [0xe0, 0x9f, 0xbf]],
    ["four bytes for U+FFFF", [0xf0, 0x8f, 0xbf, 0xbf]],
    ["U+D800", [0xed, 0xa0, 0x80]],
    ["U+DFFF", [0xed, 0xbf, 0xbf]],
    ["U+110000", [0xf4, 0x90, 0x80, 0x80]],
    ["more than a code point can be", [0xf5, 0x80, 0x80, 0x80]],
    ["a start and no more", [0xc3]],
  ])("is not %s", (_what, list) => {
    expect(() => readUtf8(Uint8Array.from(list), 0, list.length)).toThrow(
      expect.objectContaining({ code: "MQTT-1.5.3-1" }),
    );
  });

  it("is read whole at the length of the pieces that arguments are passed in", () => {
    for (const length of [63, 64, 65, 127, 128, 129]) {
      const encoded = new Uint8Array(length).map((_byte, index) => 0x61 + (index % 26));
      expect(readUtf8(encoded, 0, length)).toBe(new TextDecoder().decode(encoded));
    }
  });
});

/**
 * XS has `ArrayBuffer.fromString` and characters that are code points. This is what it makes of them: surrogates become three
 * bytes each, even those of a pair that was put together of two texts; XS 13.3 makes two bytes of U+0000.
 */
function bytesOfXS(text: string, pairs: "whole" | "apart", zero: readonly number[]): ArrayBuffer {
  const bytes: number[] = [];
  for (const character of pairs === "whole" ? [...text] : text.split("")) {
    const code = character.codePointAt(0) as number;
    if (code === 0) bytes.push(...zero);
    else if (code < 0xd800 || code > 0xdfff) bytes.push(...new TextEncoder().encode(character));
    else bytes.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f));
  }
  return Uint8Array.from(bytes).buffer;
}

/** XS has `String.fromArrayBuffer`, which takes no views, and lets surrogates and what is too large pass. */
function textOfXS(buffer: ArrayBuffer, at: number, count: number): string {
  if (!(buffer instanceof ArrayBuffer)) throw new TypeError("not an ArrayBuffer instance");
  if (at + count > buffer.byteLength) throw new RangeError("invalid byteLength");
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(new Uint8Array(buffer, at, count));
}

describe.each([
  ["XS 17.7", "whole", [0]],
  ["XS 13.3", "whole", [0xc0, 0x80]],
  ["XS 17.7, of texts put together", "apart", [0]],
] as const)("UTF-8 where the engine makes the bytes and the text: %s", (_engine, pairs, zero) => {
  /** The module as it loads on such an engine. */
  async function onXS() {
    vi.resetModules();
    Object.assign(ArrayBuffer, { fromString: (text: string) => bytesOfXS(text, pairs, zero) });
    Object.assign(String, { fromArrayBuffer: textOfXS });
    try {
      return await import("../../../src/mqtt/wire/utf8.js");
    } finally {
      Reflect.deleteProperty(ArrayBuffer, "fromString");
      Reflect.deleteProperty(String, "fromArrayBuffer");
    }
  }

  it("is the same as elsewhere", async () => {
    const { utf8Length: length, writeUtf8: write } = await onXS();
    fc.assert(
      fc.property(text, fc.nat(3), (string, offset) => {
        expect(length(string)).toBe(utf8Length(string));
        expect(length(string, true)).toBe(utf8Length(string, true));
        if (!wellFormed(string)) return;
        const [into, expected] = [
          new Uint8Array(offset + 4 * string.length),
          new Uint8Array(offset + 4 * string.length),
        ];
        expect(write(string, into, offset)).toBe(writeUtf8(string, expected, offset));
        expect(into).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });

  it("takes Hangul, whose bytes begin as those of surrogates do, and a surrogate behind it", async () => {
    const { utf8Length: length, writeUtf8: write } = await onXS();
    const into = new Uint8Array(9);
    expect(length("\ud000퀀힣")).toBe(9);
    expect(write("\ud000퀀힣", into, 0)).toBe(9);
    expect(new TextDecoder().decode(into)).toBe("\ud000퀀힣");
    expect(length("퀀\ud800")).toBe(-1);
    expect(length("퀀\udfff!")).toBe(-1);
  });

  it("is read as elsewhere, in a view of a larger buffer too, or refused with the same rule", async () => {
    const { readUtf8: read } = await onXS();
    const outcome = (reader: typeof readUtf8, list: Uint8Array, start: number, end: number) => {
      try {
        return reader(list, start, end);
      } catch (error) {
        return { code: (error as MqttError).code };
      }
    };
    fc.assert(
      fc.property(bytes, fc.nat(3), (list, offset) => {
        const view = new Uint8Array(offset + list.length + 4).fill(0x80).subarray(offset);
        view.set(list, 1);
        const end = 1 + list.length;
        expect(outcome(read, view, 1, end)).toEqual(outcome(readUtf8, view, 1, end));
      }),
      { numRuns: 1000 },
    );
  });
});

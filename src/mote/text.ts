import type { PayloadSource } from "../mqtt/api.js";
import { readUtf8, utf8Length, writeUtf8 } from "../mqtt/wire/utf8.js";

/** Text as UTF-8. @throws Error when it holds a lone surrogate, which UTF-8 cannot say */
export function bytesOf(text: string): Uint8Array {
  const length = utf8Length(text, true);
  if (length < 0) throw new Error("text is not well-formed Unicode");
  const bytes = new Uint8Array(length);
  writeUtf8(text, bytes, 0);
  return bytes;
}

/** UTF-8 as text. @throws Error when it is not well-formed */
export function textOf(bytes: Uint8Array): string {
  return readUtf8(bytes, 0, bytes.length);
}

/** The whole text of a payload that the node publishes, for those who have memory for it. */
export function textOfPayload(payload: string | PayloadSource): string {
  if (typeof payload === "string") return payload;
  const bytes = new Uint8Array(payload.byteLength);
  payload.read(bytes, 0);
  return textOf(bytes);
}

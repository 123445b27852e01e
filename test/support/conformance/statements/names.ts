/** Names of tests that several statements share. */
import type { Violation } from "../statement.js";

export const HOSTILE = "mqtt/hostile > the connection is closed at once, and nothing behind is processed, after";
export const REDELIVERY = "mqtt/redelivery > after a reconnect to the same session, the client";
export const COMES = "mqtt/redelivery > a message that comes";
export const SENT = "mqtt/client-publish > a message to be sent";
export const CLIENT = "conformance/client > the client";
export const BYTES = "mqtt/wire/encode > our bytes are those of mqtt-packet for";

/** A change of `encode.ts`. */
export function encode(...changes: Violation["changes"]): Violation {
  return { changes };
}

/** What an application sees of the messages that wait, and may decide about them. */
import type { Payload, QoS } from "./api.js";
import { misuse } from "./errors.js";
import { identifierFor } from "./inflight.js";
import { encodePublish, viewPublish } from "./wire/encode.js";
import { utf8Length } from "./wire/utf8.js";

/** A message that has been accepted and never sent. */
export interface WaitingMessage {
  readonly token: number;
  readonly topic: string;
  /** A view: copy what you keep. */
  readonly payload: Uint8Array;
  readonly QoS: QoS;
  readonly retain: boolean;
  /** Bytes that it takes of `maximumQueued`. */
  readonly byteLength: number;
}

/** Keep it (undefined), drop it (null), or send this payload in the place of its own. */
export type Verdict = undefined | null | Payload;

export type Visit = (message: WaitingMessage) => Verdict;

/**
 * What `visit` makes of a message: its packet as it was, null, or the packet of the payload that takes its place.
 * @param most bytes that the store takes, where there is one
 * @throws MqttError of kind `misuse` when it cannot take the new packet
 */
export function judge(
  token: number,
  packet: Uint8Array,
  visit: Visit,
  most = Number.MAX_SAFE_INTEGER,
): Uint8Array | null {
  const view = viewPublish(packet);
  const verdict = visit({ token, ...view, byteLength: packet.byteLength });
  if (verdict === undefined) return packet;
  if (verdict === null) return null;
  const { topic, QoS, retain } = view;
  const content = verdict instanceof ArrayBuffer ? new Uint8Array(verdict) : verdict;
  const revised = encodePublish(topic, utf8Length(topic), content, QoS, retain, identifierFor(token));
  if (revised.byteLength > most) throw misuse("message-too-large", "the revised message does not fit the store");
  return revised;
}

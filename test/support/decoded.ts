/** What a decoder makes of a stream, in whatever chunks that comes. */

import { MqttError } from "../../src/mqtt/errors.js";
import { Decoder, NOTHING, PIECE } from "../../src/mqtt/wire/decode.js";
import * as types from "../../src/mqtt/wire/packet.js";

export interface Decoded {
  readonly events: readonly object[];
  /** Code of the rule at which it stopped. */
  readonly error: string | undefined;
  readonly kind: string | undefined;
}

/** Feeds a stream to a decoder, in chunks of the sizes given (over and over) as far as there is room. */
export function decode(
  stream: Uint8Array,
  bufferSize: number,
  chunks: readonly number[] = [stream.length || 1],
): Decoded {
  const decoder = new Decoder(bufferSize);
  const events: object[] = [];
  let at = 0;
  try {
    for (let n = 0; at < stream.length; n++) {
      const room = decoder.room();
      if (room.length === 0) throw new Error("no room, though all was asked for");
      const chunk = stream.subarray(at, at + Math.min(room.length, chunks[n % chunks.length] as number));
      room.set(chunk);
      at += chunk.length;
      decoder.filled(chunk.length);
      // A packet takes two bytes at least: more turns than that are a loop.
      for (let turns = 0; ; turns++) {
        const found = decoder.next();
        if (found === NOTHING) break;
        if (turns > bufferSize) throw new Error("it goes round in circles");
        events.push(describe(decoder, found));
      }
    }
  } catch (error) {
    if (!(error instanceof MqttError)) throw error;
    return { events, error: error.code, kind: error.kind };
  }
  return { events, error: undefined, kind: undefined };
}

function describe(decoder: Decoder, found: number): object {
  const { type, id, flags, topic, byteLength, offset, unfinished, long } = decoder;
  const body = Buffer.from(decoder.body()).toString("hex");
  if (type !== types.PUBLISH) return { type: types.PACKET_NAMES[type], id, body };
  if (long !== undefined) return { type: "long topic", id, flags, length: long.length, known: decoder.topicKnown };
  return { type: found === PIECE ? "piece" : "PUBLISH", id, flags, topic, byteLength, offset, unfinished, body };
}

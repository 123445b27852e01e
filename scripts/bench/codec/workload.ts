/**
 * What the codec is measured with: data, and pure functions over our codec. Nothing of Node.js and no clock, so that it runs
 * on XS as it does here.
 */
import { Decoder, NOTHING } from "../../../src/mqtt/wire/decode.js";
import { encodeConnect, encodePublish, encodeRequest, writeAcknowledgement } from "../../../src/mqtt/wire/encode.js";
import { PUBACK, PUBLISH, SUBSCRIBE } from "../../../src/mqtt/wire/packet.js";
import { checkTopicName } from "../../../src/mqtt/wire/topic.js";

export const TOPIC = "motewire/porch/reading/climate";
export const SMALL = '{"temperature":21.4,"humidity":48.2,"t":1795392000}';
/** Bytes of the large payload. */
export const LARGE = 4096;
export const ID = 4711;

export const connectFields = Object.freeze({
  id: "mote-24a1603f",
  clean: false,
  keepAlive: 60,
  user: "porch",
  password: "correct horse",
  will: Object.freeze({
    topic: "motewire/porch/status",
    message: '{"state":"offline"}',
    QoS: 1 as const,
    retain: true,
  }),
});

export const filters = Object.freeze([
  Object.freeze({ filter: "motewire/porch/command/#", QoS: 1 as const }),
  Object.freeze({ filter: "motewire/porch/settings/set", QoS: 1 as const }),
]);

/** One thing that is done over and over; what it gives only keeps an engine from leaving it out. */
export interface Work {
  readonly name: string;
  /** Packets that one call encodes or decodes. */
  readonly packets: number;
  run(): number;
}

/** @param payload small or large @param QoS 0 or 1 */
export function publishPacket(payload: string | Uint8Array, QoS: 0 | 1): Uint8Array {
  return encodePublish(TOPIC, checkTopicName(TOPIC), payload, QoS, false, ID);
}

/** What is encoded, by name. */
export function encoding(): Work[] {
  const large = new Uint8Array(LARGE).fill(0x78);
  const answer = new Uint8Array(4);
  const publish = (name: string, payload: string | Uint8Array, QoS: 0 | 1): Work => ({
    name,
    packets: 1,
    run: () => publishPacket(payload, QoS).length,
  });
  const each: Work[] = [
    publish("PUBLISH QoS 0, 50 bytes", SMALL, 0),
    publish("PUBLISH QoS 1, 50 bytes", SMALL, 1),
    publish("PUBLISH QoS 1, 4 KB", large, 1),
    { name: "CONNECT", packets: 1, run: () => encodeConnect(connectFields).length },
    { name: "SUBSCRIBE", packets: 1, run: () => encodeRequest(SUBSCRIBE, ID, filters).length },
    { name: "PUBACK", packets: 1, run: () => writeAcknowledgement(PUBACK, 0, ID, answer) },
  ];
  return [...each, mixed(each)];
}

/** Each of them, one after the other. */
export function mixed(each: readonly Work[]): Work {
  return {
    name: "mixed",
    packets: each.length,
    run: () => {
      let sum = 0;
      for (const work of each) sum += work.run();
      return sum;
    },
  };
}

/** What a broker sends, by name: each as the bytes of one `read`. */
export function incoming(): { readonly name: string; readonly bytes: Uint8Array; readonly packets: number }[] {
  const large = new Uint8Array(LARGE).fill(0x78);
  const each = [
    { name: "PUBLISH QoS 0, 50 bytes", bytes: publishPacket(SMALL, 0), packets: 1 },
    { name: "PUBLISH QoS 1, 50 bytes", bytes: publishPacket(SMALL, 1), packets: 1 },
    { name: "PUBLISH QoS 1, 4 KB", bytes: publishPacket(large, 1), packets: 1 },
    { name: "PUBACK", bytes: Uint8Array.of(0x40, 2, ID >> 8, ID & 0xff), packets: 1 },
    { name: "SUBACK", bytes: Uint8Array.of(0x90, 4, ID >> 8, ID & 0xff, 1, 1), packets: 1 },
  ];
  return [...each, { name: "mixed", bytes: joined(each.map(({ bytes }) => bytes)), packets: each.length }];
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const piece of pieces) length += piece.length;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** What is decoded, by name: bytes into the receive buffer, packets out of it, with topic and payload looked at. */
export function decoding(): Work[] {
  const decoder = new Decoder(8192);
  return incoming().map(({ name, bytes, packets }) => ({
    name,
    packets,
    run: () => {
      decoder.room().set(bytes);
      decoder.filled(bytes.length);
      let sum = 0;
      while (decoder.next() !== NOTHING)
        sum += decoder.type === PUBLISH ? decoder.body().length + decoder.topic.length : decoder.id;
      return sum;
    },
  }));
}

/** Streams that break a rule: data for the tests, which run them in Node.js and on XS. */

/** What it is, the bytes, and the code of the error. */
export type BrokenStream = readonly [what: string, bytes: readonly number[], code: string];

/** A PUBLISH with a topic of 100 bytes, up to a bad one behind 70 good ones. */
function long(...bad: readonly number[]): readonly number[] {
  return [0x30, 102, 0, 100, ...new Array<number>(70).fill(0x61), ...bad];
}

/** The peer breaks a rule. */
export const BREACHES: readonly BrokenStream[] = Object.freeze([
  ["packet type 0", [0x00, 0], "MQTT-2.2.1"],
  ["packet type 15", [0xf0, 0], "MQTT-2.2.1"],
  ["CONNECT", [0x10, 0], "MQTT-2.2.1"],
  ["SUBSCRIBE", [0x82, 0], "MQTT-2.2.1"],
  ["UNSUBSCRIBE", [0xa2, 0], "MQTT-2.2.1"],
  ["PINGREQ", [0xc0, 0], "MQTT-2.2.1"],
  ["DISCONNECT", [0xe0, 0], "MQTT-2.2.1"],
  ["flags on PUBACK", [0x41], "MQTT-2.2.2-2"],
  ["no flags on PUBREL", [0x60], "MQTT-2.2.2-2"],
  ["flags on PINGRESP", [0xd8], "MQTT-2.2.2-2"],
  ["both QoS bits", [0x36], "MQTT-3.3.1-4"],
  ["DUP with QoS 0", [0x38], "MQTT-3.3.1-2"],
  ["a Remaining Length of five bytes", [0x30, 0x80, 0x80, 0x80, 0x80], "MQTT-2.2.3"],
  ["a PUBACK too long", [0x40, 3], "MQTT-2.2.3"],
  ["a PUBACK too short", [0x40, 1], "MQTT-2.2.3"],
  ["a CONNACK too short", [0x20, 0], "MQTT-2.2.3"],
  ["a PINGRESP with a body", [0xd0, 1], "MQTT-2.2.3"],
  ["a SUBACK without return codes", [0x90, 2], "MQTT-2.2.3"],
  ["an UNSUBACK too long", [0xb0, 3], "MQTT-2.2.3"],
  ["a PUBLISH too short", [0x30, 2], "MQTT-2.2.3"],
  ["packet identifier 0 in PUBACK", [0x40, 2, 0, 0], "MQTT-2.3.1-1"],
  ["packet identifier 0 in SUBACK", [0x90, 3, 0, 0, 0], "MQTT-2.3.1-1"],
  ["packet identifier 0 in PUBLISH", [0x32, 5, 0, 1, 0x61, 0, 0], "MQTT-2.3.1-1"],
  ["reserved flags of CONNACK", [0x20, 2, 2, 0], "MQTT-3.2.2.1"],
  ["a reserved return code of CONNACK", [0x20, 2, 0, 6], "MQTT-3.2.2.3"],
  ["a session present that refuses", [0x20, 2, 1, 5], "MQTT-3.2.2-4"],
  ["a reserved return code of SUBACK", [0x90, 3, 0, 1, 3], "MQTT-3.9.3-2"],
  ["an empty topic", [0x30, 3, 0, 0, 0x61], "MQTT-4.7.3-1"],
  ["a topic longer than the packet", [0x30, 4, 0, 3, 0x61, 0x61], "MQTT-3.3.2"],
  ["a topic that leaves no room for the identifier", [0x32, 4, 0, 1, 0x61, 0], "MQTT-3.3.2"],
  ["a topic with +", [0x30, 3, 0, 1, 0x2b], "MQTT-3.3.2-2"],
  ["a topic with #", [0x30, 3, 0, 1, 0x23], "MQTT-3.3.2-2"],
  ["a topic with U+0000", [0x30, 3, 0, 1, 0], "MQTT-1.5.3-2"],
  ["a topic that is no UTF-8", [0x30, 3, 0, 1, 0xff], "MQTT-1.5.3-1"],
  ["a topic longer than its buffer that is no UTF-8", long(0xff), "MQTT-1.5.3-1"],
  ["a topic longer than its buffer with a surrogate", long(0xed, 0xa0), "MQTT-1.5.3-1"],
  ["a topic longer than its buffer with U+0000", long(0), "MQTT-1.5.3-2"],
  ["a topic with a surrogate", [0x30, 5, 0, 3, 0xed, 0xa0, 0x80], "MQTT-1.5.3-1"],
] as const);

/** More than a buffer of 64 bytes holds. */
export const TOO_LARGE: readonly BrokenStream[] = Object.freeze([
  ["a SUBACK longer than its buffer", [0x90, 100], "packet-too-large"],
] as const);

/**
 * Control packets of MQTT 3.1.1: names and numbers. Section 2.2.1.
 */

export const CONNECT = 1;
export const CONNACK = 2;
export const PUBLISH = 3;
export const PUBACK = 4;
export const PUBREC = 5;
export const PUBREL = 6;
export const PUBCOMP = 7;
export const SUBSCRIBE = 8;
export const SUBACK = 9;
export const UNSUBSCRIBE = 10;
export const UNSUBACK = 11;
export const PINGREQ = 12;
export const PINGRESP = 13;
export const DISCONNECT = 14;

/** Lower four bits of the first byte where a packet type prescribes them. Section 2.2.2. */
export const RESERVED_FLAGS = 0x02;

/** Bits of PUBLISH's first byte. Section 3.3.1. */
export const DUP = 0x08;
export const RETAIN = 0x01;

/** Bits of CONNECT's flags. Section 3.1.2.3. */
export const CLEAN_SESSION = 0x02;
export const WILL_FLAG = 0x04;
export const WILL_RETAIN = 0x20;
export const PASSWORD_FLAG = 0x40;
export const USER_NAME_FLAG = 0x80;

/** Protocol level of version 3.1.1. Section 3.1.2.2. */
export const PROTOCOL_LEVEL = 4;

/** The return code of SUBACK that refuses a filter. Section 3.9.3. */
export const SUBSCRIBE_FAILURE = 0x80;

/** Largest value of the Remaining Length field. Section 2.2.3. */
export const MAXIMUM_REMAINING_LENGTH = 268_435_455;

/** Largest length of a string or of binary data in a field. Section 1.5.3. */
export const MAXIMUM_FIELD_LENGTH = 65_535;

/** CONNACK's return codes 1 to 5 in words. Section 3.2.2.3. */
export const CONNECT_REFUSALS: readonly string[] = Object.freeze(
  Array.of(
    "unacceptable protocol version",
    "client identifier rejected",
    "server unavailable",
    "bad user name or password",
    "not authorized",
  ),
);

/** Names by packet type, for people. */
export const PACKET_NAMES: readonly string[] = Object.freeze(
  Array.of(
    "reserved",
    "CONNECT",
    "CONNACK",
    "PUBLISH",
    "PUBACK",
    "PUBREC",
    "PUBREL",
    "PUBCOMP",
    "SUBSCRIBE",
    "SUBACK",
    "UNSUBSCRIBE",
    "UNSUBACK",
    "PINGREQ",
    "PINGRESP",
    "DISCONNECT",
    "reserved",
  ),
);

/** The two bytes of a length, an identifier or a checksum, high byte first. Section 1.5.2. */
export function uint16At(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}

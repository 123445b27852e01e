/** CONNECT, read as a broker must. Section 3.1. */
import type { QoS } from "../../../src/mqtt/api.js";
import {
  CLEAN_SESSION,
  PASSWORD_FLAG,
  PROTOCOL_LEVEL,
  USER_NAME_FLAG,
  WILL_FLAG,
  WILL_RETAIN,
} from "../../../src/mqtt/wire/packet.js";
import { checkTopicName } from "../../../src/mqtt/wire/topic.js";
import { Fields, Rejected } from "./reader.js";

export interface Connect {
  readonly id: string;
  readonly clean: boolean;
  /** Seconds. */
  readonly keepAlive: number;
  readonly will:
    | { readonly topic: string; readonly payload: Uint8Array; readonly QoS: QoS; readonly retain: boolean }
    | undefined;
  readonly user: string | undefined;
  readonly password: Uint8Array | undefined;
}

/** @throws Rejected */
export function readConnect(body: Uint8Array): Connect {
  const fields = new Fields(body, "CONNECT");
  const protocol = fields.text();
  if (protocol !== "MQTT") throw new Rejected("MQTT-3.1.2-1", `CONNECT names the protocol "${protocol}"`);
  const level = fields.uint8();
  if (level !== PROTOCOL_LEVEL) throw new Rejected("MQTT-3.1.2-2", `CONNECT has the protocol level ${level}`);
  const flags = fields.uint8();
  checkFlags(flags);
  const keepAlive = fields.uint16();
  const id = fields.text();
  const clean = (flags & CLEAN_SESSION) !== 0;
  if (id === "" && !clean) throw new Rejected("MQTT-3.1.3-8", "CONNECT without an identifier or Clean Session");
  let will: Connect["will"];
  if (flags & WILL_FLAG) {
    const topic = topicName(fields, "CONNECT's will");
    const QoS = ((flags >> 3) & 3) as QoS;
    will = { topic, payload: fields.binary(), QoS, retain: (flags & WILL_RETAIN) !== 0 };
  }
  const user = flags & USER_NAME_FLAG ? fields.text() : undefined;
  const password = flags & PASSWORD_FLAG ? fields.binary() : undefined;
  fields.end();
  return { id, clean, keepAlive, will, user, password };
}

function checkFlags(flags: number): void {
  if (flags & 1) throw new Rejected("MQTT-3.1.2-3", "CONNECT with the reserved flag set");
  const QoS = (flags >> 3) & 3;
  if (QoS === 3) throw new Rejected("MQTT-3.1.2-14", "CONNECT with both bits of the will's QoS set");
  if (!(flags & WILL_FLAG) && (QoS > 0 || flags & WILL_RETAIN)) {
    throw new Rejected("MQTT-3.1.2-11", "CONNECT without a will and with flags for one");
  }
  if (flags & PASSWORD_FLAG && !(flags & USER_NAME_FLAG)) {
    throw new Rejected("MQTT-3.1.2-22", "CONNECT with a password and without a user name");
  }
}

/** @throws Rejected */
export function topicName(fields: Fields, what: string): string {
  const topic = fields.text();
  try {
    checkTopicName(topic);
  } catch (error) {
    throw new Rejected("MQTT-4.7.3-1", `${what}: ${(error as Error).message}`);
  }
  return topic;
}

/**
 * The client's options, checked and completed: what is wrong is said when the client is made, not when it connects.
 */
import type { ClientOptions, Payload, QoS, Will } from "./api.js";
import { misuse } from "./errors.js";
import type { ProtocolOptions } from "./protocol.js";
import { type ConnectFields, checkField, type Field, fieldLength } from "./wire/encode.js";
import { MAXIMUM_FIELD_LENGTH } from "./wire/packet.js";
import { checkTopicName } from "./wire/topic.js";

const DEFAULT_PORT = 1883;
const MINUTE = 60_000;
/** The field has two bytes, in seconds. Section 3.1.2.10. */
const MAXIMUM_KEEP_ALIVE = 65_535_000;
/** Timers and the clock's arithmetic hold up to here, 24.8 days. */
const MAXIMUM_TIME = 0x7fffffff;
/** The longest packet other than PUBLISH that a broker sends to us is a SUBACK; and a topic must fit. */
const LEAST_BUFFER = 64;

/** {@link ClientOptions} with nothing left open. */
export interface Settled extends ProtocolOptions {
  readonly host: string;
  readonly port: number;
  readonly stableTime: number;
  readonly minimumDelay: number;
  readonly maximumDelay: number;
  readonly maximumQueued: number;
  readonly maximumReceived: number;
}

/** @throws MqttError of kind `misuse` that names the option */
export function settle(options: ClientOptions): Settled {
  const { host, id, clean = false, foreignSession = "discard", malformedSession = "discard" } = options;
  checkHost(host);
  if (foreignSession !== "discard" && foreignSession !== "random") {
    throw wrong("foreignSession", '"discard" or "random"', foreignSession);
  }
  if (malformedSession !== "discard" && malformedSession !== "keep") {
    throw wrong("malformedSession", '"discard" or "keep"', malformedSession);
  }
  const minimumDelay = number("backoff.minimum", options.backoff?.minimum, 1000, 1, MAXIMUM_TIME);
  return {
    host,
    port: number("port", options.port, DEFAULT_PORT, 1, 65_535),
    ...credentials(options),
    id: checkedId(id, clean),
    clean,
    will: options.will === undefined ? undefined : checkedWill(options.will),
    keepAlive: checkedKeepAlive(options.keepAlive),
    foreignSession,
    malformedSession,
    pipelining: options.pipelining === true,
    responseTimeout: number("responseTimeout", options.responseTimeout, 20_000, 1, MAXIMUM_TIME),
    stableTime: number("stableTime", options.stableTime, 30_000, 0, MAXIMUM_TIME),
    minimumDelay,
    maximumDelay: number("backoff.maximum", options.backoff?.maximum, MINUTE, minimumDelay, MAXIMUM_TIME),
    window: number("window", options.window, 8, 1, 65_535),
    maximumQueued: number("maximumQueued", options.maximumQueued, 16_384, 0, Number.MAX_SAFE_INTEGER),
    maximumReceived: number("maximumReceived", options.maximumReceived, 1024, 1, 65_535),
    receiveBuffer: number("receiveBuffer", options.receiveBuffer, 2048, LEAST_BUFFER, MAXIMUM_TIME),
    transmitBuffer: number("transmitBuffer", options.transmitBuffer, 2048, 1, MAXIMUM_TIME),
  };
}

function wrong(option: string, expected: string, value: unknown) {
  const shown = typeof value === "string" ? JSON.stringify(value) : String(value);
  return misuse("option", `option ${option} must be ${expected}, not ${shown}`);
}

/** A name or an address alone: two colons or more are those of an IPv6 address. */
export function isHost(host: unknown): boolean {
  if (typeof host !== "string" || host === "" || host.includes("/") || host.includes(" ")) return false;
  const colon = host.indexOf(":");
  return host.trim() === host && (colon < 0 || host.includes(":", colon + 1));
}

function checkHost(host: string): void {
  if (!isHost(host)) throw wrong("host", 'a name or address alone, such as "localhost" (a port is an option)', host);
}

/** It is told to the broker in seconds, so less than one is a mistake: probably seconds were meant. */
function checkedKeepAlive(keepAlive: number | undefined): number {
  if (typeof keepAlive === "number" && keepAlive > 0 && keepAlive < 1000)
    throw wrong("keepAlive", "0 or milliseconds, at least 1,000", keepAlive);
  return number("keepAlive", keepAlive, MINUTE, 0, MAXIMUM_KEEP_ALIVE);
}

function number(option: string, value: number | undefined, otherwise: number, least: number, most: number): number {
  if (value === undefined) return otherwise;
  if (!Number.isSafeInteger(value) || value < least || value > most) {
    throw wrong(option, `a whole number from ${least} to ${most}`, value);
  }
  return value;
}

function checkedId(id: string, clean: boolean): string {
  if (typeof id !== "string") throw wrong("id", "a string", id);
  checkField(id, "option id");
  if (id === "" && !clean) throw misuse("MQTT-3.1.3-7", "option id may be empty only with option clean");
  return id;
}

function credentials({ user, password }: ClientOptions): Pick<ConnectFields, "user" | "password"> {
  if (user !== undefined) checkField(user, "option user");
  if (password === undefined) return { user, password: undefined };
  if (user === undefined) throw misuse("MQTT-3.1.2-22", "option password needs option user");
  return { user, password: binary(password, "option password") };
}

function checkedWill({ topic, message, QoS, retain = false }: Will): NonNullable<ConnectFields["will"]> {
  checkTopicName(topic);
  return { topic, message: binary(message, "option will.message"), QoS: checkedQoS(QoS), retain };
}

/** A field that may hold any bytes. Its text may hold U+0000, for it is not a string to the protocol. */
function binary(value: Payload, name: string): Field {
  const field = value instanceof ArrayBuffer ? new Uint8Array(value) : value;
  const length = fieldLength(field, true);
  if (length < 0) throw misuse("MQTT-1.5.3-1", `${name} holds half a surrogate pair`);
  if (length > MAXIMUM_FIELD_LENGTH) throw misuse("field-too-long", `${name} is longer than 65,535 bytes`);
  return field;
}

/** @throws MqttError of kind `misuse` */
export function checkedQoS(QoS: QoS | undefined): QoS {
  if (QoS === undefined) return 0;
  if (QoS !== 0 && QoS !== 1 && QoS !== 2) throw wrong("QoS", "0, 1 or 2", QoS);
  return QoS;
}

/**
 * What the firmware must be told before it can do anything: where to join and where to publish. Given on mcconfig's
 * command line (`wifi_ssid=… mqtt_host=…`, then in `mc/config`) and kept in the device's storage, so that firmware flashed
 * later without them still knows them. Knows nothing of the SDK.
 */

import { DIGITS, isMadeOf } from "../../mote/characters.js";
import { quoted } from "../../mote/errors.js";
import { bytesOf, textOf } from "../../mote/text.js";
import { Topics } from "../../mote/topics.js";
import { isHost } from "../../mqtt/options.js";
import type { KeyValue } from "../../platform.js";
import type { Network } from "./station.js";

export interface Configuration {
  /** At least one; the strongest that is heard is joined. */
  readonly networks: readonly Network[];
  readonly broker: {
    readonly host: string;
    readonly port: number;
    /** Where on the server WebSocket is spoken; undefined: the broker is reached by TCP. */
    readonly path?: string;
    readonly user?: string;
    readonly password?: string;
  };
  readonly id?: string;
}

/** The keys of the command line. Each is also its key in the storage (at most 15 characters). */
const keys = Object.freeze([
  "wifi_ssid",
  "wifi_password",
  "wifi_ssid2",
  "wifi_password2",
  "mqtt_host",
  "mqtt_port",
  "mqtt_path",
  "mqtt_user",
  "mqtt_password",
  "node_id",
] as const);

type Key = (typeof keys)[number];

/** A key that comes with this one belongs to it: a new name without a password is an open network, not the old password. */
const companions: { readonly [key: string]: readonly Key[] } = Object.freeze({
  wifi_ssid: Object.freeze(["wifi_password"] as const),
  wifi_ssid2: Object.freeze(["wifi_password2"] as const),
  mqtt_host: Object.freeze(["mqtt_port", "mqtt_path", "mqtt_user", "mqtt_password"] as const),
  mqtt_user: Object.freeze(["mqtt_password"] as const),
});

/** Something is missing or wrong, and the firmware cannot start. The message says what, and what to do. */
export class ConfigurationError extends Error {
  // Not a field, as in MqttError.
  override get name(): "ConfigurationError" {
    return "ConfigurationError";
  }
}

/**
 * Takes what is given, keeps it, and completes it with what was kept before.
 * @param given `mc/config`: values are strings, or numbers where a manifest has them
 * @param hasWebSocket whether this firmware was built with it
 * @throws ConfigurationError
 * @throws StorageError
 */
export function configure(
  given: { readonly [key: string]: unknown },
  store: KeyValue,
  hasWebSocket: boolean,
): Configuration {
  const values: { [key in Key]?: string } = {};
  for (const key of keys) {
    const value = given[key];
    if (value === undefined) continue;
    if (typeof value !== "string" && typeof value !== "number") {
      throw new ConfigurationError(`${key} must be text: give it as ${key}=… on mcconfig's command line`);
    }
    values[key] = String(value);
  }
  forgetCompanions(values, store);
  for (const key of keys) keep(key, values, store);
  if (values.mqtt_path && !hasWebSocket) {
    throw new ConfigurationError(
      "mqtt_path is for WebSocket, which this firmware was built without: give mqtt_path= to forget it",
    );
  }
  return checked(values);
}

function forgetCompanions(values: { [key in Key]?: string }, store: KeyValue): void {
  for (const key of keys) {
    const companionKeys = companions[key];
    if (companionKeys === undefined || values[key] === undefined || values[key] === stored(key, store)) continue;
    for (const companion of companionKeys) if (values[companion] === undefined) store.delete(companion);
  }
}

/** Flash wears: written only when it differs. */
function keep(key: Key, values: { [key in Key]?: string }, store: KeyValue): void {
  const given = values[key];
  const kept = stored(key, store);
  if (given === undefined) {
    if (kept !== undefined) values[key] = kept;
  } else if (given !== kept) {
    if (given === "") store.delete(key);
    else store.write(key, bytesOf(given));
  }
}

function stored(key: Key, store: KeyValue): string | undefined {
  const bytes = store.read(key);
  return bytes === undefined ? undefined : textOf(bytes);
}

function checked(values: { [key in Key]?: string }): Configuration {
  const { wifi_ssid, wifi_password, wifi_ssid2, wifi_password2, mqtt_host, mqtt_path, mqtt_user, mqtt_password } =
    values;
  const { node_id } = values;
  const missing: Key[] = [];
  if (!wifi_ssid) missing.push("wifi_ssid");
  if (!mqtt_host) missing.push("mqtt_host");
  if (!wifi_ssid || !mqtt_host) {
    throw new ConfigurationError(
      `missing: ${missing.join(", ")}; flash again with ${missing.map((key) => `${key}=…`).join(" ")} on mcconfig's command line`,
    );
  }
  if (!isHost(mqtt_host)) {
    throw new ConfigurationError(
      `mqtt_host is ${quoted(mqtt_host)}: must be a name or address alone, such as mqtt_host=192.168.1.2 mqtt_port=1883`,
    );
  }
  // [MQTT-3.1.2-22]
  if (mqtt_password && !mqtt_user) {
    throw new ConfigurationError("mqtt_password needs mqtt_user: give both, or mqtt_password= to forget it");
  }
  if (mqtt_path) checkPath(mqtt_path);
  if (node_id) checkId(node_id);
  const networks = [network(wifi_ssid, wifi_password)];
  if (wifi_ssid2) networks.push(network(wifi_ssid2, wifi_password2));
  return {
    networks,
    broker: {
      host: mqtt_host,
      port: port(values.mqtt_port, mqtt_path ? 80 : 1883),
      ...(mqtt_path && { path: mqtt_path }),
      ...(mqtt_user && { user: mqtt_user }),
      ...(mqtt_password && { password: mqtt_password }),
    },
    ...(node_id && { id: node_id }),
  };
}

/** As the WebSocket of src/transports wants it, which this room may not count on. */
function checkPath(path: string): void {
  let wrong = path.charAt(0) !== "/";
  for (let at = 0; at < path.length; at++) {
    const code = path.charCodeAt(at);
    if (code <= 0x20 || code >= 0x7f) wrong = true;
  }
  if (!wrong) return;
  throw new ConfigurationError(
    `mqtt_path is ${quoted(path)}: must begin with / and be ASCII without spaces, such as mqtt_path=/mqtt mqtt_port=9001`,
  );
}

function checkId(id: string): void {
  try {
    new Topics(id);
  } catch (error) {
    throw new ConfigurationError(`node_id: ${(error as Error).message}`);
  }
}

function network(SSID: string, password: string | undefined): Network {
  return password ? { SSID, password } : { SSID };
}

/** @param otherwise where none is given: what the scheme has, mqtt or ws */
function port(text: string | undefined, otherwise: number): number {
  if (!text) return otherwise;
  const value = Number(text);
  if (isMadeOf(text, DIGITS, 5) && value >= 1 && value <= 65_535) return value;
  throw new ConfigurationError(`mqtt_port is "${text}": must be a number from 1 to 65535`);
}

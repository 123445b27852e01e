/**
 * Brokers as people write them: `mqtt://user:password@host:port`. One reader for all that makes a client outside of a device.
 */
import { MqttError } from "../mqtt/errors.js";
import { visible } from "./quoted.js";

export interface BrokerAddress {
  /** A name, in ASCII as resolvers want it, or an address without brackets. */
  readonly host: string;
  readonly port: number;
  readonly user?: string;
  readonly password?: string;
}

const FORM = "mqtt://user:password@host:port";

/** Schemes, and the port each means where none is given. */
const PORTS: { readonly [scheme: string]: number } = Object.freeze({ mqtt: 1883 });
/** Those that others know. */
const LATER: { readonly [scheme: string]: string } = Object.freeze({
  mqtts: "TLS is not there yet",
  ssl: "TLS is not there yet",
  ws: "WebSocket is not there yet",
  wss: "WebSocket is not there yet",
});

/**
 * What a client needs of a broker's URL: `new Client({ ...readBrokerUrl("mqtt://localhost"), … })`. What stands in it is
 * percent-decoded; the name of the host becomes ASCII (punycode), for resolvers know no other.
 * @throws MqttError of kind `misuse` that says what is wrong, never with the password
 */
export function readBrokerUrl(text: string): BrokerAddress {
  const wrong = (problem: string) => new MqttError("misuse", "url", `"${masked(text)}": ${problem}`);
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase();
  if (scheme !== undefined && Object.hasOwn(LATER, scheme)) throw wrong(`${LATER[scheme]}; must be mqtt://`);
  const port = scheme === undefined ? undefined : PORTS[scheme];
  if (scheme === undefined || port === undefined) throw wrong(`must begin with mqtt://, as in ${FORM}`);
  // Under a scheme that it knows URL makes ASCII of the host; under ours it would not look at it.
  const http = `http${text.slice(scheme.length)}`;
  if (/[\s\\]/.test(text) || !URL.canParse(http))
    throw wrong(`must be of the form ${FORM}, with a port from 1 to 65535`);
  const url = new URL(http);
  // What URL leaves out because it is the scheme's own: 80.
  const given = /:(\d+)\/?$/.exec(text.slice(text.lastIndexOf("@") + 1))?.[1];
  if (given !== undefined && Number(given) === 0) throw wrong("the port must be from 1 to 65535");
  if (url.pathname !== "/" || url.search !== "" || url.hash !== "")
    throw wrong(`nothing may follow the port: ${FORM} (write / ? # in a password as %2F %3F %23)`);
  const user = decoded(url.username);
  const password = decoded(url.password);
  if (user === undefined || password === undefined) throw wrong("a % must be followed by two hexadecimal digits");
  // [MQTT-3.1.2-22]
  if (password !== "" && user === "") throw wrong("a password needs a user before it");
  return {
    // Brackets are for an IPv6 address in a URL only.
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: given === undefined ? port : Number(given),
    ...(user === "" ? {} : { user }),
    ...(password === "" ? {} : { password }),
  };
}

/** The broker's URL without user and password. */
export function writeBrokerUrl({ host, port }: BrokerAddress): string {
  return `mqtt://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/**
 * Text that a person typed and that may hold a password, to be shown: what stands before an `@`, or is written like a user
 * and a password without one, is left out whatever else is wrong with it.
 */
export function masked(text: string): string {
  const shown = visible(text);
  const at = shown.lastIndexOf("@");
  if (at < 0) return shown;
  const scheme = /^[a-z][a-z0-9+.-]*:(\/\/)?/i.exec(shown)?.[0] ?? "";
  // `user:pw@h` begins like a scheme, and is none.
  const start = /^(mqtts?|wss?|ssl|tcp|https?):/i.test(scheme) ? scheme : "";
  return `${start}***${shown.slice(at)}`;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

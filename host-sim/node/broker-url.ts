/** Brokers as people write them: `mqtt://user:password@host:port`. */
import type { BrokerAddress } from "./raw-mqtt.js";
import { UsageError } from "./usage.js";

const FORM = "mqtt://user:password@host:port";
const DEFAULT_PORT = 1883;

/**
 * @param flag what the error calls it
 * @throws UsageError
 */
export function parseBrokerUrl(flag: string, text: string): BrokerAddress {
  const wrong = (problem: string) => new UsageError(`${flag} is "${redacted(text)}": ${problem}`);
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase();
  if (scheme === "mqtts") throw wrong("TLS is not there yet; must be mqtt://");
  if (scheme !== "mqtt") throw wrong(`must begin with mqtt://, as in ${FORM}`);
  if (!URL.canParse(text)) throw wrong(`must be of the form ${FORM}, with a port from 1 to 65535`);
  const url = new URL(text);
  if (url.hostname === "") throw wrong(`the host is missing: ${FORM}`);
  if (url.port === "0") throw wrong("the port must be from 1 to 65535");
  if (!/^\/?$/.test(url.pathname) || url.search !== "" || url.hash !== "")
    throw wrong(`nothing may follow the port: ${FORM} (write / ? # in a password as %2F %3F %23)`);
  const user = decoded(url.username);
  const password = decoded(url.password);
  if (user === undefined || password === undefined) throw wrong("a % must be followed by two hexadecimal digits");
  // [MQTT-3.1.2-22]
  if (password !== "" && user === "") throw wrong("a password needs a user before it");
  return {
    // Brackets are for an IPv6 address in a URL only.
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: url.port === "" ? DEFAULT_PORT : Number(url.port),
    ...(user === "" ? {} : { user }),
    ...(password === "" ? {} : { password }),
  };
}

/** The broker's URL without user and password. */
export function brokerUrl({ host, port }: BrokerAddress): string {
  return `mqtt://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** A command line may end up in a log: passwords are not repeated. */
function redacted(text: string): string {
  return text.replace(/^([^/]*\/\/[^:@/]*:).*@/, "$1***@");
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

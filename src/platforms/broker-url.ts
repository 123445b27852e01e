/**
 * Brokers as people write them: `mqtt://user:password@host:port`, `ws://user:password@host:port/path`. One reader for all that
 * makes a client outside of a device.
 */
import { MqttError } from "../mqtt/errors.js";
import { visible } from "./quoted.js";

export interface BrokerAddress {
  /** A name, in ASCII as resolvers want it, or an address without brackets. */
  readonly host: string;
  readonly port: number;
  /** Where on the server WebSocket is spoken, with the query; undefined where the broker is reached by TCP. */
  readonly path?: string;
  readonly user?: string;
  readonly password?: string;
}

interface Scheme {
  /** Where none is given. */
  readonly port: number;
  /** Where none is given, and the scheme has any. */
  readonly path?: string;
  readonly form: string;
}

const SCHEMES: { readonly [scheme: string]: Scheme } = Object.freeze({
  mqtt: { port: 1883, form: "mqtt://user:password@host:port" },
  // A path of /mqtt is what brokers listen at that listen at one only.
  ws: { port: 80, path: "/mqtt", form: "ws://user:password@host:port/path" },
});
/** Those that others know. */
const LATER: { readonly [scheme: string]: string } = Object.freeze({
  mqtts: "TLS is not there yet",
  ssl: "TLS is not there yet",
  wss: "TLS is not there yet",
});

/**
 * A broker's URL taken apart. What stands in it is percent-decoded, but for the path; the name of the host becomes ASCII
 * (punycode), for resolvers know no other.
 * @throws MqttError of kind `misuse` that says what is wrong, never with the password
 */
export function readBrokerUrl(text: string): BrokerAddress {
  const wrong = (problem: string) => new MqttError("misuse", "url", `"${masked(text)}": ${problem}`);
  const name = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase() ?? "";
  if (Object.hasOwn(LATER, name)) throw wrong(`${LATER[name]}; must be mqtt:// or ws://`);
  const scheme = SCHEMES[name];
  if (scheme === undefined) throw wrong(`must begin with mqtt:// or ws://, as in ${SCHEMES.mqtt?.form}`);
  // Under a scheme that it knows URL makes ASCII of the host; under ours it would not look at it.
  const http = `http${text.slice(name.length)}`;
  if (/[\s\\]/.test(text) || !URL.canParse(http))
    throw wrong(`must be of the form ${scheme.form}, with a port from 1 to 65535`);
  const url = new URL(http);
  const server = text.slice(name.length + "://".length).split(/[/?#]/)[0] as string;
  // What URL leaves out because it is the scheme's own: 80.
  const given = /:(\d+)$/.exec(server.slice(server.lastIndexOf("@") + 1))?.[1];
  if (given !== undefined && Number(given) === 0) throw wrong("the port must be from 1 to 65535");
  if (url.hash !== "" || (scheme.path === undefined && (url.pathname !== "/" || url.search !== "")))
    throw wrong(
      `nothing may follow the ${scheme.path === undefined ? "port" : "path"}: ${scheme.form} (write / ? # in a password as %2F %3F %23)`,
    );
  // A password with a slash in it looks like a path, and paths are shown.
  if (text.slice(text.indexOf(server) + server.length).includes("@"))
    throw wrong("an @ stands before the host only (write / ? # in a password as %2F %3F %23, and @ in a path as %40)");
  const user = decoded(url.username);
  const password = decoded(url.password);
  if (user === undefined || password === undefined) throw wrong("a % must be followed by two hexadecimal digits");
  // [MQTT-3.1.2-22]
  if (password !== "" && user === "") throw wrong("a password needs a user before it");
  return {
    // Brackets are for an IPv6 address in a URL only.
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: given === undefined ? scheme.port : Number(given),
    ...(scheme.path === undefined ? {} : { path: hasPath(text, server) ? url.pathname + url.search : scheme.path }),
    ...(user === "" ? {} : { user }),
    ...(password === "" ? {} : { password }),
  };
}

function hasPath(text: string, server: string): boolean {
  return /[/?]/.test(text.slice(text.indexOf("://") + "://".length + server.length));
}

/** The broker's URL without user and password. */
export function writeBrokerUrl({ host, port, path }: BrokerAddress): string {
  return `${path === undefined ? "mqtt" : "ws"}://${host.includes(":") ? `[${host}]` : host}:${port}${path ?? ""}`;
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

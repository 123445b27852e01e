/**
 * The platform types in a browser, for pages that use the client:
 *
 *     import { Client } from "motewire";
 *     import { brokerAt } from "motewire/browser";
 *
 *     const client = new Client({ ...brokerAt("ws://localhost:9001/mqtt"), id: "panel", clean: true });
 */
import type { ClientOptions, ClientPlatform } from "../../mqtt/api.js";
import { MqttError } from "../../mqtt/errors.js";
import type { Resolve } from "../../platform.js";
import { masked, readBrokerUrl } from "../broker-url.js";
import { browserClock } from "./clock.js";
import { type BrowserSocketOptions, browserSocketOpener } from "./web-socket.js";

export { type BrokerAddress, readBrokerUrl, writeBrokerUrl } from "../broker-url.js";
export { checkOptions } from "../check-options.js";
export { browserClock } from "./clock.js";
export { type LocalStorageOptions, LocalStorageStore } from "./local-storage-store.js";
export { type BrowserSession, openSession, SessionInUse, type SessionOptions } from "./session.js";
export { type BrowserSocketOptions, browserSocketOpener } from "./web-socket.js";

/** The browser resolves names itself: each host is its own address. */
export const resolve: Resolve = (host, found) => {
  browserClock.setTimer(() => found(host === "" ? undefined : host), 0);
};

/**
 * What the client asks of a platform, in this page or worker.
 * @throws RangeError that names the option and what it must be
 */
export function browserPlatform(options: BrowserSocketOptions = {}): ClientPlatform {
  return {
    clock: browserClock,
    resolve,
    openSocket: browserSocketOpener(browserClock, options),
    random: Math.random,
  };
}

/** What a client needs to reach a broker. */
export type Reach = Pick<ClientOptions, "platform" | "host" | "port" | "user" | "password">;

/**
 * All that a client needs of a broker's URL: `new Client({ ...brokerAt("ws://porch:secret@localhost:9001/mqtt"), id: "porch" })`.
 * @param url `ws://user:password@host:port/path`
 * @throws MqttError of kind `misuse` that says what is wrong with the URL, never with the password
 */
export function brokerAt(url: string, options: Omit<BrowserSocketOptions, "path"> = {}): Reach {
  const { path, ...address } = readBrokerUrl(url);
  if (path === undefined)
    throw new MqttError(
      "misuse",
      "url",
      `"${masked(url)}": a browser has WebSocket only; use ws:// and the broker's port for WebSocket`,
    );
  return { platform: browserPlatform({ ...options, path }), ...address };
}

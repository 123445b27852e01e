/**
 * The platform types on Node.js, for programs that use the client alone:
 *
 *     import { Client } from "motewire";
 *     import { brokerAt, FileStore } from "motewire/nodejs";
 *
 *     const client = new Client({ ...brokerAt("mqtt://localhost"), id: "porch", store: new FileStore("./porch") });
 */
import type { ClientOptions, ClientPlatform } from "../../mqtt/api.js";
import { websocketOpener } from "../../transports/websocket/opener.js";
import { readBrokerUrl } from "../broker-url.js";
import { checkOptions } from "../check-options.js";
import { slabs } from "./allocate.js";
import { nodejsClock } from "./clock.js";
import { resolve } from "./resolve.js";
import { type TcpOptions, tcpOpener } from "./tcp.js";

export { type WebSocketOptions, type WebSocketPlatform, websocketOpener } from "../../transports/websocket/opener.js";
export { type BrokerAddress, readBrokerUrl, writeBrokerUrl } from "../broker-url.js";
export { nodejsClock } from "./clock.js";
export { FileStore, type FileStoreOptions } from "./file-store.js";
export { resolve } from "./resolve.js";
export { openTcpSocket, type TcpOptions, tcpOpener } from "./tcp.js";

/** Bytes: a computer need not be as narrow as a device. */
const WINDOW = 65_536;

export interface NodejsOptions extends TcpOptions {
  /** The broker is reached over WebSocket, at this path of its server. */
  readonly path?: string | undefined;
}

/**
 * What the client asks of a platform, on this computer. The window is 65,536 bytes where the options say nothing else.
 * @throws RangeError when the window or the path cannot be one
 */
export function nodejsPlatform({ path, ...options }: NodejsOptions = {}): ClientPlatform {
  const platform = {
    clock: nodejsClock,
    resolve,
    openSocket: tcpOpener({ window: WINDOW, ...options }),
    random: Math.random,
    allocate: slabs(),
    checkOptions,
  };
  return path === undefined ? platform : { ...platform, openSocket: websocketOpener(platform, { path }) };
}

/** What a client needs to reach a broker. */
export type Reach = Pick<ClientOptions, "platform" | "host" | "port" | "user" | "password">;

/**
 * All that a client needs of a broker's URL: `new Client({ ...brokerAt("ws://porch:secret@localhost:9001/mqtt"), id: "porch" })`.
 * @param url `mqtt://user:password@host:port`, or `ws://user:password@host:port/path`
 * @throws MqttError of kind `misuse` that says what is wrong with the URL, never with the password
 */
export function brokerAt(url: string, options: TcpOptions = {}): Reach {
  const { path, ...address } = readBrokerUrl(url);
  return { platform: nodejsPlatform({ ...options, path }), ...address };
}

/**
 * The platform types on Node.js, for programs that use the client alone:
 *
 *     import { Client } from "motewire";
 *     import { FileStore, nodejsPlatform } from "motewire/nodejs";
 *
 *     const client = new Client({ platform: nodejsPlatform(), host: "localhost", id: "porch", store: new FileStore("./porch") });
 */
import type { ClientPlatform } from "../../mqtt/api.js";
import { checkOptions } from "../check-options.js";
import { slabs } from "./allocate.js";
import { nodejsClock } from "./clock.js";
import { resolve } from "./resolve.js";
import { type TcpOptions, tcpOpener } from "./tcp.js";

export { type BrokerAddress, readBrokerUrl, writeBrokerUrl } from "../broker-url.js";
export { nodejsClock } from "./clock.js";
export { FileStore, type FileStoreOptions } from "./file-store.js";
export { resolve } from "./resolve.js";
export { openTcpSocket, type TcpOptions, tcpOpener } from "./tcp.js";

/** Bytes: a computer need not be as narrow as a device. */
const WINDOW = 65_536;

/** What the client asks of a platform, on this computer. The window is 65,536 bytes where the options say nothing else. */
export function nodejsPlatform(options: TcpOptions = {}): ClientPlatform {
  const openSocket = tcpOpener({ window: WINDOW, ...options });
  return { clock: nodejsClock, resolve, openSocket, random: Math.random, allocate: slabs(), checkOptions };
}

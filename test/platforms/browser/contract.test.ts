/** What platform.ts says, of what a browser does: with Node.js in its place, and the package `ws` for its WebSocket. */
import { vi } from "vitest";

import { browserClock } from "../../../src/platforms/browser/clock.js";
import { type BrowserSocketOptions, browserSocketOpener } from "../../../src/platforms/browser/web-socket.js";
import { openTcpSocket } from "../../../src/platforms/nodejs/tcp.js";
import { clockContract } from "../../contract/clock.contract.js";
import { runContract, untilReal } from "../../contract/contract.js";
import { socketContract } from "../../contract/socket.contract.js";
import { wsPeers } from "../../contract/socket.harness.js";
import { PageWebSocket } from "./web-socket.js";

vi.stubGlobal("WebSocket", PageWebSocket);

async function peers(options: BrowserSocketOptions = {}) {
  return { ...(await wsPeers(openTcpSocket)), openSocket: browserSocketOpener(browserClock, options) };
}

runContract("clock of a browser", clockContract, () => ({ clock: browserClock, until: untilReal }));

runContract("WebSocket of a browser", socketContract, () => peers());

for (const window of [1, 100])
  runContract(`WebSocket of a browser with a window of ${window}`, socketContract, () => peers({ window }));

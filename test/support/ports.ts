/** Ports for servers that cannot be asked to take any free one, or that must come back on the one they had. */
import { createServer } from "node:net";

const HOST = "127.0.0.1";
/** Below the range that systems give to outgoing connections, so that none of those takes the port in between. */
const FIRST = 20_000;
const COUNT = 12_000;

/** A port of the loopback that nobody listens on. Another process may still be quicker: be ready to ask again. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 100; tries++) {
    const port = FIRST + Math.floor(Math.random() * COUNT);
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port found from ${FIRST} to ${FIRST + COUNT - 1}`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((settle) => {
    const server = createServer();
    server.once("error", () => settle(false));
    server.listen(port, HOST, () => server.close(() => settle(true)));
  });
}

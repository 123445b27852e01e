/** Ports of this computer, its loopback's or those of its networks too: the first that is free. */
import type { Server } from "node:net";

export const HOST = "127.0.0.1";
/** Whoever reaches this computer. */
export const EVERYBODY = "0.0.0.0";

/** Ports that are tried, one after the other. */
const TRIES = 100;

/**
 * Has a server listen at the first free port from `port` on.
 * @param host {@link HOST}, or {@link EVERYBODY}
 * @param what listens there, and @param advice for who meets none free: for the error
 * @throws Error when all that were tried are taken
 */
export async function listenFrom(
  server: Server,
  port: number,
  what: string,
  advice: string,
  tries = TRIES,
  host = HOST,
): Promise<number> {
  for (let tried = port; tried < port + tries; tried++) if (await listens(server, tried, host)) return tried;
  if (tries === 1) throw new Error(`port ${port} of ${what} is taken by now`);
  throw new Error(`no free port for ${what} from ${port} to ${port + tries - 1}; ${advice}`);
}

/** @returns false when the port is taken, or not for this user */
function listens(server: Server, port: number, host: string): Promise<boolean> {
  return new Promise((settle, fail) => {
    const onError = (error: NodeJS.ErrnoException) => {
      server.off("listening", onListening);
      if (error.code === "EADDRINUSE" || error.code === "EACCES") settle(false);
      else fail(error);
    };
    const onListening = () => {
      server.off("error", onError);
      settle(true);
    };
    server.once("error", onError).once("listening", onListening).listen(port, host);
  });
}

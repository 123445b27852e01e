/** Lets the node onto the broker only when the observer is there to see what it publishes. */
import type { OpenSocket } from "../../src/platform.js";
import type { Observer } from "./observer.js";

/**
 * Sockets that say they are open when the observer watches, or cannot. From then on they are as `openSocket` has them: when
 * the connection is lost later, the broker keeps for the observer what it misses.
 */
export function whenWatched(openSocket: OpenSocket, observer: Pick<Observer, "hurry" | "settled">): OpenSocket {
  let settled = false;
  observer.settled().then(() => {
    settled = true;
  });
  return (options) => {
    if (settled) return openSocket(options);
    let gone = false;
    const socket = openSocket({
      ...options,
      onWritable(room) {
        if (settled) options.onWritable(room);
        else {
          observer.hurry();
          observer.settled().then(() => gone || options.onWritable(room));
        }
      },
      onReadable: (count) => options.onReadable(count),
      onClose(reason) {
        gone = true;
        options.onClose(reason);
      },
    });
    return {
      read: (into) => socket.read(into),
      write: (bytes) => socket.write(bytes),
      close() {
        gone = true;
        socket.close();
      },
    };
  };
}

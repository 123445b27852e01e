/** Lets the node onto the broker only when the observer is there to see what it publishes. */
import type { OpenSocket } from "../../src/platform.js";
import type { Observer } from "./observer.js";

/**
 * Sockets of which the first that is open says so when the observer watches, or has had its chance. From then on they are as
 * `openSocket` has them: when the connection is lost later, the broker keeps for the observer what it misses.
 * @param starts counts the starts of a broker that forgets everything each time: after each, it is the first socket again
 */
export function whenWatched(
  openSocket: OpenSocket,
  observer: Pick<Observer, "hurry">,
  starts: () => number = () => 1,
): OpenSocket {
  let watched = 0;
  return (options) => {
    const start = starts();
    let settled = watched === start;
    if (settled) return openSocket(options);
    let gone = false;
    const socket = openSocket({
      ...options,
      onWritable(room) {
        if (settled) options.onWritable(room);
        else {
          observer.hurry().then(() => {
            settled = true;
            watched = start;
            if (!gone) options.onWritable(room);
          });
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

import { bandwidth, latency, slicer } from "../../host-sim/core/network/rules.js";
import { RandomStream } from "../../host-sim/core/world/random.js";
import type { OpenSocket, Socket, SocketOptions } from "../../src/platform.js";
import { openTcpSocket, tcpOpener } from "../../src/platforms/nodejs/tcp.js";
import { runContract, runDefects } from "./contract.js";
import { socketContract } from "./socket.contract.js";
import { bootPeers, loopbackPeers, memoryPeers, webSocketPeers, wsPeers } from "./socket.harness.js";

for (const window of [1, 100, 1536, 8192])
  runContract(`socket in memory with a window of ${window}`, socketContract, () =>
    memoryPeers({ window, receiveWindow: Math.max(16, window / 2) }),
  );

runContract("socket in memory over a bad network", socketContract, () => {
  const random = new RandomStream("bad network");
  return memoryPeers({
    window: 300,
    receiveWindow: 700,
    rules: [latency(80, 60, random.random), bandwidth(40_000), slicer(90, 80, 0, random.random)],
  });
});

runContract("socket of a simulated machine", socketContract, () => bootPeers({ window: 1536 }));

runContract("TCP socket of Node.js", socketContract, () => loopbackPeers(openTcpSocket));

runContract("TCP socket of Node.js with a window of 64", socketContract, () =>
  loopbackPeers(tcpOpener({ window: 64 })),
);

for (const window of [1, 7, 100, 8192])
  runContract(`WebSocket in memory over a window of ${window}`, socketContract, () =>
    webSocketPeers({ window, receiveWindow: Math.max(16, window / 2) }),
  );

runContract("WebSocket in memory over a bad network, from a server that cuts what it sends", socketContract, () => {
  const random = new RandomStream("bad network");
  return webSocketPeers(
    {
      window: 300,
      receiveWindow: 700,
      rules: [latency(80, 60, random.random), bandwidth(40_000), slicer(90, 80, 0, random.random)],
    },
    new RandomStream("frames").random,
  );
});

runContract("WebSocket over TCP of Node.js, to the package ws", socketContract, () => wsPeers(openTcpSocket));

runContract("WebSocket over TCP of Node.js with a window of 64, to the package ws", socketContract, () =>
  wsPeers(tcpOpener({ window: 64 })),
);

/** A socket in memory of which some methods or callbacks are spoilt. */
function spoilt(
  methods: (socket: Socket, options: SocketOptions) => Partial<Socket>,
  callbacks: (options: SocketOptions, socket: () => Socket) => Partial<SocketOptions> = () => ({}),
) {
  const spoil =
    (openSocket: OpenSocket): OpenSocket =>
    (options) => {
      const socket: Socket = openSocket({
        host: options.host,
        address: options.address,
        port: options.port,
        onWritable: (room) => options.onWritable(room),
        onReadable: (count) => options.onReadable(count),
        onClose: (reason) => options.onClose(reason),
        ...callbacks(options, () => socket),
      });
      return {
        read: (into) => socket.read(into),
        write: (bytes) => socket.write(bytes),
        close: () => socket.close(),
        ...methods(socket, options),
      };
    };
  return () => memoryPeers({ window: 100, receiveWindow: 5000 }, spoil);
}

runDefects("the socket's contract", socketContract, [
  [
    "is never open",
    "says that the connection is open by a first onWritable with room for at least 1 byte, and not before",
    spoilt(
      () => ({}),
      () => ({ onWritable: () => {} }),
    ),
  ],
  [
    "opens without room",
    "says that the connection is open by a first onWritable with room for at least 1 byte, and not before",
    spoilt(
      () => ({}),
      (options) => ({ onWritable: () => options.onWritable(0) }),
    ),
  ],
  [
    "swallows a write before it is open",
    "throws at a write before the connection is open, and takes nothing",
    spoilt((socket) => ({
      write: (bytes) => {
        try {
          return socket.write(bytes);
        } catch {
          return 0;
        }
      },
    })),
  ],
  [
    "returns nothing of use",
    "returns the room that a write has left",
    spoilt((socket) => ({ write: (bytes) => socket.write(bytes) && 50 })),
  ],
  [
    "takes part of what is too long",
    "throws at more bytes than there is room for, takes none of them and goes on",
    spoilt((socket) => ({
      write: (bytes) => {
        try {
          return socket.write(bytes);
        } catch (error) {
          socket.write(bytes.subarray(0, 1));
          throw error;
        }
      },
    })),
  ],
  [
    "keeps the caller's buffer",
    "copies bytes before write returns",
    () =>
      memoryPeers({ window: 100 }, (openSocket, clock) => (options) => {
        const socket = openSocket(options);
        return {
          read: (into) => socket.read(into),
          close: () => socket.close(),
          write: (bytes) => {
            clock.setTimer(() => socket.write(bytes), 0);
            return 100 - bytes.length;
          },
        };
      }),
  ],
  [
    "says only once that there is room",
    "calls onWritable after a write that left no room, and not from inside it",
    spoilt(
      () => ({}),
      (options) => {
        let said = false;
        return {
          onWritable: (room) => {
            if (!said) options.onWritable(room);
            said = true;
          },
        };
      },
    ),
  ],
  [
    "calls onWritable from inside write",
    "calls onWritable after a write that left no room, and not from inside it",
    spoilt((socket, options) => ({
      write: (bytes) => {
        const room = socket.write(bytes);
        if (room === 0) options.onWritable(1);
        return room;
      },
    })),
  ],
  [
    "promises more room than it has",
    "never announces room that is not there",
    spoilt(
      () => ({}),
      (options) => ({ onWritable: (room) => options.onWritable(room + 1) }),
    ),
  ],
  [
    "announces more than can be read",
    "announces at most what can be read at once",
    spoilt(
      () => ({}),
      (options) => ({ onReadable: (count) => options.onReadable(count + 1) }),
    ),
  ],
  [
    "announces again what was left unread",
    "does not announce again what was left unread, but still gives it",
    () =>
      memoryPeers(
        { window: 100, receiveWindow: 5000 },
        (openSocket, clock) => (options) =>
          openSocket({
            host: options.host,
            address: options.address,
            port: options.port,
            onWritable: (room) => options.onWritable(room),
            onClose: (reason) => options.onClose(reason),
            onReadable: (count) => {
              options.onReadable(count);
              clock.setTimer(() => options.onReadable(count), 0);
            },
          }),
      ),
  ],
  [
    "forgets what was left unread",
    "gives all bytes in order to one who reads them late, in part and without being asked",
    spoilt((socket) => ({
      read: (into) => {
        const all = new Uint8Array(5000);
        const count = socket.read(all);
        into.set(all.subarray(0, Math.min(count, into.length)));
        return Math.min(count, into.length);
      },
    })),
  ],
  [
    "says twice that it has ended",
    "says once that the connection has ended, and nothing after it",
    spoilt(
      () => ({}),
      (options) => ({
        onClose: (reason) => {
          options.onClose(reason);
          options.onClose(reason);
        },
      }),
    ),
  ],
  [
    "does not say that it was lost",
    "says once that the connection was lost",
    spoilt(
      () => ({}),
      (options) => ({ onClose: (reason) => reason !== "connection reset" && options.onClose(reason) }),
    ),
  ],
  [
    "throws when nobody listens",
    "reports a connection that cannot be made by onClose alone, and does not throw",
    () =>
      memoryPeers({}, (openSocket) => (options) => {
        if (options.port === 1884) throw new Error("connection refused");
        return openSocket(options);
      }),
  ],
  ["stays open at close()", "ends the connection for the peer at close()", spoilt(() => ({ close: () => {} }))],
  [
    "forgets at close() what was written",
    "delivers what was written before close()",
    () => {
      // The network holds it back for longer than the socket lives.
      return memoryPeers({ window: 100 }, (openSocket, clock) => (options) => {
        const socket = openSocket(options);
        let closed = false;
        return {
          read: (into) => socket.read(into),
          close: () => {
            closed = true;
            socket.close();
          },
          write: (bytes) => {
            const copy = bytes.slice();
            clock.setTimer(() => closed || socket.write(copy), 0);
            return 100 - bytes.length;
          },
        };
      });
    },
  ],
  [
    "still calls after close()",
    "calls nothing after close(), whatever the peer does",
    spoilt(() => ({ close: () => {} })),
  ],
  [
    "says that it has ended when it was closed",
    "calls nothing after close() from within a callback",
    () =>
      memoryPeers({}, (openSocket, clock) => (options) => {
        const socket = openSocket(options);
        return {
          read: (into) => socket.read(into),
          write: (bytes) => socket.write(bytes),
          close: () => {
            socket.close();
            clock.setTimer(() => options.onClose("closed"), 0);
          },
        };
      }),
  ],
]);

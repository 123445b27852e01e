import { beforeEach, describe, expect, it } from "vitest";
import { VirtualClock } from "../../../host-sim/core/clock.js";
import type { Peer } from "../../../host-sim/core/link.js";
import { Network, type Station, type StationOptions } from "../../../host-sim/core/network.js";
import { RandomStream } from "../../../host-sim/core/random.js";
import {
  bandwidth,
  down,
  latency,
  limitData,
  only,
  type Piece,
  resetPeer,
  slicer,
  slowClose,
  stall,
  timeout,
} from "../../../host-sim/core/rules.js";
import type { Socket } from "../../../src/platform.js";

const ADDRESS = "192.0.2.1";
const PORT = 1883;

describe("network in memory", () => {
  let clock: VirtualClock;
  let network: Network;
  let station: Station;
  let peers: Peer[];
  /** All that happened, with its virtual time. */
  let log: string[];

  const note = (what: string) => log.push(`${clock.elapsed} ${what}`);

  function setUp(options: StationOptions = {}): void {
    clock = new VirtualClock({ start: 0x7fff_ffff - 3 });
    network = new Network({ clock });
    station = network.station(options);
    peers = [];
    log = [];
    network.listen(ADDRESS, PORT, (peer) => {
      peers.push(peer);
      note("accepted");
      return {
        onBytes: (bytes) => note(`up ${bytes.length}`),
        onClose: (reason) => note(`peer ${reason}`),
      };
    });
  }

  beforeEach(() => setUp());

  function open(port = PORT): Socket {
    const socket = station.openSocket({
      host: "broker.test",
      address: ADDRESS,
      port,
      onWritable: (room) => note(`room ${room}`),
      onReadable: (count) => {
        note(`down ${count}`);
        socket.read(new Uint8Array(count));
      },
      onClose: (reason) => note(`closed: ${reason}`),
    });
    return socket;
  }

  /** Opens a connection, and forgets how. */
  function connect(): [Socket, Peer] {
    const socket = open();
    clock.advance(10_000);
    log.length = 0;
    return [socket, peers.at(-1) as Peer];
  }

  const bytes = (length: number) => new Uint8Array(length);
  /** What happened from here on, in ms since now. */
  function during(ms: number): string[] {
    const start = clock.elapsed;
    log.length = 0;
    clock.advance(ms);
    return log.map((line) => line.replace(/^\d+/, (time) => String(Number(time) - start)));
  }

  describe("without rules", () => {
    it("connects and delivers at once, but never within the call", () => {
      const socket = open();
      expect(log).toEqual([]);
      clock.advance(0);
      expect(log).toEqual(["0 accepted", "0 room 1536"]);
      socket.write(bytes(10));
      peers[0]?.push(bytes(20));
      expect(log.length).toBe(2);
      clock.advance(0);
      expect(log.slice(2)).toEqual(["0 up 10", "0 down 20"]);
    });

    it("keeps each write a piece of its own, so that a test can count them", () => {
      const [socket] = connect();
      for (const size of [1, 2, 3]) socket.write(bytes(size));
      expect(during(0)).toEqual(["0 up 1", "0 up 2", "0 up 3"]);
    });

    it("refuses where nobody listens, and where nobody listens any more", () => {
      open(1884);
      expect(during(10)).toEqual(["0 closed: connection refused"]);
      const stop = network.listen(ADDRESS, 1885, () => ({ onBytes: () => {}, onClose: () => {} }));
      stop();
      open(1885);
      expect(during(10)).toEqual(["0 closed: connection refused"]);
      expect(station.links).toEqual([]);
    });

    it("does not let two listen at one place", () => {
      expect(() => network.listen(ADDRESS, PORT, () => ({ onBytes: () => {}, onClose: () => {} }))).toThrow(
        "somebody listens at 192.0.2.1:1883 already",
      );
    });

    it("forgets a connection when both sides have ended it", () => {
      const [socket] = connect();
      expect(station.links.length).toBe(1);
      socket.close();
      expect(during(0)).toEqual(["0 peer closed"]);
      expect(station.links).toEqual([]);
      const [, peer] = connect();
      peer.close();
      expect(during(0)).toEqual(["0 closed: closed by peer"]);
      expect(station.links).toEqual([]);
      expect(station.connections).toBe(2);
    });

    it("delivers what was written before close() and loses what a reset overtakes", () => {
      const [socket, peer] = connect();
      socket.write(bytes(5));
      socket.close();
      expect(during(0)).toEqual(["0 up 5", "0 peer closed"]);

      station.rules.add(only("down", bandwidth(1000)));
      const [, second] = connect();
      second.push(bytes(100));
      second.push(bytes(100));
      second.reset();
      expect(during(1000)).toEqual(["100 down 100", "100 closed: connection reset"]);
      expect(() => peer.push(bytes(1))).not.toThrow();
    });

    it("is not confused by a connection that was quiet while the clock wrapped around", () => {
      const [socket] = connect();
      socket.write(bytes(1));
      clock.advance(0x8000_0010);
      socket.write(bytes(2));
      expect(during(10)).toEqual(["0 up 2"]);
    });

    it("refuses a window that is none", () => {
      expect(() => network.station({ window: 0 })).toThrow("window is 0: must be 1 byte or more");
      expect(() => network.station({ receiveWindow: 1.5 })).toThrow("receiveWindow is 1.5");
    });
  });

  describe("windows", () => {
    it("make a node wait for a peer that does not read", () => {
      setUp({ window: 100, peerWindow: 50 });
      const [socket, peer] = connect();
      peer.pause();
      expect(socket.write(bytes(100))).toBe(0);
      expect(during(1000)).toEqual(["0 room 50"]);
      expect(socket.write(bytes(50))).toBe(0);
      expect(during(1000)).toEqual([]);
      peer.resume();
      expect(during(1000)).toEqual(["0 up 50", "0 room 50", "0 up 50"]);
    });

    it("make a peer wait for a node that does not read", () => {
      setUp({ receiveWindow: 30 });
      const socket = station.openSocket({
        host: "broker.test",
        address: ADDRESS,
        port: PORT,
        onWritable: () => {},
        onReadable: (count) => note(`down ${count}`),
        onClose: () => {},
      });
      clock.advance(0);
      peers[0]?.push(bytes(70));
      expect(during(1000)).toEqual(["0 down 30"]);
      expect(socket.read(bytes(10))).toBe(10);
      expect(during(1000)).toEqual(["0 down 30"]);
      expect(socket.read(bytes(100))).toBe(30);
      expect(during(1000)).toEqual(["0 down 30"]);
      expect(socket.read(bytes(100))).toBe(30);
      expect(during(1000)).toEqual([]);
      expect(socket.read(bytes(100))).toBe(0);
    });
  });

  describe("rules", () => {
    it("latency makes everything later, and nothing overtakes", () => {
      station.rules.add(only("up", latency(100)));
      const [socket] = connect();
      const undo = station.rules.add(only("up", latency(50)));
      socket.write(bytes(1));
      undo();
      socket.write(bytes(2));
      expect(during(1000)).toEqual(["150 up 1", "150 up 2"]);
    });

    it("latency applies to connecting, once there and once back", () => {
      station.rules.add(latency(40));
      open();
      expect(during(1000)).toEqual(["40 accepted", "80 room 1536"]);
    });

    it("jitter varies from piece to piece, the same for the same seed", () => {
      const run = () => {
        setUp({ rules: [only("up", latency(100, 90, new RandomStream(5).random))] });
        const [socket] = connect();
        const times: string[] = [];
        for (let i = 0; i < 5; i++) {
          socket.write(bytes(1));
          times.push(...during(1000));
        }
        return times;
      };
      const times = run();
      expect(new Set(times).size).toBeGreaterThan(2);
      expect(run()).toEqual(times);
      expect(() => latency(1, 1)).toThrow("source of randomness");
    });

    it("bandwidth takes time by the byte, exactly, however small the pieces", () => {
      station.rules.add(only("up", bandwidth(3000)));
      const [socket] = connect();
      for (let i = 0; i < 300; i++) socket.write(bytes(1));
      socket.write(bytes(600));
      const times = during(10_000);
      expect([times[0], times[299], times[300]]).toEqual(["0 up 1", "100 up 1", "300 up 600"]);
      expect(() => bandwidth(0)).toThrow("must be above 0");
    });

    it("slicer cuts, with time between the slices", () => {
      station.rules.add(slicer(4, 0, 10));
      const [socket] = connect();
      socket.write(bytes(10));
      expect(during(1000)).toEqual(["10 up 4", "20 up 4", "30 up 2"]);
    });

    it.each([0, 1, 5, 9, 10])("limitData ends the connection behind exactly %d bytes, on both sides", (limit) => {
      const [socket] = connect();
      station.rules.add(only("up", limitData(limit, "reset")));
      socket.write(bytes(10));
      socket.write(bytes(10));
      expect(during(10).sort()).toEqual([
        "0 closed: connection reset",
        "0 peer reset",
        ...(limit > 0 ? [`0 up ${limit}`] : []),
      ]);
      expect(station.links).toEqual([]);
    });

    it("limitData does nothing before that", () => {
      const [socket] = connect();
      station.rules.add(limitData(11));
      socket.write(bytes(10));
      expect(during(10)).toEqual(["0 up 10"]);
      socket.write(bytes(10));
      expect(during(10).sort()).toEqual(["0 closed: closed by peer", "0 peer closed", "0 up 1"]);
    });

    it("do not care in which order they are added", () => {
      const rules = [slicer(3), limitData(7), only("up", bandwidth(1000)), latency(20)];
      const run = (order: number[]) => {
        setUp();
        const [socket] = connect();
        for (const index of order) station.rules.add(rules[index] as (typeof rules)[number]);
        socket.write(bytes(10));
        return during(1000);
      };
      const expected = run([0, 1, 2, 3]);
      expect(expected).toContain("23 up 3");
      expect(expected.filter((line) => line.includes("up")).map((line) => line.split(" ")[2])).toEqual(["3", "3", "1"]);
      for (const order of [
        [3, 2, 1, 0],
        [1, 0, 3, 2],
        [2, 1, 0, 3],
      ])
        expect(run(order)).toEqual(expected);
    });

    it("stall holds everything, and lets it go when it is taken back", () => {
      const [socket, peer] = connect();
      const undo = station.rules.add(stall);
      socket.write(bytes(3));
      peer.push(bytes(4));
      socket.write(bytes(5));
      expect(during(100_000)).toEqual([]);
      undo();
      expect(during(0)).toEqual(["0 up 3", "0 up 5", "0 down 4"]);
    });

    it("timeout holds everything until it closes the connection", () => {
      station.rules.add(timeout(500));
      open();
      expect(during(1000)).toEqual(["500 closed: closed by peer"]);
    });

    it("resetPeer ends a connection with the first thing that goes over it when it is old enough", () => {
      const [socket] = connect();
      clock.advance(500);
      station.rules.add(resetPeer(10_600));
      socket.write(bytes(1));
      expect(during(100)).toEqual(["0 up 1"]);
      socket.write(bytes(2));
      expect(during(100).sort()).toEqual(["0 closed: connection reset", "0 peer reset"]);
    });

    it("slowClose delays the end alone", () => {
      station.rules.add(slowClose(300));
      const [socket] = connect();
      socket.write(bytes(1));
      socket.close();
      expect(during(1000)).toEqual(["0 up 1", "300 peer closed"]);
    });

    it("down refuses new connections and leaves the others alone", () => {
      const [socket] = connect();
      const undo = station.rules.add(down);
      open();
      expect(during(10)).toEqual(["0 closed: connection refused"]);
      socket.write(bytes(1));
      expect(during(10)).toEqual(["0 up 1"]);
      undo();
      open();
      expect(during(10)).toEqual(["0 accepted", "0 room 1536"]);
    });

    it("can be any function, which sees what passes", () => {
      const seen: Piece[] = [];
      station.rules.add((piece) => {
        seen.push({ ...piece, bytes: piece.bytes.slice() });
      });
      const [socket, peer] = connect();
      clock.advance(1000);
      socket.write(Uint8Array.of(1, 2));
      peer.push(Uint8Array.of(3));
      socket.write(Uint8Array.of(4));
      clock.advance(0);
      expect(seen.map(({ kind, direction, position }) => [kind, direction, position])).toEqual([
        ["open", "up", 0],
        ["open", "down", 0],
        ["data", "up", 0],
        ["data", "down", 0],
        ["data", "up", 2],
      ]);
      expect(seen[2]).toMatchObject({ connection: 1, age: 11_000, bytes: Uint8Array.of(1, 2) });
    });

    it("are refused when they would stop a stream for ever by mistake", () => {
      const [socket] = connect();
      station.rules.add((_, verdict) => verdict.take(0));
      expect(() => socket.write(bytes(1))).toThrow("a rule took 0 bytes");
    });

    it("are all taken back by clear", () => {
      const [socket] = connect();
      station.rules.add(stall);
      station.rules.add(latency(10));
      socket.write(bytes(1));
      expect(during(100)).toEqual([]);
      station.rules.clear();
      expect(during(100)).toEqual(["0 up 1"]);
    });
  });

  describe("a station", () => {
    it("that is offline has its connections stand still, and opens no others", () => {
      const [socket, peer] = connect();
      station.online = false;
      socket.write(bytes(1));
      peer.push(bytes(2));
      open();
      expect(during(60_000)).toEqual(["0 closed: no network"]);
      station.online = true;
      expect(during(0)).toEqual(["0 up 1", "0 down 2"]);
    });

    it("that is offline resolves addresses only", () => {
      network.name("broker.test", ADDRESS);
      station.online = false;
      const found: (string | undefined)[] = [];
      station.resolve("broker.test", (address) => found.push(address));
      station.resolve(ADDRESS, (address) => found.push(address));
      clock.advance(0);
      station.online = true;
      station.resolve("BROKER.test", (address) => found.push(address));
      clock.advance(0);
      network.name("Broker.test", undefined);
      station.resolve("broker.test", (address) => found.push(address));
      clock.advance(0);
      expect(found).toEqual([undefined, ADDRESS, ADDRESS, undefined]);
    });

    it("can have all its connections cut", () => {
      connect();
      connect();
      station.cut();
      expect(during(0).sort()).toEqual([
        "0 closed: connection reset",
        "0 closed: connection reset",
        "0 peer reset",
        "0 peer reset",
      ]);
      expect(station.links).toEqual([]);
    });

    it("that loses power tells nobody", () => {
      const [socket, peer] = connect();
      socket.write(bytes(5));
      peer.push(bytes(5));
      station.vanish();
      socket.close();
      expect(during(60_000)).toEqual([]);
      peer.push(bytes(5));
      peer.close();
      expect(during(60_000)).toEqual([]);
      expect(station.links).toEqual([]);
    });

    it("has rules of its own", () => {
      const other = network.station();
      station.rules.add(down);
      other.openSocket({
        host: "x",
        address: ADDRESS,
        port: PORT,
        onWritable: () => note("other is open"),
        onReadable: () => {},
        onClose: () => {},
      });
      open();
      expect(during(0)).toEqual(["0 accepted", "0 closed: connection refused", "0 other is open"]);
    });
  });
});

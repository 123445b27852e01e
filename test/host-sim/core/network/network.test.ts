import { beforeEach, describe, expect, it } from "vitest";
import { bandwidth, down, only } from "../../../../host-sim/core/network/rules.js";
import { ADDRESS, bytes, PORT, Rig } from "../link-rig.js";

describe("network in memory", () => {
  let rig: Rig;

  beforeEach(() => {
    rig = new Rig();
  });

  describe("without rules", () => {
    it("connects and delivers at once, but never within the call", () => {
      const socket = rig.open();
      expect(rig.log).toEqual([]);
      rig.clock.advance(0);
      expect(rig.log).toEqual(["0 accepted", "0 room 1536"]);
      socket.write(bytes(10));
      rig.peers[0]?.push(bytes(20));
      expect(rig.log.length).toBe(2);
      rig.clock.advance(0);
      expect(rig.log.slice(2)).toEqual(["0 up 10", "0 down 20"]);
    });

    it("keeps each write a piece of its own, so that a test can count them", () => {
      const [socket] = rig.connect();
      for (const size of [1, 2, 3]) socket.write(bytes(size));
      expect(rig.during(0)).toEqual(["0 up 1", "0 up 2", "0 up 3"]);
    });

    it("refuses where nobody listens, and where nobody listens any more", () => {
      rig.open(1884);
      expect(rig.during(10)).toEqual(["0 closed: connection refused"]);
      const stop = rig.network.listen(ADDRESS, 1885, () => ({ onBytes: () => {}, onClose: () => {} }));
      stop();
      rig.open(1885);
      expect(rig.during(10)).toEqual(["0 closed: connection refused"]);
      expect(rig.station.links).toEqual([]);
    });

    it("does not let two listen at one place", () => {
      expect(() => rig.network.listen(ADDRESS, PORT, () => ({ onBytes: () => {}, onClose: () => {} }))).toThrow(
        "somebody listens at 192.0.2.1:1883 already",
      );
    });

    it("forgets a connection when both sides have ended it", () => {
      const [socket] = rig.connect();
      expect(rig.station.links.length).toBe(1);
      socket.close();
      expect(rig.during(0)).toEqual(["0 peer closed"]);
      expect(rig.station.links).toEqual([]);
      const [, peer] = rig.connect();
      peer.close();
      expect(rig.during(0)).toEqual(["0 closed: closed by peer"]);
      expect(rig.station.links).toEqual([]);
      expect(rig.station.connections).toBe(2);
    });

    it("delivers what was written before close() and loses what a reset overtakes", () => {
      const [socket, peer] = rig.connect();
      socket.write(bytes(5));
      socket.close();
      expect(rig.during(0)).toEqual(["0 up 5", "0 peer closed"]);

      rig.station.rules.add(only("down", bandwidth(1000)));
      const [, second] = rig.connect();
      second.push(bytes(100));
      second.push(bytes(100));
      second.reset();
      expect(rig.during(1000)).toEqual(["100 down 100", "100 closed: connection reset"]);
      expect(() => peer.push(bytes(1))).not.toThrow();
    });

    it("is not confused by a connection that was quiet while the clock wrapped around", () => {
      const [socket] = rig.connect();
      socket.write(bytes(1));
      rig.clock.advance(0x8000_0010);
      socket.write(bytes(2));
      expect(rig.during(10)).toEqual(["0 up 2"]);
    });

    it("refuses a window that is none", () => {
      expect(() => rig.network.station({ window: 0 })).toThrow("window is 0: must be 1 byte or more");
      expect(() => rig.network.station({ receiveWindow: 1.5 })).toThrow("receiveWindow is 1.5");
    });
  });

  describe("windows", () => {
    it("make a node wait for a peer that does not read", () => {
      rig = new Rig({ window: 100, peerWindow: 50 });
      const [socket, peer] = rig.connect();
      peer.pause();
      expect(socket.write(bytes(100))).toBe(0);
      expect(rig.during(1000)).toEqual(["0 room 50"]);
      expect(socket.write(bytes(50))).toBe(0);
      expect(rig.during(1000)).toEqual([]);
      peer.resume();
      expect(rig.during(1000)).toEqual(["0 up 50", "0 room 50", "0 up 50"]);
    });

    it("make a peer wait for a node that does not read", () => {
      rig = new Rig({ receiveWindow: 30 });
      const socket = rig.station.openSocket({
        host: "broker.test",
        address: ADDRESS,
        port: PORT,
        onWritable: () => {},
        onReadable: (count) => rig.note(`down ${count}`),
        onClose: () => {},
      });
      rig.clock.advance(0);
      rig.peers[0]?.push(bytes(70));
      expect(rig.during(1000)).toEqual(["0 down 30"]);
      expect(socket.read(bytes(10))).toBe(10);
      expect(rig.during(1000)).toEqual(["0 down 30"]);
      expect(socket.read(bytes(100))).toBe(30);
      expect(rig.during(1000)).toEqual(["0 down 30"]);
      expect(socket.read(bytes(100))).toBe(30);
      expect(rig.during(1000)).toEqual([]);
      expect(socket.read(bytes(100))).toBe(0);
    });
  });

  describe("a station", () => {
    it("that is offline has its connections stand still, and opens no others", () => {
      const [socket, peer] = rig.connect();
      rig.station.online = false;
      socket.write(bytes(1));
      peer.push(bytes(2));
      rig.open();
      expect(rig.during(60_000)).toEqual(["0 closed: no network"]);
      rig.station.online = true;
      expect(rig.during(0)).toEqual(["0 up 1", "0 down 2"]);
    });

    it("that is offline resolves addresses only", () => {
      rig.network.name("broker.test", ADDRESS);
      rig.station.online = false;
      const found: (string | undefined)[] = [];
      rig.station.resolve("broker.test", (address) => found.push(address));
      rig.station.resolve(ADDRESS, (address) => found.push(address));
      rig.clock.advance(0);
      rig.station.online = true;
      rig.station.resolve("BROKER.test", (address) => found.push(address));
      rig.clock.advance(0);
      rig.network.name("Broker.test", undefined);
      rig.station.resolve("broker.test", (address) => found.push(address));
      rig.clock.advance(0);
      expect(found).toEqual([undefined, ADDRESS, ADDRESS, undefined]);
    });

    it("can have all its connections cut", () => {
      rig.connect();
      rig.connect();
      rig.station.cut();
      expect(rig.during(0).sort()).toEqual([
        "0 closed: connection reset",
        "0 closed: connection reset",
        "0 peer reset",
        "0 peer reset",
      ]);
      expect(rig.station.links).toEqual([]);
    });

    it("that loses power tells nobody", () => {
      const [socket, peer] = rig.connect();
      socket.write(bytes(5));
      peer.push(bytes(5));
      rig.station.vanish();
      socket.close();
      expect(rig.during(60_000)).toEqual([]);
      peer.push(bytes(5));
      peer.close();
      expect(rig.during(60_000)).toEqual([]);
      expect(rig.station.links).toEqual([]);
    });

    it("has rules of its own", () => {
      const other = rig.network.station();
      rig.station.rules.add(down);
      other.openSocket({
        host: "x",
        address: ADDRESS,
        port: PORT,
        onWritable: () => rig.note("other is open"),
        onReadable: () => {},
        onClose: () => {},
      });
      rig.open();
      expect(rig.during(0)).toEqual(["0 accepted", "0 closed: connection refused", "0 other is open"]);
    });
  });
});

import { beforeEach, describe, expect, it } from "vitest";
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
} from "../../../../host-sim/core/network/rules.js";
import { RandomStream } from "../../../../host-sim/core/world/random.js";
import { bytes, Rig } from "../link-rig.js";

describe("rules of the network", () => {
  let rig: Rig;

  beforeEach(() => {
    rig = new Rig();
  });

  it("latency makes everything later, and nothing overtakes", () => {
    rig.station.rules.add(only("up", latency(100)));
    const [socket] = rig.connect();
    const undo = rig.station.rules.add(only("up", latency(50)));
    socket.write(bytes(1));
    undo();
    socket.write(bytes(2));
    expect(rig.during(1000)).toEqual(["150 up 1", "150 up 2"]);
  });

  it("latency applies to connecting, once there and once back", () => {
    rig.station.rules.add(latency(40));
    rig.open();
    expect(rig.during(1000)).toEqual(["40 accepted", "80 room 1536"]);
  });

  it("jitter varies from piece to piece, the same for the same seed", () => {
    const run = () => {
      rig = new Rig({ rules: [only("up", latency(100, 90, new RandomStream(5).random))] });
      const [socket] = rig.connect();
      const times: string[] = [];
      for (let i = 0; i < 5; i++) {
        socket.write(bytes(1));
        times.push(...rig.during(1000));
      }
      return times;
    };
    const times = run();
    expect(new Set(times).size).toBeGreaterThan(2);
    expect(run()).toEqual(times);
    expect(() => latency(1, 1)).toThrow("source of randomness");
  });

  it("bandwidth takes time by the byte, exactly, however small the pieces", () => {
    rig.station.rules.add(only("up", bandwidth(3000)));
    const [socket] = rig.connect();
    for (let i = 0; i < 300; i++) socket.write(bytes(1));
    socket.write(bytes(600));
    const times = rig.during(10_000);
    expect([times[0], times[299], times[300]]).toEqual(["0 up 1", "100 up 1", "300 up 600"]);
    expect(() => bandwidth(0)).toThrow("must be above 0");
  });

  it("slicer cuts, with time between the slices", () => {
    rig.station.rules.add(slicer(4, 0, 10));
    const [socket] = rig.connect();
    socket.write(bytes(10));
    expect(rig.during(1000)).toEqual(["10 up 4", "20 up 4", "30 up 2"]);
  });

  it.each([0, 1, 5, 9, 10])("limitData ends the connection behind exactly %d bytes, on both sides", (limit) => {
    const [socket] = rig.connect();
    rig.station.rules.add(only("up", limitData(limit, "reset")));
    socket.write(bytes(10));
    socket.write(bytes(10));
    expect(rig.during(10).sort()).toEqual([
      "0 closed: connection reset",
      "0 peer reset",
      ...(limit > 0 ? [`0 up ${limit}`] : []),
    ]);
    expect(rig.station.links).toEqual([]);
  });

  it("limitData does nothing before that", () => {
    const [socket] = rig.connect();
    rig.station.rules.add(limitData(11));
    socket.write(bytes(10));
    expect(rig.during(10)).toEqual(["0 up 10"]);
    socket.write(bytes(10));
    expect(rig.during(10).sort()).toEqual(["0 closed: closed by peer", "0 peer closed", "0 up 1"]);
  });

  it("do not care in which order they are added", () => {
    const rules = [slicer(3), limitData(7), only("up", bandwidth(1000)), latency(20)];
    const run = (order: number[]) => {
      rig = new Rig();
      const [socket] = rig.connect();
      for (const index of order) rig.station.rules.add(rules[index] as (typeof rules)[number]);
      socket.write(bytes(10));
      return rig.during(1000);
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
    const [socket, peer] = rig.connect();
    const undo = rig.station.rules.add(stall);
    socket.write(bytes(3));
    peer.push(bytes(4));
    socket.write(bytes(5));
    expect(rig.during(100_000)).toEqual([]);
    undo();
    expect(rig.during(0)).toEqual(["0 up 3", "0 up 5", "0 down 4"]);
  });

  it("timeout holds everything until it closes the connection", () => {
    rig.station.rules.add(timeout(500));
    rig.open();
    expect(rig.during(1000)).toEqual(["500 closed: closed by peer"]);
  });

  it("resetPeer ends a connection with the first thing that goes over it when it is old enough", () => {
    const [socket] = rig.connect();
    rig.clock.advance(500);
    rig.station.rules.add(resetPeer(10_600));
    socket.write(bytes(1));
    expect(rig.during(100)).toEqual(["0 up 1"]);
    socket.write(bytes(2));
    expect(rig.during(100).sort()).toEqual(["0 closed: connection reset", "0 peer reset"]);
  });

  it("slowClose delays the end alone", () => {
    rig.station.rules.add(slowClose(300));
    const [socket] = rig.connect();
    socket.write(bytes(1));
    socket.close();
    expect(rig.during(1000)).toEqual(["0 up 1", "300 peer closed"]);
  });

  it("down refuses new connections and leaves the others alone", () => {
    const [socket] = rig.connect();
    const undo = rig.station.rules.add(down);
    rig.open();
    expect(rig.during(10)).toEqual(["0 closed: connection refused"]);
    socket.write(bytes(1));
    expect(rig.during(10)).toEqual(["0 up 1"]);
    undo();
    rig.open();
    expect(rig.during(10)).toEqual(["0 accepted", "0 room 1536"]);
  });

  it("can be any function, which sees what passes", () => {
    const seen: Piece[] = [];
    rig.station.rules.add((piece) => {
      seen.push({ ...piece, bytes: piece.bytes.slice() });
    });
    const [socket, peer] = rig.connect();
    rig.clock.advance(1000);
    socket.write(Uint8Array.of(1, 2));
    peer.push(Uint8Array.of(3));
    socket.write(Uint8Array.of(4));
    rig.clock.advance(0);
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
    const [socket] = rig.connect();
    rig.station.rules.add((_, verdict) => verdict.take(0));
    expect(() => socket.write(bytes(1))).toThrow("a rule took 0 bytes");
  });

  it("are all taken back by clear", () => {
    const [socket] = rig.connect();
    rig.station.rules.add(stall);
    rig.station.rules.add(latency(10));
    socket.write(bytes(1));
    expect(rig.during(100)).toEqual([]);
    rig.station.rules.clear();
    expect(rig.during(100)).toEqual(["0 up 1"]);
  });
});

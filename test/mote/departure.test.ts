import { beforeEach, describe, expect, it } from "vitest";
import { latency } from "../../host-sim/core/network/rules.js";
import { Bench } from "./bench.js";

describe("stopping", () => {
  let bench: Bench;
  let done: number;

  beforeEach(() => {
    bench = new Bench();
    done = 0;
  });

  function stop(grace = 5000): void {
    bench.node?.stop(grace, () => {
      done++;
    });
  }

  it("says offline, disconnects, and puts everything away", () => {
    bench.startConnected();
    stop();
    expect(done).toBe(0);
    bench.clock.advance(1000);
    expect(done).toBe(1);
    expect(bench.status.at(-1)).toEqual({
      status: "offline",
      instance: bench.status[0]?.instance,
      reason: "stopped",
    });
    expect(bench.broker.connected("mote")).toBe(false);
    expect(bench.notes.lines.at(-1)).toBe("disconnected closed");
    expect(bench.link?.closed).toBe(true);
    expect(bench.colours.at(-1)).toBe(0);
    bench.clock.advance(600_000);
    expect(bench.clock.pending).toBe(0);
  });

  it("leaves no timer behind, wherever its statuses and what the broker passes on of them are", () => {
    for (let moment = 0; moment < 300; moment += 10) {
      bench = new Bench();
      done = 0;
      const { broker, clock } = bench;
      // Acknowledged first, passed on later.
      broker.answersWith = (packet) => {
        if (packet.cmd !== "publish" || packet.messageId === undefined) return undefined;
        const { topic, payload, qos: QoS, retain, messageId } = packet;
        clock.setTimer(() => broker.arrived({ topic, payload: `${payload}`, QoS, retain }), 30);
        return [{ cmd: "puback", messageId }];
      };
      bench.station.rules.add(latency(20, 0, () => 0));
      bench.start();
      bench.link?.change("up");
      bench.clock.advance(moment);
      stop();
      expect(bench.clock.runUntil(() => done > 0, 10_000)).toBe(true);
      bench.clock.advance(1000);
      expect(bench.clock.pending, `stopped ${moment} ms after the network was there`).toBe(0);
    }
  });

  it("waits for what is accepted to be delivered, and takes no more readings", () => {
    bench.broker.acknowledges = () => false;
    bench.startConnected({ override: { interval: 1000 } });
    bench.clock.advance(2000);
    bench.broker.acknowledges = () => true;
    stop(60_000);
    bench.push();
    bench.broker.kick("mote");
    bench.clock.runUntil(() => done > 0, 60_000);
    expect(done).toBe(1);
    expect(new Set(bench.readings().map(({ seq }) => seq))).toEqual(new Set([1, 2, 3]));
    expect(bench.status.at(-1)).toMatchObject({ status: "offline", reason: "stopped" });
  });

  it("ends when the grace does, and what is not delivered is delivered after the next start", () => {
    bench.broker.acknowledges = ({ topic }) => !topic.includes("/reading/");
    bench.startConnected();
    stop(3000);
    bench.clock.advance(2900);
    expect(done).toBe(0);
    bench.clock.advance(200);
    expect(done).toBe(1);
    expect(bench.status.at(-1)).toMatchObject({ status: "offline", reason: "stopped" });
    bench.broker.acknowledges = () => true;
    bench.startConnected();
    bench.clock.advance(1000);
    expect(bench.readings().filter(({ boot }) => boot === bench.status[0]?.instance)).toHaveLength(2);
  });

  it("leaves the last will to speak when the broker does not acknowledge the offline status", () => {
    bench.startConnected();
    bench.broker.acknowledges = () => false;
    stop(1000);
    bench.clock.advance(2000);
    expect(done).toBe(1);
    expect(bench.status.at(-1)).toMatchObject({ status: "offline", reason: "connection lost" });
  });

  it("before there is a network ends at once when nothing waits", () => {
    bench.sensors = [];
    bench.start();
    stop();
    bench.clock.advance(100);
    expect(done).toBe(1);
  });

  it("before there is a network waits for it as long as the grace lasts", () => {
    bench.start();
    bench.settle();
    stop(5000);
    bench.clock.advance(2000);
    expect(done).toBe(0);
    bench.link?.change("up");
    bench.clock.advance(2000);
    expect(done).toBe(1);
    expect(bench.readings()).toHaveLength(1);
    expect(bench.status).toMatchObject([{ status: "offline", reason: "stopped" }]);
  });

  it("ends although the broker takes nothing any more", () => {
    bench.startConnected();
    bench.station.online = false;
    stop(1000);
    bench.clock.advance(4000);
    expect(done).toBe(1);
  });

  it("asked for again calls back each time, and takes the new grace", () => {
    bench.broker.acknowledges = () => false;
    bench.startConnected();
    stop(60_000);
    stop(0);
    bench.clock.advance(3000);
    expect(done).toBe(2);
    stop();
    expect(done).toBe(2);
    bench.clock.advance(0);
    expect(done).toBe(3);
  });

  it("reports what throws, and goes on", () => {
    bench.startConnected();
    bench.node?.stop(1000, () => {
      throw new Error("broken");
    });
    stop();
    bench.clock.advance(1000);
    expect(bench.notes.errors).toEqual(["stop: broken"]);
    expect(done).toBe(1);
  });
});

import { describe, expect, it } from "vitest";
import { bandwidth } from "../../host-sim/core/network/rules.js";
import { StorageFailure } from "../../src/platforms/storage-error.js";
import { Bench } from "./bench.js";

const RESULT = "motewire/mote/result/restart";

/** Lets restarted and dead machines come up again until nothing happens any more. @returns how often the machine started */
function comeToRest(bench: Bench): number {
  for (let starts = 0; starts < 10; starts++) {
    if (!bench.clock.runUntil(() => bench.boot?.running === false, 120_000)) return starts;
    bench.startConnected();
  }
  throw new Error("the machine restarts for ever");
}

describe("a commanded restart", () => {
  it("happens once its result is acknowledged, with the status offline", () => {
    const bench = new Bench();
    bench.broker.acknowledges = ({ topic }) => topic !== RESULT;
    bench.startConnected();
    bench.command("restart", { id: "r1" });
    bench.clock.advance(5000);
    expect(bench.result("restart")).toEqual({ id: "r1", ok: true });
    expect(bench.restarts).toBe(0);

    bench.broker.acknowledges = () => true;
    bench.broker.kick("mote");
    bench.clock.runUntil(() => bench.restarts > 0, 120_000);
    expect(bench.restarts).toBe(1);
    expect(bench.status.at(-1)).toMatchObject({ status: "offline", reason: "restart" });
    expect(bench.broker.connected("mote")).toBe(false);
  });

  it("leaves nothing behind that was accepted", () => {
    const bench = new Bench();
    bench.startConnected({ override: { interval: 100 } });
    bench.clock.advance(1000);
    bench.command("restart", { id: "r1" });
    comeToRest(bench);
    const boot = bench.broker.objects("motewire/mote/reading/climate").filter(({ boot }) => boot?.startsWith("1-"));
    expect(boot.map(({ seq }) => seq)).toEqual(boot.map((_, at) => at + 1));
  });

  it("happens although something else is never acknowledged", () => {
    const bench = new Bench();
    bench.broker.acknowledges = ({ topic }) => !topic.includes("/reading/");
    bench.startConnected();
    bench.command("restart", { id: "r1" });
    bench.clock.advance(10_000);
    expect(bench.restarts).toBe(1);
  });

  it("is not repeated when the broker sends the command again", () => {
    const bench = new Bench();
    bench.startConnected();
    bench.command("restart", { id: "r1" });
    expect(comeToRest(bench)).toBe(1);
    bench.command("restart", { id: "r1" });
    expect(comeToRest(bench)).toBe(0);
    expect(bench.result("restart")).toEqual({ id: "r1", ok: true, repeated: true });
    expect(bench.restarts).toBe(1);
  });

  it("is repeated for another id", () => {
    const bench = new Bench();
    bench.startConnected();
    for (const id of ["r1", "r2", "r3"]) {
      bench.command("restart", { id });
      comeToRest(bench);
    }
    expect(bench.restarts).toBe(3);
  });

  it("is refused while another one is under way", () => {
    const bench = new Bench();
    bench.broker.acknowledges = ({ topic }) => topic !== RESULT;
    bench.startConnected();
    bench.command("restart", { id: "r1" });
    bench.command("restart", { id: "r2" });
    expect(bench.result("restart")).toEqual({
      id: "r2",
      ok: false,
      error: "a restart is under way already, by the command with the id r1",
    });
    bench.command("restart", { id: "r1" });
    expect(bench.result("restart")).toEqual({ id: "r1", ok: true, repeated: true });
  });

  it("is called off, and obeyed when it comes again, when its result is lost", () => {
    const bench = new Bench({ window: 64 });
    bench.startConnected();
    bench.clock.advance(1000);
    bench.station.rules.add(bandwidth(50));
    // The store takes the first result, and no more, so that the second goes out with QoS 0: when there is room, behind the first.
    const write = bench.session.write.bind(bench.session);
    let results = 0;
    bench.session.write = (key, value) => {
      if (key.startsWith("o") && ++results > 1) throw new StorageFailure("full", "no room");
      write(key, value);
    };
    bench.broker.publish("motewire/mote/command/settings", "");
    bench.broker.publish("motewire/mote/command/restart", '{"id":"r1"}');
    bench.clock.runUntil(() => bench.notes.lines.some((line) => line.startsWith("result restart")), 5000);
    bench.clock.advance(100);
    bench.session.write = write;
    bench.broker.kick("mote");
    bench.clock.advance(1000);
    expect(bench.notes.lines).toContainEqual(expect.stringMatching(/^published \d+ lost$/));
    expect(bench.restarts).toBe(0);
    // The broker has seen no acknowledgement of the command either.
    comeToRest(bench);
    expect(bench.result("restart")).toEqual({ id: "r1", ok: true });
    expect(bench.restarts).toBe(1);
  });

  it("happens although the store takes no result: it is told with QoS 0", () => {
    const bench = new Bench();
    bench.startConnected();
    const write = bench.session.write.bind(bench.session);
    bench.session.write = (key, value) => {
      if (key.startsWith("o")) throw new StorageFailure("full", "no room");
      write(key, value);
    };
    bench.command("restart", { id: "r1" });
    expect(bench.broker.on(RESULT)).toMatchObject([{ QoS: 0, payload: '{"id":"r1","ok":true}' }]);
    bench.session.write = write;
    comeToRest(bench);
    expect(bench.restarts).toBe(1);
  });

  it("is refused when it cannot be known whether it was obeyed before", () => {
    const bench = new Bench();
    bench.startConnected();
    const { read } = bench.settings;
    bench.settings.read = () => {
      throw new Error("unreadable");
    };
    bench.command("restart", { id: "r1" });
    bench.settings.read = read;
    expect(bench.result("restart")).toEqual({ id: "r1", ok: false, error: "unreadable" });
    expect(comeToRest(bench)).toBe(0);
  });

  it("takes a broken record of what was obeyed for none", () => {
    const bench = new Bench();
    bench.settings.write("restarts", Uint8Array.of(0xff));
    bench.startConnected();
    bench.command("restart", { id: "r1" });
    expect(bench.notes.errors).toEqual([expect.stringContaining("settings: ")]);
    comeToRest(bench);
    expect(bench.restarts).toBe(1);
  });

  it("does not follow when the node is being stopped already", () => {
    const bench = new Bench();
    bench.broker.acknowledges = ({ topic }) => topic !== RESULT;
    bench.startConnected();
    bench.command("restart", { id: "r1" });
    let done = 0;
    bench.node?.stop(10_000, () => {
      done++;
    });
    bench.broker.acknowledges = () => true;
    bench.broker.kick("mote");
    bench.clock.advance(30_000);
    expect(done).toBe(1);
    expect(bench.restarts).toBe(0);
    expect(bench.status.at(-1)).toMatchObject({ status: "offline", reason: "stopped" });
  });

  it("keeps the ids of the last four", () => {
    const bench = new Bench();
    bench.startConnected();
    const ids = ["r1", "r2", "r3", "r4", "r5"];
    for (const id of ids) {
      bench.command("restart", { id });
      comeToRest(bench);
    }
    expect(new TextDecoder().decode(bench.settings.read("restarts"))).toBe("r5\nr4\nr3\nr2");
    for (const id of ids.slice(1)) bench.command("restart", { id });
    expect(comeToRest(bench)).toBe(0);
  });
});

describe("power that fails while a restart is commanded", () => {
  /** Runs the command to its end with power failing at the n-th step. @returns false when there is no such step any more */
  function run(step: number, kind: "write" | "send" | "answer"): boolean {
    let steps = 0;
    let commanded = false;
    let cut = false;
    const count = () => {
      if (!commanded || cut || steps++ !== step) return;
      cut = true;
      bench.boot?.halt();
    };
    const bench = new Bench({
      beforeWrite: () => kind === "write" && count(),
      afterWrite: () => kind === "write" && count(),
    });
    bench.broker.onPacket = () => kind === "send" && count();
    bench.broker.onAnswer = () => kind === "answer" && count();
    bench.startConnected();
    commanded = true;
    bench.broker.publish("motewire/mote/command/restart", '{"id":"r1"}');
    bench.clock.runUntil(() => bench.boot?.running === false, 10_000);
    if (cut) bench.broker.kick("mote");

    comeToRest(bench);
    const where = `${kind} ${step}`;
    // It has started anew, by command or by the failing power, and the command is done with.
    expect(bench.status.at(-1), where).toMatchObject({ status: "online" });
    expect(bench.restarts, where).toBeLessThanOrEqual(1);
    expect(bench.restarts + (cut ? 1 : 0), where).toBeGreaterThanOrEqual(1);
    expect(bench.result("restart"), where).toMatchObject({ id: "r1", ok: true });
    const restarts = bench.restarts;
    commanded = false;
    bench.command("restart", { id: "r1" });
    expect(comeToRest(bench), where).toBe(0);
    expect(bench.restarts, where).toBe(restarts);
    return cut;
  }

  it.each(["write", "send", "answer"] as const)("at any %s leads to no loop and loses no answer", (kind) => {
    let step = 0;
    while (run(step, kind)) step++;
    expect(step).toBeGreaterThan(1);
  });
});

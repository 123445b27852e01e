import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { generate, type Packet, parser } from "mqtt-packet";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type EmbeddedBroker, startBroker } from "../../../host-sim/cli/broker.js";
import { Observer } from "../../../host-sim/cli/observer.js";
import { RawMqtt, removeSession } from "../../../host-sim/cli/raw-mqtt.js";
import type { BrokerAddress } from "../../../src/platforms/broker-url.js";
import { describeWith } from "../../support/describe-with.js";
import { freePort, Mosquitto } from "../../support/mosquitto.js";

const cleanUp: (() => unknown)[] = [];

afterEach(async () => {
  for (const end of cleanUp.splice(0).reverse()) await end();
});

const until = (check: () => void) => vi.waitFor(check, { timeout: 10_000, interval: 5 });

function observe(broker: BrokerAddress, persistent = false) {
  const seen: string[] = [];
  const problems: string[] = [];
  const observer = new Observer({
    broker,
    filter: "motewire/mote/#",
    persistent,
    onSeen: (topic, payload, QoS) => seen.push(`${topic} ${payload} ${QoS}`),
    onProblem: (problem) => problems.push(problem),
  });
  cleanUp.push(() => observer.end());
  return { observer, seen, problems };
}

/** Publishes and resolves when the broker has taken it for good. */
async function publish(broker: BrokerAddress, topic: string, payload: string, qos: 0 | 1 | 2, retain = false) {
  await new Promise<void>((done, fail) => {
    const link = new RawMqtt(broker, `test-${Math.random()}`, true, {
      onPacket(packet) {
        if (packet.cmd === "connack")
          link.send({ cmd: "publish", topic, payload, qos, retain, dup: false, ...(qos > 0 ? { messageId: 9 } : {}) });
        if (packet.cmd === "pubrec") link.send({ cmd: "pubrel", messageId: 9 });
        if (qos === 0 || packet.cmd === "puback" || packet.cmd === "pubcomp") {
          link.end();
          done();
        }
      },
      onClose: (reason) => fail(new Error(reason)),
    });
  });
}

describe("with the embedded broker", () => {
  let broker: EmbeddedBroker;

  beforeEach(async () => {
    broker = await startBroker(await freePort());
    cleanUp.push(() => broker.close());
  });

  test("sees each message once, with its QoS", async () => {
    const { observer, seen, problems } = observe(broker);
    await observer.settled();
    expect(observer.state).toBe("watching");
    expect(observer.granted).toBe(2);
    for (const QoS of [0, 1, 2] as const) await publish(broker, "motewire/mote/reading/x", `{"n":${QoS}}`, QoS);
    await observer.flush();
    await until(() => expect(seen).toHaveLength(3));
    expect(seen).toEqual([0, 1, 2].map((QoS) => `motewire/mote/reading/x {"n":${QoS}} ${QoS}`));
    expect(problems).toEqual([]);
  });

  test("does not see what was retained before it came, nor what others publish", async () => {
    await publish(broker, "motewire/mote/status", "old", 1, true);
    const { observer, seen } = observe(broker);
    await observer.settled();
    await publish(broker, "motewire/other/status", "other", 1, true);
    await publish(broker, "motewire/mote/status", "new", 1, true);
    await until(() => expect(seen).toEqual(["motewire/mote/status new 1"]));
  });

  test("the next free port is taken when the first is not free", async () => {
    const second = await startBroker(broker.port);
    cleanUp.push(() => second.close());
    expect(second.port).toBeGreaterThan(broker.port);
    const { observer } = observe(second);
    await observer.settled();
    expect(observer.state).toBe("watching");
  });

  test("closing the broker ends its connections and frees the port", async () => {
    const socket = connect(broker.port, broker.host);
    const { observer } = observe(broker);
    await observer.settled();
    const closed = once(socket, "close");
    await broker.close();
    await closed;
    const again = await startBroker(broker.port);
    cleanUp.push(() => again.close());
    expect(again.port).toBe(broker.port);
  });
});

describe("with a broker that misbehaves", () => {
  let server: Server;
  let port: number;
  let answer: (packet: Packet, reply: (packet: Packet) => void, socket: Socket) => void;
  const connects: Packet[] = [];

  beforeEach(async () => {
    connects.length = 0;
    port = await freePort();
    server = createServer((socket) => {
      cleanUp.push(() => socket.destroy());
      const decoder = parser({ protocolVersion: 4 });
      const reply = (packet: Packet) => socket.write(generate(packet, { protocolVersion: 4 }));
      decoder.on("packet", (packet) => {
        if (packet.cmd === "connect") connects.push(packet);
        answer(packet, reply, socket);
      });
      socket.on("data", (bytes) => decoder.parse(bytes)).on("error", () => {});
    }).listen(port, "127.0.0.1");
    cleanUp.push(() => server.close());
    await once(server, "listening");
  });

  const broker = () => ({ host: "127.0.0.1", port });

  function accept(granted: number): typeof answer {
    return (packet, reply) => {
      if (packet.cmd === "connect") reply({ cmd: "connack", returnCode: 0, sessionPresent: connects.length > 1 });
      if (packet.cmd === "subscribe")
        reply({ cmd: "suback", messageId: packet.messageId as number, granted: [granted] });
      if (packet.cmd === "pingreq") reply({ cmd: "pingresp" });
    };
  }

  test.each([
    [4, "the broker refuses it: bad user name or password"],
    [5, "the broker refuses it: not authorized"],
  ])("a refusal with code %i is told in words and is final", async (returnCode, words) => {
    answer = (_packet, reply) => reply({ cmd: "connack", returnCode, sessionPresent: false });
    const { observer, problems } = observe(broker());
    await observer.settled();
    expect(observer.state).toBe("refused");
    expect(problems).toEqual([words]);
    await observer.flush();
  });

  test("a refused subscription is told", async () => {
    answer = accept(0x80);
    const { observer, problems } = observe(broker());
    await observer.settled();
    expect(observer.state).toBe("refused");
    expect(problems).toEqual(["the broker refuses its subscription to motewire/mote/#"]);
  });

  test("a broker without QoS 2 is told, and watched all the same", async () => {
    answer = accept(1);
    const { observer, problems } = observe(broker());
    await observer.settled();
    expect(observer.state).toBe("watching");
    expect(observer.granted).toBe(1);
    expect(problems).toEqual(["the broker grants QoS 1 instead of 2: what it delivers twice cannot be told"]);
  });

  test("a QoS 2 message that is sent again before its release is seen once, over a new connection too", async () => {
    const accepted = accept(2);
    const message: Packet = {
      cmd: "publish",
      topic: "motewire/mote/x",
      payload: "a",
      qos: 2,
      messageId: 5,
      dup: false,
      retain: false,
    };
    const acknowledged: string[] = [];
    answer = (packet, reply, socket) => {
      accepted(packet, reply, socket);
      if (packet.cmd === "subscribe") reply(message);
      if (packet.cmd === "pubrec" && connects.length === 1) socket.destroy();
      if (packet.cmd === "connect" && connects.length === 2) reply({ ...message, dup: true });
      if (packet.cmd === "pubrec" && connects.length === 2) reply({ cmd: "pubrel", messageId: 5 });
      if (packet.cmd === "pubcomp") {
        acknowledged.push("pubcomp");
        if (acknowledged.length === 1) reply(message);
      }
    };
    const { seen, problems } = observe(broker(), true);
    await until(() => expect(acknowledged).toEqual(["pubcomp", "pubcomp"]));
    // The second is a new message: the first one's identifier had been released.
    expect(seen).toEqual(["motewire/mote/x a 2", "motewire/mote/x a 2"]);
    expect(connects).toMatchObject([{ clean: false }, { clean: false }]);
    expect(problems).toEqual([]);
  });

  test("a broker that answers nothing counts as gone, and is tried again", { timeout: 15_000 }, async () => {
    answer = () => {};
    const { observer } = observe(broker());
    await until(() => expect(connects.length).toBeGreaterThan(1));
    expect(observer.state).toBe("connecting");
  });

  test("each attempt waits twice as long as the one before it, up to half a minute", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    cleanUp.push(() => vi.useRealTimers());
    // Whoever asks is gone before it has said anything.
    let came = () => {};
    server.removeAllListeners("connection").on("connection", (socket: Socket) => {
      socket.on("error", () => {}).destroy();
      came();
    });
    const attempt = () =>
      new Promise<void>((done) => {
        came = done;
      });
    let attempted = attempt();
    const asked: (number | undefined)[] = [];
    const { setTimeout: faked } = globalThis;
    const noting = (callback: () => void, ms?: number) => {
      asked.push(ms);
      return faked(callback, ms);
    };
    globalThis.setTimeout = noting as typeof setTimeout;
    cleanUp.push(() => {
      globalThis.setTimeout = faked;
    });
    observe(broker());
    for (const delay of [250, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]) {
      await attempted;
      while (!asked.includes(delay)) await new Promise(setImmediate);
      asked.length = 0;
      let isEarly = true;
      attempted = attempt().then(() => expect(isEarly).toBe(false));
      vi.advanceTimersByTime(delay - 1);
      for (let n = 0; n < 20; n++) await new Promise(setImmediate);
      isEarly = false;
      vi.advanceTimersByTime(1);
    }
    await attempted;
  });

  test("it keeps nobody out who came through to a broker that will not have it, and says that it may have missed something", async () => {
    answer = (_packet, _reply, socket) => socket.destroy();
    const { observer, problems } = observe(broker());
    await observer.hurry();
    expect(observer.state).toBe("connecting");
    observer.nodeConnected();
    expect(problems).toEqual(["the node was connected before it: messages may have passed unseen"]);
    answer = accept(2);
    await observer.hurry();
    expect(observer.state).toBe("watching");
    expect(observer.isReliable).toBe(false);
  });

  test("nor does it where the broker never answers", { timeout: 15_000 }, async () => {
    answer = () => {};
    const { observer } = observe(broker());
    await observer.hurry();
    expect(observer.state).toBe("connecting");
  });

  test("a session that the broker has forgotten is told", async () => {
    answer = (packet, reply, socket) => {
      if (packet.cmd === "connect") reply({ cmd: "connack", returnCode: 0, sessionPresent: false });
      if (packet.cmd === "subscribe") {
        reply({ cmd: "suback", messageId: packet.messageId as number, granted: [2] });
        if (connects.length === 1) socket.end();
      }
    };
    const { observer, problems } = observe(broker(), true);
    await until(() => expect(problems).toHaveLength(1));
    expect(problems).toEqual(["the broker has forgotten its session: messages may have passed unseen"]);
    await until(() => expect(observer.state).toBe("watching"));
  });
});

test("without a broker it goes on trying, and hurries when told to", async () => {
  const port = await freePort();
  const { observer } = observe({ host: "127.0.0.1", port });
  await until(() => expect(observer.state).toBe("connecting"));
  const broker = await startBroker(port);
  cleanUp.push(() => broker.close());
  observer.hurry();
  await observer.settled();
  expect(observer.state).toBe("watching");
});

describeWith("mosquitto", "with mosquitto", () => {
  let mosquitto: Mosquitto;

  beforeEach(async () => {
    mosquitto = await Mosquitto.start();
    cleanUp.push(() => mosquitto.remove());
  });

  test("misses nothing while the broker is stopped and started", async () => {
    const { observer, seen, problems } = observe(mosquitto, true);
    await observer.settled();
    await publish(mosquitto, "motewire/mote/x", "before", 2);
    await mosquitto.stop();
    await until(() => expect(observer.state).toBe("connecting"));
    await mosquitto.start();
    await publish(mosquitto, "motewire/mote/x", "after", 2);
    await until(() => expect(seen).toEqual(["motewire/mote/x before 2", "motewire/mote/x after 2"]));
    expect(problems).toEqual([]);
  });

  test("leaves no session behind", async () => {
    const { observer } = observe(mosquitto, true);
    await observer.settled();
    const id = /as (mw-observer-\w+) \(p2, c0/.exec(mosquitto.log)?.[1] as string;
    expect(id).toMatch(/^.{1,23}$/);
    await observer.end();
    // What mosquitto writes comes by another way than its answers.
    await expect.poll(() => mosquitto.log).toMatch(new RegExp(`as ${id} \\(p2, c1`));
  });

  test("a session is removed, and one that cannot be is said", async () => {
    expect(await removeSession(mosquitto, "anyone")).toBe(true);
    await mosquitto.stop();
    expect(await removeSession(mosquitto, "anyone")).toBe(false);
  });
});

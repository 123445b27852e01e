import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { identifierFor } from "../../src/mqtt/inflight.js";
import { Session } from "../../src/mqtt/session.js";
import { encodePublish } from "../../src/mqtt/wire/encode.js";
import { MapStore } from "../support/map-store.js";
import { PoweredClient } from "./powered.js";

const WINDOW = 3;

function sessionOn(store: MapStore | undefined, first = 1): Session {
  return new Session({ store, durability: "always", identity: "", window: WINDOW, maximumReceived: 8, first });
}

/** Accepts a message whose payload is its token. */
function accept(session: Session, QoS: 1 | 2 = 1): number {
  const token = session.nextToken();
  session.outbox.accept(token, encodePublish("a", 1, `${token}`, QoS, false, identifierFor(token)), undefined);
  return token;
}

describe("a backlog", () => {
  it("is held in the store: memory holds a window of it, through every connection and restart", () => {
    const operation = fc.oneof(
      { weight: 6, arbitrary: fc.constant("accept" as const) },
      { weight: 6, arbitrary: fc.constant("send" as const) },
      { weight: 6, arbitrary: fc.nat({ max: WINDOW - 1 }) },
      { weight: 1, arbitrary: fc.constant("reconnect" as const) },
      { weight: 1, arbitrary: fc.constant("restart" as const) },
      { weight: 1, arbitrary: fc.constant("drop every other" as const) },
      { weight: 1, arbitrary: fc.constant("mend" as const) },
    );
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 120 }), (operations) => {
        let store = new MapStore();
        let session = sessionOn(store);
        /** What is accepted and not delivered, in order, with the payload it has. */
        const model = new Map<number, string>();
        const delivered: number[] = [];
        const sentOnce = new Set<number>();
        session.outbox.online();
        const step = (what: (typeof operations)[number]) => {
          const { outbox } = session;
          const { log } = outbox;
          if (what === "accept") {
            const token = accept(session);
            model.set(token, `${token}`);
          } else if (what === "send") {
            if (log.sent === WINDOW) return;
            const entry = outbox.next();
            expect(entry?.token).toBe([...model.keys()][log.sent - (entry === undefined ? 0 : 1)]);
            if (entry === undefined) return;
            entry.attempted = true;
            sentOnce.add(entry.token);
          } else if (typeof what === "number") {
            if (what >= log.sent) return;
            const { token } = outbox.complete(what);
            model.delete(token);
            delivered.push(token);
          } else if (what === "reconnect") {
            outbox.offline();
            outbox.online();
          } else if (what === "restart") {
            store = store.copy();
            session = sessionOn(store);
            session.outbox.online();
          } else {
            const visited: number[] = [];
            outbox.review(({ token, payload, topic, QoS }) => {
              visited.push(token);
              expect([Buffer.from(payload).toString(), topic, QoS]).toEqual([model.get(token), "a", 1]);
              if (what === "drop every other" && visited.length % 2) {
                model.delete(token);
                return null;
              }
              if (what === "mend" && visited.length % 2) {
                model.set(token, `${token} mended`);
                return `${token} mended`;
              }
              return undefined;
            });
            expect(visited).toEqual([...visited].sort((a, b) => a - b));
            for (const token of visited) expect(sentOnce.has(token)).toBe(false);
          }
        };
        const check = () => {
          const { outbox } = session;
          expect(outbox.log.length).toBeLessThanOrEqual(WINDOW);
          expect(outbox.length).toBe(model.size);
          let bytes = 0;
          for (const payload of model.values()) bytes += 7 + payload.length;
          expect(outbox.byteLength).toBe(bytes);
          expect(store.keys().filter((key) => key.startsWith("o"))).toHaveLength(model.size);
        };
        for (const what of operations) {
          step(what);
          check();
        }
        while (model.size > 0) {
          step("send");
          step(0);
          check();
        }
        expect(session.takeDamage()).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it("holds a message from a source in its place, and nothing more in memory for that", () => {
    const session = sessionOn(new MapStore());
    for (let n = 0; n < 20; n++) accept(session);
    const token = session.nextToken();
    const source = { byteLength: 5000, read: () => {} };
    session.outbox.accept(token, encodePublish("a", 1, source, 1, false, identifierFor(token)), source);
    for (let n = 0; n < 20; n++) accept(session);
    expect(session.outbox.length).toBe(41);
    expect(session.outbox.log.length).toBeLessThanOrEqual(WINDOW + 1);
    session.outbox.online();
    for (let n = 1; n <= 41; n++) {
      expect(session.outbox.next()).toMatchObject({ token: n, source: n === 21 ? source : undefined });
      expect(session.outbox.log.length).toBeLessThanOrEqual(WINDOW + 1);
      session.outbox.complete(0);
    }
    expect(session.outbox.next()).toBeUndefined();
    expect(session.outbox).toMatchObject({ length: 0, byteLength: 0 });
  });

  it("whose values were damaged since does not stop, and its books are right again when it is sent", () => {
    const store = new MapStore();
    const session = sessionOn(store);
    for (let n = 0; n < 10; n++) accept(session);
    for (const key of ["o5", "o6", "oa"]) store.values.set(key, Uint8Array.of(1));
    session.outbox.online();
    const sent: (number | undefined)[] = [];
    for (let entry = session.outbox.next(); entry !== undefined; entry = session.outbox.next()) {
      sent.push(entry.token);
      session.outbox.complete(0);
    }
    expect(sent).toEqual([1, 2, 3, 4, 7, 8, 9]);
    expect(session.outbox).toMatchObject({ length: 0, byteLength: 0 });
    expect(session.takeDamage().map(({ code }) => code)).toEqual(["store-damaged", "store-damaged", "store-damaged"]);
  });
});

describe("packet identifiers", () => {
  it("of messages that do not move are not given again, in memory, in the backlog or put aside", () => {
    const session = sessionOn(new MapStore(), 65_000);
    const { outbox } = session;
    const stuck = new Set<number>();
    for (let n = 0; n < 10; n++) stuck.add(identifierFor(accept(session, 2)));
    outbox.online();
    outbox.next();
    outbox.next();
    outbox.park(0);
    expect(outbox.parked).toHaveLength(1);
    const given = new Map<number, number>();
    for (let n = 0; n < 150_000; n++) {
      const id = identifierFor(session.nextToken());
      given.set(id, (given.get(id) ?? 0) + 1);
    }
    expect([...stuck].filter((id) => given.has(id))).toEqual([]);
    expect(given.size).toBe(65_535 - 10);
    expect(Math.max(...given.keys())).toBe(65_535);
    expect(given.has(0)).toBe(false);
  });

  it("do not run out in a week without a broker in which the oldest messages are dropped, an early one kept", () => {
    const store = new MapStore();
    let reads = 0;
    const { read } = store;
    store.read = (key) => {
      reads++;
      return read.call(store, key);
    };
    const session = sessionOn(store);
    const { outbox } = session;
    let kept = 0;
    for (let n = 0; n < 10; n++) kept = accept(session);
    let dropped = 0;
    let last = 0;
    for (let n = 0; n < 100_000; n++) {
      last = accept(session);
      if (outbox.length <= 50) continue;
      let spare = 10;
      outbox.review(({ token }) => {
        if (token === kept || spare === 0) return undefined;
        spare--;
        dropped++;
        return null;
      });
    }
    expect(outbox.length + dropped).toBe(100_010);
    // One a message that is kept at each review, one where each stands: not one for each that ever was.
    expect(reads / 100_000).toBeLessThan(12);
    outbox.online();
    const sent: number[] = [];
    const ids = new Set<number>();
    for (let entry = outbox.next(); entry !== undefined; entry = outbox.next()) {
      sent.push(entry.token);
      ids.add(entry.id);
    }
    expect(sent[0]).toBe(kept);
    expect(sent.at(-1)).toBe(last);
    expect(sent).toEqual([...sent].sort((a, b) => a - b));
    expect(ids.size).toBe(sent.length);
  });
});

describe("a message costs", () => {
  /** Changes of the store from now until all is quiet. */
  function cost(bench: PoweredClient, what: () => void): number {
    const before = bench.store.commits;
    what();
    bench.advance(1000);
    return bench.store.commits - before;
  }
  function connected(): PoweredClient {
    const bench = new PoweredClient(undefined);
    bench.advance(10_000);
    expect(bench.client.connected).toBe(true);
    // The first has the store keep its reserve.
    bench.publish("first", 1);
    bench.advance(1000);
    return bench;
  }

  it.each([
    ["with QoS 0 out", 0, (bench: PoweredClient) => bench.publish("x", 0)],
    ["with QoS 1 out: acceptance, PUBACK", 2, (bench: PoweredClient) => bench.publish("x", 1)],
    ["with QoS 2 out: acceptance, PUBREC, PUBCOMP (two deletes)", 4, (bench: PoweredClient) => bench.publish("x", 2)],
    ["with QoS 0 in", 0, (bench: PoweredClient) => bench.send("x", 0)],
    ["with QoS 1 in", 0, (bench: PoweredClient) => bench.send("x", 1)],
    ["with QoS 2 in: arrival, completion, PUBREL", 3, (bench: PoweredClient) => bench.send("x", 2)],
  ] as const)("%s: %i changes of the store", (_, changes, what) => {
    const bench = connected();
    expect(cost(bench, () => what(bench))).toBe(changes);
    // Sent again over another connection it costs no more.
    bench.broker.acknowledges = () => false;
    const again = cost(bench, () => {
      what(bench);
      bench.advance(1000);
      bench.broker.acknowledges = () => true;
      bench.station.cut();
      bench.advance(120_000);
    });
    // And that it connects again: that CONNECT goes out, and that it was answered.
    expect(again).toBe(changes + 2);
  });

  it("one more in 1,024, for the counter", () => {
    const bench = connected();
    const changes = cost(bench, () => {
      for (let n = 0; n < 4096; n++) {
        bench.publish(`${n}`, 1);
        bench.advance(1);
      }
    });
    expect(changes).toBe(4096 * 2 + 4);
  });
});

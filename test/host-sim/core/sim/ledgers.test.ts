import { describe, expect, it } from "vitest";
import type { BrokerMessage } from "../../../../host-sim/core/broker/message.js";
import { InLedger } from "../../../../host-sim/core/sim/in-ledger.js";
import { OutLedger } from "../../../../host-sim/core/sim/out-ledger.js";
import type { QoS } from "../../../../src/mqtt/api.js";

function message(print: number, QoS: QoS, topic = "t"): BrokerMessage {
  return { topic, payload: new Uint8Array(0), QoS, retain: false, print };
}

class Out {
  readonly broken: string[] = [];
  readonly ledger = new OutLedger((invariant) => this.broken.push(invariant));
  #token = 0;

  accept(print: number, QoS: QoS, topic = "t"): number {
    const token = ++this.#token;
    this.ledger.accept(token, topic, print, QoS, 10, token * 1000);
    return token;
  }

  arrive(print: number, QoS: QoS, fresh = true): void {
    this.ledger.arrive(message(print, QoS), fresh);
  }
}

describe("of messages that a node sends", () => {
  it("nothing is wrong with what is accepted, arrives and is acknowledged", () => {
    const out = new Out();
    for (const QoS of [1, 2] as const) {
      const token = out.accept(QoS, QoS);
      out.arrive(QoS, QoS);
      out.ledger.publish(token, "delivered");
    }
    out.ledger.check(1e9);
    expect(out.broken).toEqual([]);
  });

  it.each([
    [1, "qos1-lost"],
    [2, "qos2-lost"],
  ] as const)("one with QoS %s that does not arrive is missed", (QoS, invariant) => {
    const out = new Out();
    out.accept(1, QoS);
    out.ledger.check(500);
    expect(out.broken).toEqual([]);
    out.ledger.check(1e9);
    expect(out.broken).toEqual([invariant]);
  });

  it("one with QoS 0 may be lost", () => {
    const out = new Out();
    out.accept(1, 0);
    out.ledger.check(1e9);
    expect(out.broken).toEqual([]);
  });

  it("one with QoS 1 may arrive twice, one with QoS 2 may not", () => {
    const out = new Out();
    for (const QoS of [1, 2] as const) {
      out.accept(QoS, QoS);
      out.arrive(QoS, QoS);
      out.arrive(QoS, QoS);
    }
    expect(out.broken).toEqual(["qos2-twice"]);
  });

  it("one with QoS 2 that the broker knows by its identifier has not arrived twice", () => {
    const out = new Out();
    out.accept(1, 2);
    out.arrive(1, 2);
    out.arrive(1, 2, false);
    expect(out.broken).toEqual([]);
  });

  it("one with QoS 2 may arrive twice when the broker lost its session, if that is told", () => {
    for (const [outcome, broken] of [
      ["may-be-duplicated", []],
      ["delivered", ["duplicate-untold"]],
    ] as const) {
      const out = new Out();
      const token = out.accept(1, 2);
      out.arrive(1, 2);
      out.ledger.sessionLost();
      out.arrive(1, 2);
      out.ledger.publish(token, outcome);
      expect(out.broken).toEqual(broken);
    }
  });

  it("one that the broker did not pass on before it lost its session is missed, whatever is said of it", () => {
    const out = new Out();
    const token = out.accept(1, 2);
    out.arrive(1, 2, false);
    out.ledger.sessionLost();
    out.ledger.sessionGranted(false);
    out.ledger.sessionSeen();
    out.ledger.sessionGranted(true);
    out.ledger.publish(token, "may-be-duplicated");
    out.ledger.check(1e9);
    expect(out.broken).toEqual(["acknowledged-unsent", "qos2-lost"]);
  });

  it("it is not when the answer to the CONNECT that began the next session was not seen: nobody could tell the client", () => {
    const out = new Out();
    const token = out.accept(1, 2);
    out.arrive(1, 2, false);
    out.ledger.sessionLost();
    out.ledger.sessionGranted(false);
    out.ledger.sessionGranted(true);
    out.ledger.publish(token, "delivered");
    out.ledger.check(1e9);
    expect(out.broken).toEqual([]);
  });

  it("one that came to the broker must not be given up, though it was not passed on", () => {
    const out = new Out();
    const token = out.accept(1, 2);
    out.arrive(1, 2, false);
    out.ledger.drop(token, 1);
    expect(out.broken).toEqual(["dropped-sent"]);
  });

  it("one that is reported as delivered and did not arrive is noticed at once", () => {
    const out = new Out();
    out.ledger.publish(out.accept(1, 1), "delivered");
    expect(out.broken).toEqual(["acknowledged-unsent"]);
  });

  it("one that nobody accepted is noticed, unless a write broke off before it", () => {
    const out = new Out();
    out.ledger.brokenOff();
    out.arrive(1, 1);
    expect(out.broken).toEqual([]);
    out.arrive(2, 1);
    expect(out.broken).toEqual(["invented"]);
  });

  it("one that broke off as it was stored may arrive, and say the same as one accepted after it", () => {
    const out = new Out();
    out.ledger.brokenOff();
    out.accept(1, 1);
    out.accept(2, 1);
    out.arrive(2, 1);
    out.arrive(1, 1);
    out.arrive(2, 1);
    expect(out.broken).toEqual([]);
    out.ledger.brokenOff();
    out.accept(3, 2);
    for (let n = 0; n < 2; n++) out.arrive(3, 2);
    expect(out.broken).toEqual([]);
    out.arrive(3, 2);
    expect(out.broken).toEqual(["qos2-twice"]);
  });

  it("first arrivals out of order are noticed, by topic and QoS", () => {
    const out = new Out();
    out.accept(1, 1);
    out.accept(2, 1);
    out.accept(3, 2);
    out.arrive(3, 2);
    out.arrive(2, 1);
    expect(out.broken).toEqual([]);
    out.arrive(1, 1);
    expect(out.broken).toEqual(["out-order"]);
  });

  it("repetitions may come in any order", () => {
    const out = new Out();
    out.accept(1, 1);
    out.accept(2, 1);
    for (const print of [1, 2, 1]) out.arrive(print, 1);
    expect(out.broken).toEqual([]);
  });

  it("one that is sent again behind one accepted later is noticed; behind one accepted earlier it is where it belongs", () => {
    const out = new Out();
    for (const print of [1, 2]) out.accept(print, 1);
    out.ledger.disorder(8, 2, 1);
    expect(out.broken).toEqual([]);
    out.ledger.disorder(7, 1, 2);
    expect(out.broken).toEqual(["rejected"]);
  });

  it("one of which the same was accepted before is where the later one belongs", () => {
    const out = new Out();
    for (const print of [1, 2, 1]) out.accept(print, 1);
    out.ledger.disorder(8, 1, 2);
    expect(out.broken).toEqual([]);
  });

  it("one that is revised to what was accepted before is that one twice", () => {
    const out = new Out();
    const token = out.accept(1, 1);
    const revised = out.accept(2, 1);
    out.ledger.revise(revised, 1, 10);
    for (const each of [token, revised]) {
      out.arrive(1, 1);
      out.ledger.publish(each, "delivered");
    }
    out.ledger.check(1e9);
    expect(out.broken).toEqual([]);
    out.ledger.revise(out.accept(3, 1), 1, 10);
    out.ledger.check(1e9);
    expect(out.broken).toEqual(["qos1-lost"]);
  });

  it("the same, accepted twice and put aside once, is awaited once", () => {
    const out = new Out();
    const resting = out.accept(1, 1);
    out.ledger.park([resting]);
    out.accept(1, 1);
    out.ledger.check(1e9);
    expect(out.broken).toEqual(["qos1-lost"]);
    out.accept(2, 1);
    out.ledger.park([out.accept(2, 1)]);
    out.arrive(2, 1);
    out.ledger.check(1e9);
    expect(out.broken).toEqual(["qos1-lost"]);
  });

  it("those that were put aside come when they come", () => {
    const out = new Out();
    const token = out.accept(1, 1);
    out.accept(2, 1);
    out.ledger.park([token]);
    out.arrive(2, 1);
    out.ledger.check(1e9);
    out.arrive(1, 1);
    expect(out.broken).toEqual([]);
  });

  it("what was accepted before a loss of power is awaited after it", () => {
    const out = new Out();
    out.accept(1, 1);
    out.ledger.cut();
    out.ledger.check(1e9);
    expect(out.broken).toEqual(["qos1-lost"]);
  });

  it("one that arrived and has no outcome is missed, unless power was lost since it was accepted", () => {
    for (const [cut, broken] of [
      [false, ["outcome-none"]],
      [true, []],
    ] as const) {
      const out = new Out();
      out.accept(1, 1);
      out.arrive(1, 1);
      if (cut) out.ledger.cut();
      out.ledger.checkOutcomes(1e9);
      expect(out.broken).toEqual(broken);
    }
  });

  it("bytes are held from acceptance to outcome", () => {
    const out = new Out();
    const token = out.accept(1, 1);
    out.accept(2, 0);
    expect(out.ledger.heldBytes).toBe(10);
    out.arrive(1, 1);
    out.ledger.publish(token, "delivered");
    expect(out.ledger.heldBytes).toBe(0);
  });
});

class In {
  readonly broken: string[] = [];
  readonly ledger = new InLedger((invariant) => this.broken.push(invariant));

  hand(print: number, QoS: QoS, token: number, now = 0): void {
    this.ledger.hand(print, "t", QoS, token, now);
  }
}

describe("of messages that a node receives", () => {
  it("nothing is wrong with what is handed over once and then acknowledged", () => {
    const incoming = new In();
    for (const QoS of [1, 2] as const) {
      incoming.ledger.route(message(QoS, QoS), QoS, 0);
      incoming.hand(QoS, QoS, QoS);
      incoming.ledger.acknowledge(message(QoS, QoS), 0);
    }
    incoming.ledger.check(1e9);
    expect(incoming.broken).toEqual([]);
  });

  it("one that is not handed over is missed, unless the broker has lost or dropped it", () => {
    const incoming = new In();
    incoming.ledger.route(message(1, 1), 1, 0);
    incoming.ledger.sessionLost();
    incoming.ledger.route(message(2, 2), 2, 0);
    incoming.ledger.giveUp(message(2, 2));
    incoming.ledger.check(1e9);
    expect(incoming.broken).toEqual([]);
    incoming.ledger.route(message(3, 2), 2, 0);
    incoming.ledger.check(1e9);
    expect(incoming.broken).toEqual(["in-lost"]);
  });

  it("one that is acknowledged before it was handed over is noticed", () => {
    const incoming = new In();
    incoming.ledger.route(message(1, 1), 1, 0);
    incoming.ledger.acknowledge(message(1, 1), 0);
    expect(incoming.broken).toEqual(["acknowledged-unhanded"]);
  });

  it("one with QoS 1 may be handed over twice, one with QoS 2 may not", () => {
    const incoming = new In();
    for (const QoS of [1, 2] as const) {
      incoming.ledger.route(message(QoS, QoS), QoS, 0);
      incoming.hand(QoS, QoS, 7);
      incoming.hand(QoS, QoS, 7);
    }
    expect(incoming.broken).toEqual(["in-twice"]);
  });

  it("one with QoS 2 comes again, with its token, when power was lost before it was done", () => {
    const incoming = new In();
    incoming.ledger.route(message(1, 2), 2, 0);
    incoming.hand(1, 2, 7, 500);
    incoming.ledger.brokenOff(500);
    incoming.ledger.cut();
    incoming.hand(1, 2, 7, 900);
    expect(incoming.broken).toEqual([]);
    incoming.ledger.brokenOff(900);
    incoming.ledger.cut();
    incoming.hand(1, 2, 8, 1000);
    expect(incoming.broken).toEqual(["in-token"]);
  });

  it("one with QoS 2 does not come again when power was lost later", () => {
    const incoming = new In();
    incoming.ledger.route(message(1, 2), 2, 0);
    incoming.hand(1, 2, 7, 500);
    incoming.ledger.brokenOff(501);
    incoming.ledger.cut();
    incoming.hand(1, 2, 7, 900);
    expect(incoming.broken).toEqual(["in-twice"]);
  });

  it("those first handed over out of order are noticed", () => {
    const incoming = new In();
    incoming.ledger.route(message(1, 1), 1, 0);
    incoming.ledger.route(message(2, 1), 1, 0);
    incoming.hand(2, 1, 1);
    incoming.hand(1, 1, 2);
    expect(incoming.broken).toEqual(["in-order"]);
  });

  it("one with a topic too long may be acknowledged and not handed over, once that was reported", () => {
    const incoming = new In();
    const { ledger } = incoming;
    ledger.route(message(1, 1), 1, 0, true);
    ledger.route(message(2, 2), 2, 0, true);
    ledger.acknowledge(message(1, 1), 0);
    expect(incoming.broken).toEqual(["skipped-untold"]);
    ledger.tellsSkipping();
    ledger.acknowledge(message(2, 2), 0);
    expect(ledger.skipped).toBe(2);
    ledger.check(1e9);
    expect(incoming.broken).toEqual(["skipped-untold"]);
    ledger.route(message(3, 2), 2, 0, true);
    ledger.check(1e9);
    expect(incoming.broken).toEqual(["skipped-untold", "in-lost"]);
  });

  it("one with QoS 2 that could not be held may be acknowledged within ten minutes of such a report, for reports are few", () => {
    const incoming = new In();
    const { ledger } = incoming;
    for (const print of [1, 2]) ledger.route(message(print, 2), 2, 0);
    ledger.tellsUnheld(0);
    ledger.acknowledge(message(1, 2), 1000);
    expect(incoming.broken).toEqual([]);
    ledger.acknowledge(message(2, 2), 600_001);
    expect(incoming.broken).toEqual(["acknowledged-unhanded"]);
  });

  it("one that the broker never sent is noticed", () => {
    const incoming = new In();
    incoming.hand(1, 1, 1);
    expect(incoming.broken).toEqual(["invented"]);
  });
});

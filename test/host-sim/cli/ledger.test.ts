import { expect, test } from "vitest";
import { Ledger } from "../../../host-sim/cli/ledger.js";
import type { QoS } from "../../../src/mqtt/api.js";

type Step = readonly ["accepted" | "seen", payload: string, QoS?: QoS] | readonly ["acknowledged" | "gone"];

function ledger(...steps: Step[]) {
  const books = new Ledger();
  let token = 0;
  let settled = 0;
  for (const [what, payload = "", QoS = 1] of steps) {
    if (what === "accepted") books.accepted(++token, "t", payload, QoS, 0);
    else if (what === "seen") books.seen("t", payload, QoS);
    else books.settled(++settled, what === "acknowledged");
  }
  return books;
}

const nothing = {
  published: 0,
  acknowledged: 0,
  lost: 0,
  lostAtMostOnce: 0,
  dropped: 0,
  exactlyOnce: 0,
  duplicated: 0,
};

test("empty books balance", () => {
  expect(ledger().balance()).toEqual(nothing);
  expect(ledger().complete).toBe(true);
});

test("a message that was accepted, acknowledged and seen is neither lost nor duplicated", () => {
  const books = ledger(["accepted", "a"], ["seen", "a"], ["acknowledged"]);
  expect(books.balance()).toEqual({ ...nothing, published: 1, acknowledged: 1 });
  expect(books.complete).toBe(true);
  expect(books.pending).toBe(0);
});

test("a message that is done with and was not seen is lost; one that is still to be delivered is not", () => {
  expect(ledger(["accepted", "a"], ["acknowledged"]).balance()).toMatchObject({ acknowledged: 1, lost: 1 });
  expect(ledger(["accepted", "a"]).balance()).toMatchObject({ acknowledged: 0, lost: 0 });
  expect(ledger(["accepted", "a"]).complete).toBe(false);
});

test("a message that the client gave up is not acknowledged", () => {
  const books = ledger(["accepted", "a", 0], ["gone"]);
  expect(books.balance()).toMatchObject({ published: 1, acknowledged: 0, lost: 1 });
  expect(books.pending).toBe(0);
});

test("equal messages are counted: two accepted and one seen is one lost", () => {
  const books = ledger(["accepted", "a"], ["accepted", "a"], ["seen", "a"], ["acknowledged"], ["acknowledged"]);
  expect(books.balance()).toMatchObject({ published: 2, lost: 1 });
  expect(books.complete).toBe(false);
});

test("a message too many does not make up for another that is missing", () => {
  const both = [["acknowledged"], ["acknowledged"]] as const;
  const books = ledger(["accepted", "a"], ["accepted", "b"], ["seen", "a"], ["seen", "a"], ...both);
  expect(books.balance()).toMatchObject({ lost: 1 });
  expect(books.complete).toBe(false);
});

test("a message that is seen before the client says it accepted it is not missing", () => {
  const books = ledger(["seen", "a"], ["accepted", "a"]);
  expect(books.complete).toBe(true);
  expect(books.balance()).toMatchObject({ lost: 0 });
  const more = ledger(["seen", "a"], ["accepted", "a"], ["accepted", "a"], ["acknowledged"], ["acknowledged"]);
  expect(more.complete).toBe(false);
  expect(more.balance()).toMatchObject({ lost: 1 });
});

test("seen twice is duplicated with QoS 2 and allowed with QoS 1", () => {
  expect(ledger(["accepted", "a", 2], ["seen", "a", 2], ["seen", "a", 2]).balance()).toMatchObject({
    exactlyOnce: 1,
    duplicated: 1,
  });
  expect(ledger(["accepted", "a", 1], ["seen", "a", 1], ["seen", "a", 1]).balance()).toMatchObject({ duplicated: 0 });
});

test("equal messages of different QoS are told apart by the QoS they are seen with", () => {
  const accepted = [
    ["accepted", "a", 1],
    ["accepted", "a", 2],
  ] as const;
  const once = ledger(...accepted, ["seen", "a", 1], ["seen", "a", 1], ["seen", "a", 2]);
  expect(once.balance()).toMatchObject({ lost: 0, duplicated: 0 });
  const twice = ledger(...accepted, ["seen", "a", 1], ["seen", "a", 2], ["seen", "a", 2]);
  expect(twice.balance()).toMatchObject({ lost: 0, duplicated: 1 });
});

test("what others publish beside the node is not counted", () => {
  expect(ledger(["seen", "a", 2], ["seen", "a", 2]).balance()).toEqual(nothing);
});

test("the same payload on another topic is another message", () => {
  const books = new Ledger();
  books.accepted(1, "t/1", "a", 1, 0);
  books.seen("t/2", "a", 1);
  books.settled(1, true);
  expect(books.balance()).toMatchObject({ lost: 1 });
});

test("a settled message is given back with its topic and the time it was accepted, once", () => {
  const books = new Ledger();
  books.accepted(7, "t", "a", 2, 12.5);
  expect(books.settled(7, true)).toEqual({ topic: "t", payload: "a", QoS: 2, at: 12.5 });
  expect(books.settled(7, true)).toBeUndefined();
  expect(books.settled(8, true)).toBeUndefined();
  expect(books.balance()).toMatchObject({ acknowledged: 1 });
});

test("a long run is counted to the end: what is missing early on stays missing, what came twice stays counted", () => {
  const books = new Ledger();
  for (let token = 1; token <= 100_000; token++) {
    books.accepted(token, "t", `${token}`, 2, 0);
    if (token !== 7) books.seen("t", `${token}`, 2);
    if (token === 8) books.seen("t", "8", 2);
    books.settled(token, true);
  }
  expect(books.complete).toBe(false);
  expect(books.balance()).toEqual({
    published: 100_000,
    acknowledged: 100_000,
    lost: 1,
    lostAtMostOnce: 0,
    dropped: 0,
    exactlyOnce: 100_000,
    duplicated: 1,
  });
  books.seen("t", "7", 2);
  expect(books.complete).toBe(true);
  expect(books.balance().lost).toBe(0);
});

test("a message that is given up before it was sent is dropped, not lost", () => {
  const books = ledger(["accepted", "a"], ["accepted", "b"], ["seen", "b"]);
  books.dropped(1, "t", "a");
  expect(books.balance()).toMatchObject({ published: 2, lost: 0, dropped: 1 });
  expect(books.complete).toBe(true);
  expect(books.pending).toBe(1);
});

test("of equal messages one that is dropped is dropped once", () => {
  const books = ledger(["accepted", "a", 2], ["accepted", "a", 2], ["seen", "a", 2]);
  books.dropped(2, "t", "a");
  expect(books.balance()).toMatchObject({ lost: 0, dropped: 1, exactlyOnce: 1, duplicated: 0 });
  expect(books.complete).toBe(true);
});

test("a message that is revised is to be seen as what it has become", () => {
  const books = ledger(["accepted", "before", 2]);
  books.revised(1, "t", "after");
  expect(books.complete).toBe(false);
  books.seen("t", "after", 2);
  expect(books.complete).toBe(true);
  expect(books.balance()).toMatchObject({ lost: 0, duplicated: 0, exactlyOnce: 1 });
});

test("of messages of an earlier run only those are counted that are given up", () => {
  const books = ledger();
  books.revised(7, "t", "x");
  books.dropped(7, "t", "x");
  expect(books.balance()).toEqual({ ...nothing, dropped: 1 });
});

test("what the node says again until it has arrived is counted, and not missed", () => {
  const books = new Ledger();
  books.said(1, "t", "a", 0, 5);
  expect(books.complete).toBe(true);
  expect(books.settled(1, true)).toMatchObject({ topic: "t", payload: "a", at: 5 });
  expect(books.balance()).toEqual({ ...nothing, published: 1, acknowledged: 1 });
});

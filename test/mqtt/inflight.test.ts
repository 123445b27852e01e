import { describe, expect, it } from "vitest";
import {
  doubt,
  entryOf,
  forgetAttempt,
  identifierFor,
  type Outgoing,
  OutgoingLog,
  ReceivedIds,
  wasSent,
} from "../../src/mqtt/inflight.js";
import { encodePublish } from "../../src/mqtt/wire/encode.js";
import { PUBACK, PUBCOMP, PUBREC } from "../../src/mqtt/wire/packet.js";
import { thrownBy } from "../support/rig.js";
import { ANSWERS, type SentName } from "../vectors/answers.js";

function entry(id: number, packet: Uint8Array): Outgoing {
  return {
    token: id,
    id,
    packet,
    source: undefined,
    released: false,
    byteLength: packet.byteLength,
    attempted: false,
    risky: false,
    stored: false,
    marked: false,
    strikes: 0,
    sentAt: 0,
  };
}
const published = (id: number, QoS: 1 | 2) => entry(id, encodePublish("t", 1, "", QoS, false, id));

describe("an answer", () => {
  const TYPES = { PUBACK, PUBREC, PUBCOMP };
  const states: Record<SentName, (log: OutgoingLog) => void> = {
    "PUBLISH with QoS 1": (log) => {
      log.append(published(7, 1));
      log.advance();
    },
    "PUBLISH with QoS 2": (log) => {
      log.append(published(7, 2));
      log.advance();
    },
    PUBREL: (log) => {
      log.append({ ...published(7, 2), released: true });
      log.advance();
    },
    "nothing yet on this connection": (log) => log.append(published(7, 1)),
    "nothing: the identifier is free": () => {},
  };

  it.each(ANSWERS)("%s to %s: %s", (answer, state, expected) => {
    const log = new OutgoingLog();
    states[state](log);
    const ask = () => log.answer(TYPES[answer], 7, log.indexOf(7));
    if (typeof expected === "number") expect(ask()).toBe(expected);
    else expect(thrownBy(ask)).toMatchObject({ kind: "peer", code: expected, message: expect.stringContaining("7") });
  });
});

describe("the log of messages", () => {
  it("counts its bytes, and what was sent at its head", () => {
    const log = new OutgoingLog();
    for (const id of [1, 2, 3]) log.append(published(id, 1));
    expect(log.byteLength).toBe(3 * 7);
    log.advance();
    log.advance();
    expect([log.length, log.sent]).toEqual([3, 2]);
    expect(log.remove(0).id).toBe(1);
    expect([log.length, log.sent, log.byteLength]).toEqual([2, 1, 14]);
    expect(log.remove(1).id).toBe(3);
    expect([log.length, log.sent, log.byteLength]).toEqual([1, 1, 7]);
    log.rewind();
    expect(log.sent).toBe(0);
    expect(log.indexOf(2)).toBe(0);
    expect(log.indexOf(3)).toBe(-1);
  });

  it("keeps the order of acceptance when a message comes back", () => {
    const log = new OutgoingLog();
    for (const id of [1, 3, 5, 7]) log.append(published(id, 1));
    log.advance();
    log.advance();
    for (const id of [6, 2, 9]) log.insert(published(id, 1));
    // 2 stands behind what was sent already.
    expect([0, 1, 2, 3, 4, 5, 6].map((index) => log.at(index).id)).toEqual([1, 3, 2, 5, 6, 7, 9]);
    expect(log.byteLength).toBe(7 * 7);
  });

  it("counts the bytes of what stands in another's place", () => {
    const log = new OutgoingLog();
    for (const id of [1, 2]) log.append(published(id, 1));
    const longer = entry(2, encodePublish("t", 1, "payload", 1, false, 2));
    log.replace(1, longer);
    expect(log.at(1)).toBe(longer);
    expect([log.length, log.byteLength]).toEqual([2, 7 + 14]);
  });

  it("takes PUBREL in the place of a message, as format 2 of the store had it, for a released one", () => {
    expect(entryOf(1, Uint8Array.of(0x62, 2, 0, 1), undefined, true).released).toBe(true);
    expect(entryOf(1, published(1, 2).packet, undefined, true).released).toBe(false);
  });
});

describe("the identifiers received", () => {
  it("are a set, up to their bound", () => {
    const ids = new ReceivedIds(40);
    for (let id = 1; id <= 40; id++) {
      expect(ids.full).toBe(false);
      ids.add(id, id * 7);
    }
    expect(ids.full).toBe(true);
    expect(ids.has(0)).toBe(false);
    for (let id = 2; id <= 40; id += 2) ids.delete(id);
    expect(ids.full).toBe(false);
    for (let id = 1; id <= 41; id++) expect(ids.has(id)).toBe(id % 2 === 1 && id <= 40);
    expect(ids.delete(2)).toBe(false);
    ids.add(2, 9);
    expect(ids.delete(2)).toBe(true);
    ids.add(2, 9);
    expect([...ids.all()].sort((a, b) => a - b)).toEqual([1, 2, ...Array.from({ length: 19 }, (_, n) => 2 * n + 3)]);
    expect(ids.printOf(1)).toBe(7);
    expect(ids.printOf(39)).toBe(273);
    expect(ids.printOf(2)).toBe(9);
    ids.clear();
    expect(ids.has(1)).toBe(false);
    expect([...ids.all()]).toEqual([]);
  });
});

describe("what is known of a message", () => {
  const packet = encodePublish("t", 1, "x", 2, false, identifierFor(65_540));

  it("is nothing but itself when it is accepted", () => {
    expect(entryOf(65_540, packet, undefined, true)).toEqual({
      token: 65_540,
      id: 5,
      packet,
      source: undefined,
      released: false,
      byteLength: packet.byteLength,
      attempted: false,
      risky: false,
      stored: true,
      marked: false,
      strikes: 0,
      sentAt: 0,
    });
  });

  it("is that it may be there twice once it was sent and the session is lost; to doubt the session is not enough with QoS 1", () => {
    const fresh = entryOf(1, packet, undefined, false);
    forgetAttempt(fresh);
    doubt(fresh);
    expect(wasSent(fresh)).toBe(false);
    const sent = { ...fresh, attempted: true };
    expect(wasSent(sent)).toBe(true);
    doubt(sent);
    expect(sent).toMatchObject({ attempted: true, risky: true });
    const lost = { ...fresh, attempted: true };
    forgetAttempt(lost);
    expect(lost).toMatchObject({ attempted: false, risky: true });
    expect(wasSent(lost)).toBe(true);
    for (const harmless of [{ released: true }, { packet: encodePublish("t", 1, "x", 1, false, 1) }]) {
      const doubted = { ...fresh, ...harmless, attempted: true };
      doubt(doubted);
      expect(doubted.risky).toBe(false);
    }
    const released = { ...fresh, attempted: true, released: true };
    forgetAttempt(released);
    expect(released).toMatchObject({ attempted: false, risky: true, released: false });
  });

  it("has the identifiers from 1 to 65,535 in turn", () => {
    expect([1, 65_535, 65_536, 131_070, 131_071].map(identifierFor)).toEqual([1, 65_535, 1, 65_535, 1]);
  });
});

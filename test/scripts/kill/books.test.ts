import { describe, expect, it } from "vitest";
import type { Accepted } from "../../../host-sim/cli/events.js";
import { Books } from "../../../scripts/kill/books.js";
import type { QoS } from "../../../src/mqtt/api.js";

const TOPIC = "motewire/porch/reading/climate";

function accepted(token: number, payload: string, QoS: QoS = 2): Accepted & { t: number } {
  return { event: "accepted", t: 0, token, topic: TOPIC, QoS, retain: false, payload };
}

describe("the books of a killed simulator", () => {
  it("balance when all that was accepted was seen, in whatever life and order", () => {
    const books = new Books();
    books.told(accepted(1, "a"));
    books.seen(TOPIC, "b", 2);
    books.told(accepted(2, "b"));
    expect(books.complete).toBe(false);
    books.seen(TOPIC, "a", 2);
    expect(books.complete).toBe(true);
    expect(books.verdict()).toEqual({ accepted: 2, seen: 2, lost: [], repeated: [], again: 0, problems: [] });
  });

  it("tell what was accepted and not seen", () => {
    const books = new Books();
    books.told(accepted(1, "a"));
    books.told(accepted(2, "b"));
    books.seen(TOPIC, "b", 2);
    books.seen("motewire/porch/reading/battery", "a", 2);
    expect(books.verdict().lost).toEqual([`${TOPIC} a`]);
  });

  it("tell what was seen twice with QoS 2, also when nobody could tell that it was accepted", () => {
    const books = new Books();
    books.told(accepted(1, "a"));
    for (const payload of ["a", "untold", "a", "untold", "a"]) books.seen(TOPIC, payload, 2);
    expect(books.verdict()).toMatchObject({ repeated: [`${TOPIC} a`, `${TOPIC} untold`], again: 0 });
  });

  it("only count what was seen twice with QoS 1", () => {
    const books = new Books();
    books.told(accepted(1, "a", 1));
    books.seen(TOPIC, "a", 1);
    books.seen(TOPIC, "a", 1);
    expect(books.verdict()).toMatchObject({ lost: [], repeated: [], again: 1 });
  });

  it("do not ask for what was accepted with QoS 0", () => {
    const books = new Books();
    books.told(accepted(1, "a", 0));
    expect(books.verdict()).toMatchObject({ accepted: 0, lost: [] });
  });

  it("look for a revised message as it was revised", () => {
    const books = new Books();
    books.told(accepted(1, "uptime"));
    books.told({ event: "revised", t: 0, token: 1, topic: TOPIC, payload: "time" });
    expect(books.verdict().lost).toEqual([`${TOPIC} time`]);
    books.seen(TOPIC, "time", 2);
    expect(books.verdict().lost).toEqual([]);
  });

  it("tell of a token that was given twice, of what was dropped and of every error", () => {
    const books = new Books();
    books.told(accepted(1, "a"));
    books.told(accepted(1, "b"));
    books.told({ event: "dropped", t: 0, token: 1, topic: TOPIC, payload: "b", reason: "full" });
    books.told({ event: "error", t: 0, where: "mqtt", message: "the store is damaged" });
    expect(books.verdict().problems).toEqual([
      "token 1 was given twice",
      `dropped: ${TOPIC} b`,
      "mqtt: the store is damaged",
    ]);
  });
});

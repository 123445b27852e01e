/** A page that nobody looks at: the browser holds its timers back, and freezes it. */
import { describe, expect, test } from "vitest";
import { Page } from "./page.js";

const HOUR = 3_600_000;
const MINUTE = 60_000;

describe("a connection with a keepalive of 60 seconds", () => {
  const offsets = [0, 3, 4, 30, 45, 56, 59];

  test.each(offsets)("lasts in a page with timers once a minute, when it begins %i s after a turn", (offset) => {
    const page = new Page({ turn: MINUTE });
    page.pass(offset * 1_000);
    page.client();
    page.hide();
    page.pass(HOUR);
    expect(page.seen).toEqual(["connected"]);
  });

  test.each(offsets)("lasts when messages come and go, %i s after each second turn", (offset) => {
    const page = new Page({ turn: MINUTE });
    const client = page.client();
    client.subscribe("own", { QoS: 1 }, () => {});
    page.hide();
    page.pass(offset * 1_000);
    for (let round = 0; round < 20; round++) {
      client.publish("own", "again", { QoS: 1 });
      page.pass(2 * MINUTE);
    }
    expect(page.seen.filter((what) => !what.startsWith("arrived"))).toEqual(["connected"]);
    expect(page.seen).toHaveLength(21);
  });

  test("lasts in a page with timers once a second, and in one that is seen", () => {
    for (const hides of [true, false]) {
      const page = new Page({ turn: 1_000 });
      page.client();
      if (hides) page.hide();
      page.pass(HOUR);
      expect(page.seen).toEqual(["connected"]);
    }
  });
});

describe("where the page's policy forbids workers", () => {
  test.each([0, 3, 4, 30, 45, 56, 59])("a keepalive of 120 seconds lasts, beginning %i s after a turn", (offset) => {
    const page = new Page({ turn: MINUTE, mayHaveWorkers: false });
    page.pass(offset * 1_000);
    page.client({ keepAlive: 120_000 });
    page.hide();
    page.pass(HOUR);
    expect(page.seen).toEqual(["connected"]);
  });

  test("one of 60 seconds does not always, and the client comes back", () => {
    const page = new Page({ turn: MINUTE, mayHaveWorkers: false });
    page.pass(10_000);
    const client = page.client();
    page.hide();
    page.pass(HOUR);
    expect(page.seen.slice(0, 3)).toEqual(["connected", "left because it was silent", "connected"]);
    client.publish("last", "words", { QoS: 1 });
    page.pass(1_000);
    expect(page.seen.at(-1)).toMatch(/^arrived/);
  });
});

test("what a hidden page publishes leaves at once", () => {
  const page = new Page({ turn: MINUTE });
  const client = page.client();
  page.hide();
  page.pass(100_000);
  const published = page.time.elapsed;
  client.publish("lamp", "on");
  page.pass(HOUR);
  expect(page.seen).toEqual(["connected", `arrived at ${published + 20}`]);
});

describe("a page that was frozen", () => {
  /** Frozen just when PINGREQ has left, with an answer that must come within 20 s. */
  function frozen(): Page {
    const page = new Page({ turn: 1 });
    page.client();
    page.pass(56_250 - 1_000 + 40);
    page.freeze();
    return page;
  }

  test("takes an answer that came meanwhile before it judges that there is none", () => {
    const page = frozen();
    page.pass(30_000);
    page.thaw();
    page.pass(HOUR);
    expect(page.seen).toEqual(["connected"]);
  });

  test("for longer than the broker waits, connects again", () => {
    const page = frozen();
    page.pass(HOUR);
    page.thaw();
    page.pass(MINUTE);
    expect(page.seen).toEqual(["connected", "left because it was silent", "connected"]);
  });
});

test("only a hidden page starts a worker, and one only", () => {
  const page = new Page({ turn: 1_000 });
  page.client();
  page.pass(MINUTE);
  expect(page.workers).toBe(0);
  page.hide();
  page.hide();
  page.pass(HOUR);
  expect(page.workers).toBe(1);
});

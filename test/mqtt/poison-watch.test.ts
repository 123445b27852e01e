/** The judge of poison messages by itself: how many closes, how soon, for how long. */
import { describe, expect, it } from "vitest";
import type { QoS } from "../../src/mqtt/api.js";
import { encodePublish } from "../../src/mqtt/encode.js";
import { identifierFor } from "../../src/mqtt/inflight.js";
import { Outbox } from "../../src/mqtt/outbox.js";
import { PoisonWatch } from "../../src/mqtt/poison.js";

const MINUTE = 60_000;
const NORMAL = 8;

/** Messages in memory only, each on a topic of its own, and who has been reported. */
class Bench {
  /** Close to where the clock wraps around. */
  now = 0x7fff_f000;
  readonly reported: number[] = [];
  #loses = false;
  readonly outbox = new Outbox(undefined, "never", 100);
  readonly poison = new PoisonWatch(this.outbox, ({ token }) => this.reported.push(token));

  accept(quality: QoS, ...tokens: number[]): this {
    for (const token of tokens) {
      const topic = `${token}`;
      this.outbox.accept(
        token,
        encodePublish(topic, topic.length, "x", quality, false, identifierFor(token)),
        undefined,
      );
    }
    return this;
  }

  advance(ms: number): void {
    this.now = (this.now + ms) | 0;
  }

  get parked(): number[] {
    return this.outbox.parked.map(({ token }) => token);
  }

  get window(): number {
    return this.poison.window(NORMAL);
  }

  /** The broker has lost the session each time: what was sent counts as new, and waits for no suspect. */
  losing(): this {
    this.#loses = true;
    return this;
  }

  /** A connection is granted, and what may go goes. @returns its tokens */
  connect(): number[] {
    if (this.#loses) this.outbox.startOver(() => {});
    this.poison.connected(this.now);
    const sent: number[] = [];
    while (sent.length < this.window) {
      const entry = this.outbox.next();
      if (entry === undefined) break;
      entry.attempted = true;
      entry.sentAt = this.now;
      sent.push(entry.token);
    }
    return sent;
  }

  /** The peer closes it, so many milliseconds later. */
  close(after = 0): void {
    this.advance(after);
    this.poison.closedByPeer(this.now);
    this.outbox.offline();
    this.poison.closed();
  }

  /** So many connections in a row that the peer closes. */
  closes(times: number, after = 0): this {
    for (let n = 0; n < times; n++) {
      this.connect();
      this.close(after);
    }
    return this;
  }

  deliver(token: number): void {
    this.poison.delivered(this.outbox.complete(this.outbox.log.indexOf(identifierFor(token))), this.now);
  }
}

describe("of several messages on their way", () => {
  it("none is suspected; after two closes they go one at a time, until the last of them is delivered", () => {
    const bench = new Bench().accept(1, 1, 2, 3);
    bench.closes(1);
    expect(bench.window).toBe(NORMAL);
    bench.closes(1);
    expect(bench.window).toBe(1);
    expect(bench.parked).toEqual([]);
    for (const [token, window] of [
      [1, 1],
      [2, 1],
      [3, NORMAL],
    ] as const) {
      expect(bench.connect()).toEqual([token]);
      bench.deliver(token);
      expect(bench.window).toBe(window);
    }
  });

  it("a delivery between two closes begins the count anew", () => {
    const bench = new Bench().accept(1, 1, 2, 3).closes(1);
    bench.connect();
    bench.deliver(1);
    bench.close();
    expect(bench.window).toBe(NORMAL);
    bench.closes(1);
    expect(bench.window).toBe(1);
  });

  it("one that is released is not counted: the other is alone", () => {
    const bench = new Bench().accept(2, 1).accept(1, 2);
    bench.connect();
    bench.outbox.release(bench.outbox.log.at(0));
    bench.close();
    bench.closes(2);
    expect(bench.parked).toEqual([2]);
  });
});

describe("a message that is alone on its way", () => {
  it("is suspected at the third close, and reported when a connection has lasted three seconds without it", () => {
    const bench = new Bench().accept(1, 1);
    bench.closes(2);
    expect(bench.parked).toEqual([]);
    bench.closes(1);
    expect(bench.parked).toEqual([1]);
    expect(bench.connect()).toEqual([]);
    expect(bench.poison.next(bench.now)).toBe(3000);
    bench.advance(2999);
    bench.poison.tick(bench.now);
    expect(bench.reported).toEqual([]);
    expect(bench.poison.next(bench.now)).toBe(1);
    bench.advance(1);
    bench.poison.tick(bench.now);
    expect(bench.reported).toEqual([1]);
    bench.poison.tick(bench.now);
    expect(bench.reported).toEqual([1]);
  });

  it("is reported at once when another is delivered without it", () => {
    const bench = new Bench().accept(1, 1).closes(3).accept(1, 2);
    expect(bench.connect()).toEqual([2]);
    bench.deliver(2);
    expect(bench.reported).toEqual([1]);
  });

  it("is suspected for closes within five seconds only", () => {
    expect(new Bench().accept(1, 1).closes(3, 5000).parked).toEqual([1]);
    expect(new Bench().accept(1, 1).closes(9, 5001).parked).toEqual([]);
  });

  it("is suspected at the second close with QoS 2, where no such message was ever taken", () => {
    expect(new Bench().accept(2, 1).closes(1).parked).toEqual([]);
    expect(new Bench().accept(2, 1).closes(2).parked).toEqual([1]);
    const bench = new Bench().accept(2, 1);
    bench.connect();
    bench.deliver(1);
    bench.accept(2, 2).closes(2);
    expect(bench.parked).toEqual([]);
    bench.closes(1);
    expect(bench.parked).toEqual([2]);
    expect(bench.outbox.holdQoS2).toBe(false);
  });

  it("is acquitted by a close without it, stands at its place again, and is suspected as late as at first", () => {
    const bench = new Bench().accept(1, 1).closes(3);
    expect(bench.connect()).toEqual([]);
    bench.close();
    expect(bench.parked).toEqual([]);
    expect(bench.reported).toEqual([]);
    expect(bench.poison.next(bench.now)).toBe(-1);
    bench.closes(2);
    expect(bench.parked).toEqual([]);
    bench.closes(1);
    expect(bench.parked).toEqual([1]);
  });
});

describe("suspects", () => {
  it("are eight at most: at the ninth it is the broker, and all are acquitted", () => {
    const tokens = [1, 2, 3, 4, 5, 6, 7, 8, 9];
    const bench = new Bench()
      .losing()
      .accept(1, ...tokens)
      .closes(2);
    expect(bench.window).toBe(1);
    for (let count = 1; count <= 8; count++) {
      bench.closes(3);
      expect(bench.parked).toEqual(tokens.slice(0, count));
    }
    bench.closes(2);
    expect(bench.parked).toHaveLength(8);
    bench.closes(1);
    expect(bench.parked).toEqual([]);
    expect(tokens.map((_, index) => bench.outbox.log.at(index).token)).toEqual(tokens);
    expect(tokens.map((_, index) => bench.outbox.log.at(index).strikes)).toEqual(Array(9).fill(0));
    expect(bench.reported).toEqual([]);
  });

  it("hold back what was sent, unless the broker has lost it: it is no suspect before they are judged", () => {
    const bench = new Bench().accept(1, 1, 2).closes(2).closes(3);
    expect(bench.parked).toEqual([1]);
    expect(bench.connect()).toEqual([]);
    bench.advance(3000);
    bench.poison.tick(bench.now);
    expect(bench.reported).toEqual([1]);
    bench.close();
    expect(bench.connect()).toEqual([2]);
  });

  it("are reported together", () => {
    const bench = new Bench().losing().accept(1, 1, 2).closes(2).closes(6);
    expect(bench.parked).toEqual([1, 2]);
    bench.connect();
    bench.advance(3000);
    bench.poison.tick(bench.now);
    expect(bench.reported).toEqual([1, 2]);
  });
});

describe("a message that rests", () => {
  function resting(): Bench {
    const bench = new Bench().accept(1, 1).closes(3);
    bench.connect();
    bench.advance(3000);
    bench.poison.tick(bench.now);
    expect(bench.parked).toEqual([1]);
    return bench;
  }

  it("is tried again after ten minutes, then after twice as long each time, up to six hours; one close is enough", () => {
    const bench = resting();
    for (const minutes of [10, 20, 40, 80, 160, 320, 360, 360]) {
      expect(bench.poison.next(bench.now)).toBe(minutes * MINUTE);
      bench.advance(minutes * MINUTE - 1);
      bench.poison.tick(bench.now);
      expect(bench.parked).toEqual([1]);
      bench.advance(1);
      expect(bench.poison.next(bench.now)).toBe(0);
      bench.poison.tick(bench.now);
      expect(bench.parked).toEqual([]);
      expect(bench.connect()).toEqual([1]);
      bench.close();
      expect(bench.parked).toEqual([1]);
      bench.connect();
      bench.advance(3000);
      bench.poison.tick(bench.now);
    }
  });

  it("is due at once when its time has passed meanwhile", () => {
    const bench = resting();
    bench.advance(11 * MINUTE);
    expect(bench.poison.next(bench.now)).toBe(0);
  });

  it("counts from the first connection after a restart", () => {
    const bench = new Bench().accept(1, 1);
    bench.outbox.park(0);
    expect(bench.poison.next(bench.now)).toBe(10 * MINUTE);
    bench.connect();
    bench.advance(MINUTE);
    bench.connect();
    expect(bench.poison.next(bench.now)).toBe(9 * MINUTE);
  });
});

describe("where no QoS 2 message was ever taken", () => {
  it("one that is suspected stands for all: they are held when their turn comes, and reported with the verdict", () => {
    const bench = new Bench().accept(2, 1).closes(2);
    expect(bench.outbox.holdQoS2).toBe(true);
    bench.accept(2, 2).accept(1, 3);
    expect(bench.connect()).toEqual([3]);
    expect(bench.parked).toEqual([1, 2]);
    expect(bench.reported).toEqual([]);
    bench.deliver(3);
    expect(bench.reported).toEqual([1, 2]);
    // Those that come after the verdict are reported as they come.
    bench.accept(2, 4).accept(1, 5);
    expect(bench.connect()).toEqual([5]);
    expect(bench.reported).toEqual([1, 2, 4]);
  });

  it("what rests with QoS 1 is not reported for it", () => {
    const bench = new Bench().accept(1, 1).closes(3);
    bench.connect();
    bench.advance(3000);
    bench.poison.tick(bench.now);
    bench.accept(2, 2).closes(2).accept(1, 3);
    bench.connect();
    bench.deliver(3);
    expect(bench.reported).toEqual([1, 2]);
  });

  it("all get another chance together, and one close is enough to hold them again", () => {
    const bench = new Bench().accept(2, 1).closes(2).accept(2, 2).accept(1, 3);
    bench.connect();
    bench.deliver(3);
    bench.advance(10 * MINUTE);
    bench.poison.tick(bench.now);
    expect(bench.outbox.holdQoS2).toBe(false);
    expect(bench.outbox.onHeld).toBeUndefined();
    expect(bench.parked).toEqual([]);
    bench.outbox.log.remove(1);
    bench.closes(1);
    expect(bench.parked).toEqual([1]);
    expect(bench.outbox.holdQoS2).toBe(true);
  });

  it("an acquittal frees all that were held", () => {
    const bench = new Bench().accept(2, 1).closes(2).accept(2, 2);
    expect(bench.connect()).toEqual([]);
    expect(bench.parked).toEqual([1, 2]);
    bench.close();
    expect(bench.parked).toEqual([]);
    expect(bench.outbox.holdQoS2).toBe(false);
    expect([0, 1].map((index) => bench.outbox.log.at(index).token)).toEqual([1, 2]);
    expect([0, 1].map((index) => bench.outbox.log.at(index).strikes)).toEqual([0, 0]);
  });
});

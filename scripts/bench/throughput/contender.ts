/** What each contender can do: the same work, each in its own manner. */
import type { Job } from "./job.js";

export interface Contender {
  /** Connects. */
  open(job: Job): Promise<void>;
  /**
   * Publishes for so many milliseconds with no more than a window under way.
   * @returns how many messages, once all of them have reached the broker
   */
  publish(milliseconds: number): Promise<number>;
  /** Subscribes, and calls for each message. Resolves when the broker has granted it. */
  receive(onMessage: () => void): Promise<void>;
}

/** How often a loop looks at the clock. */
const LOOK = 32;

/** Keeps a window of messages under way until time is up. For clients that say of each message when it is done. */
export class Pump {
  readonly #window: number;
  readonly #publish: (done: () => void) => void;
  readonly #ends: number;
  readonly #finished: (count: number) => void;
  #underWay = 0;
  #count = 0;
  #inside = false;
  #isOver = false;

  private constructor(
    window: number,
    publish: (done: () => void) => void,
    milliseconds: number,
    finished: (count: number) => void,
  ) {
    this.#window = window;
    this.#publish = publish;
    this.#ends = performance.now() + milliseconds;
    this.#finished = finished;
  }

  /** @param publish sends one message and calls when it is done with, at once or later */
  static run(window: number, publish: (done: () => void) => void, milliseconds: number): Promise<number> {
    return new Promise((finished) => {
      new Pump(window, publish, milliseconds, finished).#pump();
    });
  }

  #pump(): void {
    if (this.#inside) return;
    this.#inside = true;
    while (!this.#isOver && this.#underWay < this.#window) {
      if (this.#count % LOOK === 0 && performance.now() >= this.#ends) {
        this.#isOver = true;
        break;
      }
      this.#count++;
      this.#underWay++;
      this.#publish(this.#done);
    }
    this.#inside = false;
    if (this.#isOver && this.#underWay === 0) this.#finished(this.#count);
  }

  readonly #done = (): void => {
    this.#underWay--;
    this.#pump();
  };
}

/** Waiting for what events bring about, without polling: whoever records events looks again after each. */

/** Milliseconds after which what was waited for counts as not coming. */
const PATIENCE = 10_000;

interface Waiter {
  readonly condition: () => boolean;
  readonly done: () => void;
}

export class Watch {
  #waiters: Waiter[] = [];

  /** Something has happened. */
  changed(): void {
    const met = this.#waiters.filter(({ condition }) => condition());
    if (met.length === 0) return;
    this.#waiters = this.#waiters.filter((waiter) => !met.includes(waiter));
    for (const { done } of met) done();
  }

  /**
   * Resolves when the condition holds: at once, or after an event.
   * @param what for the error when it does not within 10 s; its text when it then fails
   */
  until(condition: () => boolean, what: () => string): Promise<void> {
    if (condition()) return Promise.resolve();
    // Made here, so that its stack leads to who waits.
    const late = new Error();
    return new Promise((settle, fail) => {
      const timer = setTimeout(() => {
        this.#waiters = this.#waiters.filter((other) => other !== waiter);
        late.message = `not within ${PATIENCE} ms: ${what()}`;
        fail(late);
      }, PATIENCE);
      const waiter = {
        condition,
        done: () => {
          clearTimeout(timer);
          settle();
        },
      };
      this.#waiters.push(waiter);
    });
  }
}

/** Waits for what must come, and says what did not. */
import type { EventEmitter } from "node:events";

/**
 * Resolves when `found` gives something, looked at now and after each event.
 * @throws Error after `patience` milliseconds, or what `found` throws
 */
export function until<T>(
  emitters: readonly EventEmitter[],
  what: string,
  found: () => T | undefined | false,
  patience = 30_000,
): Promise<T> {
  return new Promise((settle, fail) => {
    const names = ["line", "exit", "seen"];
    const end = () => {
      clearTimeout(timer);
      for (const emitter of emitters) for (const name of names) emitter.off(name, look);
    };
    const look = () => {
      let result: T | undefined | false;
      try {
        result = found();
      } catch (error) {
        end();
        fail(error);
        return;
      }
      if (result === undefined || result === false) return;
      end();
      settle(result);
    };
    const timer = setTimeout(() => {
      end();
      fail(new Error(`${what}: not within ${patience / 1000} s`));
    }, patience);
    for (const emitter of emitters) for (const name of names) emitter.on(name, look);
    look();
  });
}

/** `--json`: every event as one line of JSON. */
import type { Renderer, SimEvent } from "./events.js";

export class JsonLines implements Renderer {
  readonly #write: (text: string) => void;

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  show({ event, ...fields }: SimEvent): void {
    // The kind of an event comes first and then its time, for eyes that read along.
    const { t, ...rest } = fields as { t?: number };
    this.#write(`${JSON.stringify(t === undefined ? { event, ...rest } : { event, t, ...rest })}\n`);
  }
}

/** Commands that this page has sent, and what became of them. */
import { type Fields, type Scalar, textIn } from "./payload.js";

export interface Order {
  readonly id: string;
  readonly command: string;
  /** By the page's clock. */
  readonly sent: number;
  readonly state: "sent" | "done" | "refused" | "unanswered";
  /** Milliseconds from sending it to its answer. */
  readonly ms: number | undefined;
  /** What the answer says. */
  readonly words: string;
}

/** Of those that a person has sent; and all, those that the page asks for itself included. */
const MOST_SHOWN = 20;
/** Milliseconds, after which no answer is expected any more. One that comes all the same counts. */
const PATIENCE = 15_000;

export class Orders {
  /** The newest first. */
  list: readonly Order[] = [];
  readonly #prefix: string;
  #count = 0;

  /** @param prefix of this page's ids, that nobody else has */
  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** @param quiet nobody has asked for it, and it is not shown. @returns the payload */
  issue(command: string, fields: readonly (readonly [string, Scalar])[], now: number, quiet = false): string {
    const id = `${this.#prefix}-${++this.#count}`;
    if (!quiet)
      this.list = [{ id, command, sent: now, state: "sent" as const, ms: undefined, words: "" }, ...this.list].slice(
        0,
        MOST_SHOWN,
      );
    return JSON.stringify(Object.fromEntries([["id", id], ...fields]));
  }

  answered(result: Fields, now: number): void {
    const id = textIn(result, "id");
    if (!this.list.some((order) => order.id === id && order.state !== "done" && order.state !== "refused")) return;
    const isDone = result.get("ok") === true;
    const said = [...result].filter(([name]) => name !== "id" && name !== "ok");
    const words = textIn(result, "error") ?? said.map(([name, value]) => `${name} ${value}`).join(", ");
    this.#change(id, (order) => ({ ...order, state: isDone ? "done" : "refused", ms: now - order.sent, words }));
  }

  /** @returns whether that changed anything */
  expire(now: number): boolean {
    const overdue = this.list.filter(({ state, sent }) => state === "sent" && now - sent > PATIENCE);
    for (const { id } of overdue) this.#change(id, (order) => ({ ...order, state: "unanswered" }));
    return overdue.length > 0;
  }

  #change(id: string | undefined, change: (order: Order) => Order): void {
    this.list = this.list.map((order) => (order.id === id ? change(order) : order));
  }
}

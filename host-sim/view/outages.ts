/** When the node could not be heard, and why: for the charts, and in words. */

/** `silent`: it says nothing, though it should; `offline`: the broker says so; `unseen`: this page was not connected. */
export type Why = "silent" | "offline" | "unseen";

export interface Outage {
  readonly why: Why;
  readonly from: number;
  /** Undefined while it lasts. */
  readonly to: number | undefined;
  readonly words: string;
}

const MOST = 200;
/** Milliseconds: what begins so soon after the end of the last one goes on with it. */
const SAME = 1_000;
const rank: { readonly [why in Why]: number } = Object.freeze({ silent: 0, offline: 1, unseen: 2 });

export class Outages {
  readonly list: Outage[] = [];

  /** The one that lasts. */
  get open(): Outage | undefined {
    const last = this.list.at(-1);
    return last?.to === undefined ? last : undefined;
  }

  begin(why: Why, from: number, words: string): void {
    const last = this.list.at(-1);
    if (last !== undefined && (last.to === undefined || from - last.to < SAME)) {
      const isStronger = rank[why] > rank[last.why];
      this.list[this.list.length - 1] = {
        from: last.from,
        to: undefined,
        ...(isStronger ? { why, words } : { why: last.why, words: last.words }),
      };
      return;
    }
    this.list.push({ why, from, to: undefined, words });
    if (this.list.length > MOST) this.list.shift();
  }

  /** @param why only one of that kind; undefined: whichever */
  end(to: number, why?: Why): void {
    const { open } = this;
    if (open === undefined || (why !== undefined && open.why !== why)) return;
    this.list[this.list.length - 1] = { ...open, to: Math.max(to, open.from) };
  }
}

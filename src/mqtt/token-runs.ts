/**
 * A set of tokens, kept as runs of neighbours: the backlog's tokens are one run, or a few where messages in between were
 * dropped, and a gap, however wide, costs nothing.
 */
import { IDENTIFIERS, identifierFor } from "./inflight.js";

export class TokenRuns {
  /** The first and the last token of each run, in turn, ascending. */
  private readonly bounds: number[] = [];
  private _length = 0;

  get length(): number {
    return this._length;
  }

  /** Adds a token that is greater than all, or smaller than all. */
  add(token: number): void {
    const bounds = this.bounds;
    const length = bounds.length;
    this._length++;
    if (length === 0) bounds.push(token, token);
    else if (token > (bounds[length - 1] as number)) {
      if (bounds[length - 1] === token - 1) bounds[length - 1] = token;
      else bounds.push(token, token);
    } else if (bounds[0] === token + 1) bounds[0] = token;
    else bounds.unshift(token, token);
  }

  /** The smallest that is greater than `token`; 0 when there is none. */
  after(token: number): number {
    const bounds = this.bounds;
    for (let index = 0; index < bounds.length; index += 2) {
      if (token < (bounds[index] as number)) return bounds[index] as number;
      if (token < (bounds[index + 1] as number)) return token + 1;
    }
    return 0;
  }

  delete(token: number): void {
    const bounds = this.bounds;
    for (let index = 0; index < bounds.length; index += 2) {
      const first = bounds[index] as number;
      const last = bounds[index + 1] as number;
      if (token > last) continue;
      if (token < first) return;
      this._length--;
      if (first === last) bounds.splice(index, 2);
      else if (token === first) bounds[index] = token + 1;
      else if (token === last) bounds[index + 1] = token - 1;
      else bounds.splice(index + 1, 0, token - 1, token + 1);
      return;
    }
  }

  /** Whether one of them has this packet identifier. */
  hasIdentifier(id: number): boolean {
    const bounds = this.bounds;
    for (let index = 0; index < bounds.length; index += 2) {
      const first = bounds[index] as number;
      const distance = (id - identifierFor(first) + IDENTIFIERS) % IDENTIFIERS;
      if (first + distance <= (bounds[index + 1] as number)) return true;
    }
    return false;
  }
}

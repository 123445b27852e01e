/** Figures of several rounds as one, with what they spread over. */
import type { Aim, Limit, Row, Series } from "./section.js";

export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** @throws RangeError when there is nothing to take it of */
export function spreadOf(values: readonly number[]): Spread {
  if (values.length === 0) throw new RangeError("no values to take a median of");
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] as number;
  const median = sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2;
  return { median, least: sorted[0] as number, most: sorted[sorted.length - 1] as number };
}

/**
 * One round's figures divided by the same round's: what slows both down at one time does not count.
 * @throws RangeError when they are not of the same rounds
 */
export function ratioOf(ours: readonly number[], theirs: readonly number[]): Spread {
  if (ours.length !== theirs.length) throw new RangeError(`${ours.length} rounds beside ${theirs.length}`);
  return spreadOf(ours.map((value, round) => value / (theirs[round] as number)));
}

/** @throws RangeError when the row has no such contender */
export function seriesOf({ name, series }: Row, contender: string): Series {
  const found = series.find((candidate) => candidate.contender === contender);
  if (found === undefined) throw new RangeError(`${name} was not measured of ${contender}`);
  return found;
}

/** An aim, what became of it, and whether that will do. */
export interface Judgement {
  readonly of: string | undefined;
  readonly wanted: string;
  readonly found: Spread;
  readonly met: boolean;
}

/** What became of the aims of a row. */
export function judge(row: Row): Judgement[] {
  const [ours] = row.series;
  if (ours === undefined) return [];
  const judgements = (row.aims ?? []).map((aim) =>
    judged(aim, ratioOf(ours.values, seriesOf(row, aim.of).values), aim.of),
  );
  return row.limit === undefined ? judgements : [...judgements, judged(row.limit, spreadOf(ours.values), undefined)];
}

function judged({ atMost, atLeast }: Aim | Limit, found: Spread, of: string | undefined): Judgement {
  const wanted = atMost !== undefined ? `≤ ${atMost}` : `≥ ${atLeast}`;
  const met = (atMost === undefined || found.median <= atMost) && (atLeast === undefined || found.median >= atLeast);
  return { of, wanted, found, met };
}

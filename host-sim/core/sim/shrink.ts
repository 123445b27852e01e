/**
 * Makes a failing story short: ends it where it fails, then leaves out steps, in halves, quarters and so on, as long as the
 * same invariant still breaks (delta debugging). Steps keep their own randomness, so that those that stay do not change.
 */
import type { Violation } from "./invariants.js";
import { Simulation } from "./simulation.js";
import { drawStory, type Step, type Story } from "./story.js";

/** A story as a command line can name it: what a seed draws, cut off, with some of its steps only. */
export interface Excerpt {
  readonly seed: string;
  readonly hours: number;
  readonly nodes: number;
  /** Indexes of the steps to keep; undefined: all. */
  readonly steps: readonly number[] | undefined;
}

export interface Shrunk {
  readonly excerpt: Excerpt;
  readonly violation: Violation;
  readonly runs: number;
}

/** The story of an excerpt. */
export function storyOf({ seed, hours, nodes, steps }: Excerpt): Story {
  const story = drawStory({ seed, hours, nodes });
  if (steps === undefined) return story;
  const kept = new Set(steps);
  return { ...story, steps: story.steps.filter(({ index }) => kept.has(index)) };
}

const HOUR = 3_600_000;
/** Runs spent on one story. */
const BUDGET = 120;

/** The first thing that an excerpt breaks. */
export type FirstViolation = (excerpt: Excerpt) => Violation | undefined;

const simulate: FirstViolation = (excerpt) => new Simulation(storyOf(excerpt), { enough: 1 }).run().violations[0];

/** @param violation what the whole story breaks; the shrunk one breaks the same invariant */
export function shrink(whole: Excerpt, violation: Violation, budget = BUDGET, run = simulate): Shrunk {
  let runs = 0;
  let best = { excerpt: whole, violation };
  const tries = (excerpt: Excerpt): boolean => {
    if (runs >= budget) return false;
    runs++;
    const first = run(excerpt);
    if (first?.invariant !== violation.invariant) return false;
    best = { excerpt, violation: first };
    return true;
  };

  // A minute more, for the moment at which the story ends is the one at which it is looked at as a whole.
  const ended = { ...whole, hours: Math.ceil((violation.t + 60_000) / 36_000) / 100 };
  const story = storyOf(whole);
  const calm = story.calms.find((time) => time <= violation.t && violation.t <= time + HOUR / 10);
  const candidates = calm === undefined ? [ended] : [{ ...whole, hours: calm / HOUR }, ended];
  candidates.some((candidate) => candidate.hours < whole.hours && tries(candidate));

  let steps: readonly Step[] = storyOf(best.excerpt).steps.filter(({ at }) => at <= best.violation.t);
  for (let parts = 2; steps.length > 0 && runs < budget; ) {
    const size = Math.ceil(steps.length / parts);
    let shorter: readonly Step[] | undefined;
    for (let start = 0; start < steps.length && shorter === undefined; start += size) {
      const rest = [...steps.slice(0, start), ...steps.slice(start + size)];
      if (tries({ ...best.excerpt, steps: rest.map(({ index }) => index) })) shorter = rest;
    }
    if (shorter !== undefined) {
      steps = shorter;
      parts = Math.max(2, parts - 1);
    } else if (size === 1) break;
    else parts = Math.min(steps.length, parts * 2);
  }
  return { ...best, runs };
}

/** A board's budget: the figures in `boards/<id>/budget.json`, and what is wrong with those that were found. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../host-sim/xs/engine/paths.js";
import { type Figures, groups } from "./figures.js";

export function pathOf(board: string): string {
  return join("boards", board, "budget.json");
}

/** @returns no figures where there is no file yet */
export function readBudget(board: string): Figures {
  const file = join(root, pathOf(board));
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Figures) : {};
}

export function writeBudget(board: string, figures: Figures): void {
  writeFileSync(join(root, pathOf(board)), `${JSON.stringify(figures, null, 2)}\n`);
}

function groupOf(name: string) {
  const group = groups[name.split(".", 1)[0] as string];
  if (group === undefined) throw new Error(`the figure "${name}" is of no group`);
  return group;
}

/** A tenth of a slot is a slot: heaps are counted in slots, blocks in bytes. */
function slackOf(name: string): number {
  return name.endsWith("slots") ? groupOf(name).slack / 16 : groupOf(name).slack;
}

/** What is wrong, a line each: over budget, or so far below it that the budget says nothing any more. */
export function judge(board: string, found: Figures, budget: Figures): string[] {
  const path = pathOf(board);
  const wrong: string[] = [];
  for (const [name, value] of Object.entries(found)) {
    const allowed = budget[name];
    if (allowed === undefined) wrong.push(`${path} is stale: it has no "${name}", which is ${value}`);
    else if (value > allowed)
      wrong.push(`${path}: "${name}" is ${value}, ${value - allowed} over its budget of ${allowed}`);
    else if (value < allowed - slackOf(name)) {
      wrong.push(
        `${path} is stale: "${name}" is ${value}, its budget is ${allowed}, ${allowed - value} more than it takes`,
      );
    }
  }
  return wrong;
}

/** Budgets of what is not there any more. Only for figures that are complete. */
export function leftOver(board: string, found: Figures, budget: Figures): string[] {
  return Object.keys(budget)
    .filter((name) => found[name] === undefined)
    .map((name) => `${pathOf(board)} is stale: "${name}" is not there any more`);
}

export const ADVICE = "If it is worth that: npm run budget -- --update";

/** Our pages in Markdown, and the code that stands in them. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../../..", import.meta.url));

export interface Page {
  /** From the root of the repository, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

/** A piece of code between two lines of three backticks. */
export interface Block {
  readonly path: string;
  readonly language: string;
  /** Of the first line of the code, counted from 1. */
  readonly line: number;
  readonly code: string;
}

/** Every page of the repository, committed or about to be. */
export function pages(): Page[] {
  return filesLike("*.md");
}

/** The repository's files of a name, with their texts. */
export function filesLike(...names: readonly string[]): Page[] {
  const args = ["ls-files", "--cached", "--others", "--exclude-standard", ...names];
  const listed = execFileSync("git", args, { cwd: root });
  return [...new Set(listed.toString().trim().split("\n"))]
    .filter((path) => existsSync(join(root, path)))
    .sort()
    .map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));
}

export function blocksOf({ path, text }: Page): Block[] {
  const blocks: Block[] = [];
  let open: { language: string; line: number; code: string[] } | undefined;
  text.split("\n").forEach((line, index) => {
    if (open === undefined) {
      const [, language] = /^```(\S*)/.exec(line) ?? [];
      if (language !== undefined) open = { language, line: index + 2, code: [] };
    } else if (line === "```") {
      blocks.push({ ...open, path, code: open.code.join("\n") });
      open = undefined;
    } else {
      open.code.push(line);
    }
  });
  if (open !== undefined) throw new Error(`${path}:${open.line - 1}: a code block that does not end`);
  return blocks;
}

/** The page without its code blocks, line for line. */
export function proseOf({ text }: Page): string {
  let isCode = false;
  return text
    .split("\n")
    .map((line) => {
      const isFence = line.startsWith("```");
      if (isFence) isCode = !isCode;
      return isCode || isFence ? "" : line;
    })
    .join("\n");
}

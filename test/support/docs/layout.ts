/** Holds ARCHITECTURE.md's lists of words and files against the source tree. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { root } from "./documents.js";

/** A row of a table, and its line counted from 1. */
export interface Row {
  readonly line: number;
  readonly cells: readonly string[];
}

/** The rows of the table under a heading of the second level. */
export function tableUnder(heading: string, text: string): Row[] {
  const lines = text.split("\n");
  const start = lines.indexOf(`## ${heading}`);
  const rows: Row[] = [];
  for (let at = start + 1; start >= 0 && at < lines.length; at++) {
    const line = lines[at] as string;
    if (line.startsWith("## ")) break;
    if (!line.startsWith("| ")) continue;
    const cells = line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim());
    rows.push({ line: at + 1, cells });
  }
  // The first is the table's head.
  return rows.slice(1);
}

function namesIn(cell = ""): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name);
}

/** @returns folders, and files and folders in them, that the list names and that are not there, each as `line: words` */
export function missingFrom(rows: readonly Row[]): string[] {
  return rows.flatMap(({ line, cells: [folders, holds] }) =>
    namesIn(folders).flatMap((folder) => {
      if (!existsSync(join(root, folder))) return [`${line}: there is no ${folder}`];
      return namesIn(holds)
        .filter((name) => /^[a-z0-9-]+$/.test(name))
        .filter((name) => !["", ".ts", ".tsx"].some((ending) => existsSync(join(root, folder, name + ending))))
        .map((name) => `${line}: there is no ${name} in ${folder}`);
    }),
  );
}

/** @returns what is in a folder (subfolders and modules) and is named neither in its row nor by a row of its own */
export function unnamedIn(folder: string, rows: readonly Row[]): string[] {
  const named = rows.flatMap(({ cells: [folders, holds] }) =>
    namesIn(folders).flatMap((one) => [one, ...namesIn(holds).map((name) => `${one}/${name}`)]),
  );
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() || /\.tsx?$/.test(entry.name))
    .map(({ name }) => `${folder}/${name.replace(/\.tsx?$/, "")}`)
    .filter((path) => !named.includes(path));
}

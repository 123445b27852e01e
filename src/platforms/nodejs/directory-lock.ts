/**
 * One process at a time in a directory. Each that wants in puts down a file that names it, then looks for others: so two
 * that come at once may both be turned away, but never both be let in. The file of a process that was killed names one
 * that no longer lives, and counts for nothing. Holds among the processes of one machine (one container).
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const PREFIX = "lock-";

/** Directories that this process has locked. */
const held = new Set<string>();

export class DirectoryInUse extends Error {
  constructor(directory: string, by: string) {
    super(`${directory} is in use by ${by}; end it or choose another directory`);
    this.name = "DirectoryInUse";
  }
}

/**
 * Makes the directory where it is missing, and locks it.
 * @returns what unlocks it
 * @throws DirectoryInUse
 */
export function lockDirectory(directory: string): () => void {
  makeDirectory(directory);
  const path = realpathSync(directory);
  if (held.has(path)) throw new DirectoryInUse(directory, "this process itself");
  const mine = fileNameOf(process.pid);
  writeFileSync(join(path, mine), "");
  try {
    const other = otherIn(path, mine);
    if (other !== undefined) throw new DirectoryInUse(directory, `process ${other}`);
  } catch (error) {
    rmSync(join(path, mine), { force: true });
    throw error;
  }
  held.add(path);
  return () => {
    if (held.delete(path)) rmSync(join(path, mine), { force: true });
  };
}

/** One by one: `recursive` of Node.js 20 never returns where a parent says that it is not there and cannot be made, as in /proc. */
function makeDirectory(path: string): void {
  if (existsSync(path)) return;
  const parent = dirname(path);
  if (parent !== path) makeDirectory(parent);
  try {
    mkdirSync(path);
  } catch (error) {
    // Another process may have been quicker.
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}

/** A living process that has put down its file, and is not this one. Files of the dead are cleared away. */
function otherIn(path: string, mine: string): number | undefined {
  for (const name of readdirSync(path)) {
    if (!name.startsWith(PREFIX) || name === mine) continue;
    const pid = Number.parseInt(name.slice(PREFIX.length), 10);
    if (name === fileNameOf(pid)) return pid;
    rmSync(join(path, name), { force: true });
  }
  return undefined;
}

/** The lock file of a living process; of one that does not live a name that no file has. */
function fileNameOf(pid: number): string {
  return isAlive(pid) ? `${PREFIX}${pid}${startOf(pid)}` : "";
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/**
 * When the process started, where the system tells (Linux), for else a process number that is used again would pass for
 * the one that was killed. Nothing for a process that has ended and only waits to be buried.
 */
function startOf(pid: number): string {
  try {
    // The name of the command stands in brackets and may hold anything; state and start time are fields 3 and 22.
    const fields = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ").pop()?.split(" ") ?? [];
    return fields[0] === "Z" ? "-ended" : `-${fields[19]}`;
  } catch {
    return "";
  }
}

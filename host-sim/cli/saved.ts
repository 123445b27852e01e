/** Says when a file of an application was saved. */
import { type FSWatcher, watch } from "node:fs";
import { basename, dirname } from "node:path";

/** Milliseconds: an editor writes, renames and sets times, one after the other. */
const REST = 100;

/** Watches the folders, for editors put a new file in the place of the old one. */
export class Saved {
  readonly #changed: () => Promise<void>;
  readonly #folders = new Map<string, { readonly watcher: FSWatcher; names: ReadonlySet<string> }>();
  #timer: NodeJS.Timeout | undefined;
  /** What is done about a change; the next one waits for it. */
  #last = Promise.resolve();

  /** @param changed called once for what is saved together; what it throws is lost */
  constructor(changed: () => Promise<void>) {
    this.#changed = changed;
  }

  /** @param files all of them, from now on. Folders that are watched already stay so: nothing is missed in between. */
  watch(files: readonly string[]): void {
    const folders = new Map<string, Set<string>>();
    for (const file of files) {
      const names = folders.get(dirname(file)) ?? new Set();
      folders.set(dirname(file), names.add(basename(file)));
    }
    for (const [folder, { watcher }] of this.#folders) {
      if (folders.has(folder)) continue;
      watcher.close();
      this.#folders.delete(folder);
    }
    for (const [folder, names] of folders) {
      const known = this.#folders.get(folder);
      if (known === undefined) this.#folders.set(folder, { watcher: this.#open(folder), names });
      else known.names = names;
    }
  }

  close(): void {
    clearTimeout(this.#timer);
    for (const { watcher } of this.#folders.values()) watcher.close();
    this.#folders.clear();
  }

  #open(folder: string): FSWatcher {
    const watcher = watch(folder, (_event, name) => {
      const { names } = this.#folders.get(folder) ?? {};
      if (name !== null && names?.has(name) !== true) return;
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => {
        this.#last = this.#last.then(this.#changed).catch(() => {});
      }, REST);
    });
    // A folder that is removed is not watched any more, and that is all.
    return watcher.on("error", () => {});
  }
}

/** Says when a file of an application was saved. */
import { type FSWatcher, watch } from "node:fs";
import { basename, dirname } from "node:path";

/** Milliseconds: an editor writes, renames and sets times, one after the other. */
const REST = 100;

/** Watches the folders, for editors put a new file in the place of the old one. */
export class Saved {
  readonly #changed: () => void;
  #watchers: FSWatcher[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** @param changed called once for what is saved together */
  constructor(changed: () => void) {
    this.#changed = changed;
  }

  /** @param files all of them, from now on */
  watch(files: readonly string[]): void {
    this.#unwatch();
    for (const folder of new Set(files.map((file) => dirname(file)))) {
      const names = new Set(files.filter((file) => dirname(file) === folder).map((file) => basename(file)));
      const watcher = watch(folder, (_event, name) => {
        if (name !== null && !names.has(name)) return;
        clearTimeout(this.#timer);
        this.#timer = setTimeout(this.#changed, REST);
      });
      // A folder that is removed is not watched any more, and that is all.
      this.#watchers.push(watcher.on("error", () => {}));
    }
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#unwatch();
  }

  #unwatch(): void {
    for (const watcher of this.#watchers.splice(0)) watcher.close();
  }
}

/**
 * ECMA-419's key-value storage, which the SDK does not have on Linux: a file for each key. A write makes a new file, has it
 * written through, and renames it, so that the key has its old value or its new one. Its errors are named as ESP-IDF's.
 */
import type { Directory as Folder } from "embedded:storage/files";
import Modules from "modules";
import { board } from "../board.js";

/** Imported when it is needed: its module opens the folder `config.files` when it is loaded, which cannot be preloaded. */
function root(): Folder {
  return Modules.importNow("embedded:storage/files") as Folder;
}

/** NVS keeps one of its pages empty, and gives each value an entry beside its data. */
const PAGE = 4096;
const ENTRY = 32;

const VALUE = "v-";
const NEW = "n-";

interface OpenOptions {
  path: string;
  format?: "buffer" | "string";
}

class Storage {
  readonly #directory: Folder;
  readonly #text: boolean;

  constructor({ path, format = "buffer" }: OpenOptions) {
    root().createDirectory(path);
    this.#directory = root().openDirectory({ path });
    this.#text = format === "string";
  }

  read(key: string): ArrayBuffer | string | undefined {
    const { size } = this.#directory.status(VALUE + key);
    if (size === undefined) return undefined;
    const file = this.#directory.openFile({ path: VALUE + key, mode: "r" });
    try {
      const bytes = size === 0 ? new ArrayBuffer(0) : file.read(size, 0);
      return this.#text ? String.fromArrayBuffer(bytes) : bytes;
    } finally {
      file.close();
    }
  }

  write(key: string, value: string | ArrayBuffer | Uint8Array): void {
    const bytes = new Uint8Array(typeof value === "string" ? ArrayBuffer.fromString(value) : value).slice();
    if (used(key, this.#directory) + bytes.byteLength + ENTRY > board.storage.nvs - PAGE) {
      throw new Error("ESP_ERR_NVS_NOT_ENOUGH_SPACE");
    }
    const file = this.#directory.openFile({ path: NEW + key, mode: "w" });
    try {
      if (bytes.byteLength > 0) file.write(bytes, 0);
      file.flush();
    } finally {
      file.close();
    }
    this.#directory.move(NEW + key, VALUE + key);
  }

  delete(key: string): void {
    this.#directory.delete(VALUE + key);
  }

  [Symbol.iterator](): IterableIterator<string> {
    const keys: string[] = [];
    for (const name of this.#directory.scan()) if (name.startsWith(VALUE)) keys.push(name.slice(VALUE.length));
    return keys.values();
  }

  close(): void {
    this.#directory.close();
  }
}

/** Bytes of all values but one. */
function used(except: string, written: Folder): number {
  let bytes = 0;
  for (const domain of root().scan()) {
    if (!root().status(domain).isDirectory()) continue;
    const directory = root().openDirectory({ path: domain });
    for (const name of directory.scan()) {
      if (name.startsWith(VALUE)) bytes += directory.status(name).size + ENTRY;
    }
    directory.close();
  }
  const { size } = written.status(VALUE + except);
  return size === undefined ? bytes : bytes - size - ENTRY;
}

export default Object.freeze({ open: (options: OpenOptions) => new Storage(options) });

/** ECMA-419's key-value storage, as the SDK has it: kept by the program that started this one. */

class Domain {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  read(key: string): ArrayBuffer | undefined {
    return host.ask("read", this.#path, key) as ArrayBuffer | undefined;
  }

  write(key: string, value: ArrayBuffer | Uint8Array): void {
    host.ask("write", this.#path, key, value);
  }

  delete(key: string): void {
    host.ask("delete", this.#path, key);
  }

  [Symbol.iterator](): IterableIterator<string> {
    const keys = host.ask("keys", this.#path) as string;
    return (keys === "" ? [] : keys.split(" "))[Symbol.iterator]();
  }
}

export default Object.freeze({
  open({ path }: { path: string }): Domain {
    return new Domain(path);
  },
});

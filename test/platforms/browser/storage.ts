/** A browser's storage and locks, as several tabs share them. */

/** `localStorage` over a map. @param quota characters of all keys and values at most */
export class MapStorage implements Storage {
  readonly texts = new Map<string, string>();
  readonly #quota: number;

  constructor(quota = 5_000_000) {
    this.#quota = quota;
  }

  get length(): number {
    return this.texts.size;
  }

  key(index: number): string | null {
    return [...this.texts.keys()][index] ?? null;
  }

  getItem(key: string): string | null {
    return this.texts.get(key) ?? null;
  }

  setItem(key: string, text: string): void {
    let used = key.length + text.length;
    for (const [other, value] of this.texts) if (other !== key) used += other.length + value.length;
    if (used > this.#quota) throw new DOMException("exceeded the quota", "QuotaExceededError");
    this.texts.set(key, text);
  }

  removeItem(key: string): void {
    this.texts.delete(key);
  }

  clear(): void {
    this.texts.clear();
  }
}

type Hold = (lock: { readonly name: string } | null) => unknown;

/** `navigator.locks`. */
export class MapLocks {
  readonly #stealing = new Map<string, (error: Error) => void>();

  async request(name: string, _options: { readonly ifAvailable: true }, hold: Hold): Promise<unknown> {
    if (this.#stealing.has(name)) return hold(null);
    const stolen = new Promise((_, fail) => this.#stealing.set(name, fail));
    try {
      return await Promise.race([hold({ name }), stolen]);
    } finally {
      this.#stealing.delete(name);
    }
  }

  steal(name: string): void {
    this.#stealing.get(name)?.(new DOMException("stolen", "AbortError"));
  }
}

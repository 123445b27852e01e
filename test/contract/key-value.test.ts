import { copyFileSync, mkdirSync, mkdtempSync, rmSync, statSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Flash } from "../../host-sim/core/storage/flash.js";
import { MemoryStore, type MemoryStoreOptions } from "../../host-sim/core/storage/memory-store.js";
import { nvsCapacity, nvsSize } from "../../host-sim/core/storage/nvs.js";
import type { KeyValue } from "../../src/platform.js";
import { FileStore } from "../../src/platforms/nodejs/file-store.js";
import { StorageFailure } from "../../src/platforms/storage-error.js";
import { runContract, runDefects, untilReal } from "./contract.js";
import { bootOf } from "./harness.js";
import { type KeyValueHarness, keyValueContract } from "./key-value.contract.js";

type Spoil = (store: KeyValue) => Partial<KeyValue>;

function wrap(store: KeyValue, spoil: Spoil): KeyValue {
  return {
    maximumLength: store.maximumLength,
    read: (key) => store.read(key),
    write: (key, value) => store.write(key, value),
    delete: (key) => store.delete(key),
    keys: () => store.keys(),
    ...spoil(store),
  };
}

/** A flash that defers; what is `spoilt` of it when power is lost. */
function deferring(spoil: (flash: Flash) => void = () => undefined) {
  const store = new Flash({ defers: true });
  return {
    store,
    reopen: () => store,
    small: () => new Flash({ defers: true, capacity: 1600 }),
    powerCut: (part: number) => {
      store.losePower((most) => Math.round(most * part));
      spoil(store);
      return store;
    },
    until: untilReal,
  };
}

function memory(options: MemoryStoreOptions = {}, spoil: Spoil = () => ({})): KeyValueHarness {
  let store = new MemoryStore(options);
  return {
    store: wrap(store, spoil),
    reopen: () => {
      store = new MemoryStore({ ...options, entries: store.entries() });
      return wrap(store, spoil);
    },
    small: () => wrap(new MemoryStore({ ...options, capacity: options.sizeOf ? 1600 : 1200 }), spoil),
    until: untilReal,
  };
}

function files(): KeyValueHarness {
  const folder = mkdtempSync(join(tmpdir(), "motewire-store-"));
  const open: FileStore[] = [];
  const close = () => {
    for (const store of open.splice(0)) store.close();
  };
  const reopen = (name: string, capacity?: number) => {
    const store = new FileStore(join(folder, name), capacity === undefined ? {} : { capacity });
    open.push(store);
    return store;
  };
  const store = reopen("store");
  const log = join(folder, "store", "store.log");
  // As long as the log was when it was last made safe.
  let safe = statSync(log).size;
  const noting = <A extends unknown[]>(work: (...args: A) => void) => {
    return (...args: A): void => {
      work(...args);
      safe = statSync(log).size;
    };
  };
  const { deferred } = store;
  return {
    store: wrap(store, () => ({
      write: noting((key, value) => store.write(key, value)),
      delete: noting((key) => store.delete(key)),
      deferred: { ...deferred, sync: noting(() => deferred.sync()) },
    })),
    powerCut: (part) => {
      const cut = join(folder, "cut", "store.log");
      mkdirSync(join(folder, "cut"));
      copyFileSync(log, cut);
      truncateSync(cut, safe + Math.round((statSync(log).size - safe) * part));
      return reopen("cut");
    },
    reopen: () => {
      close();
      return reopen("store");
    },
    small: () => reopen("small", 1200),
    until: untilReal,
    dispose: () => {
      close();
      rmSync(folder, { recursive: true });
    },
  };
}

runContract("store in memory", keyValueContract, () => memory());
runContract("store in memory, of an NVS partition", keyValueContract, () =>
  memory({ capacity: nvsCapacity(24_576), sizeOf: nvsSize }),
);
runContract("store of a simulated machine", keyValueContract, () => {
  const guard = (session: KeyValue) => bootOf({ session }).platform.session;
  const { store, reopen, small, until } = memory();
  return { store: guard(store), reopen: () => guard(reopen()), small: () => guard(small()), until };
});
runContract("simulated flash", keyValueContract, () => {
  // Flash outlives the machine: what the next start finds is the same.
  const store = new Flash({ capacity: nvsCapacity(24_576) });
  return { store, reopen: () => store, small: () => new Flash({ capacity: 1600 }), until: untilReal };
});
runContract("simulated flash that defers", keyValueContract, deferring);
runContract("store of a simulated machine that defers", keyValueContract, () => {
  const { store, small, ...harness } = deferring();
  const guard = (session: KeyValue) => bootOf({ session }).platform.session;
  return { ...harness, store: guard(store), reopen: () => guard(store), small: () => guard(small()) };
});
runContract("store in files", keyValueContract, files);

runDefects("the store's contract", keyValueContract, [
  [
    "loses the last byte",
    "reads what was written, every byte",
    spoilt((s) => ({ read: (k) => s.read(k)?.slice(0, -1) })),
  ],
  [
    "takes an empty value for none",
    "tells an empty value from none",
    spoilt((s) => ({ read: (k) => (s.read(k)?.length ? s.read(k) : undefined) })),
  ],
  [
    "appends",
    "replaces a value by a longer, a shorter and an empty one",
    spoilt((s) => ({ write: (k, v) => s.write(k, Uint8Array.from([...(s.read(k) ?? []), ...v])) })),
  ],
  [
    "keeps the caller's bytes",
    "keeps a copy of what is written",
    () => {
      const kept = new Map<string, Uint8Array>();
      return memory({}, () => ({ write: (k, v) => kept.set(k, v), read: (k) => kept.get(k)?.slice() }));
    },
  ],
  [
    "gives its own bytes away",
    "gives a copy of its own at every read",
    () => {
      const kept = new Map<string, Uint8Array>();
      return memory({}, () => ({ write: (k, v) => kept.set(k, v.slice()), read: (k) => kept.get(k) }));
    },
  ],
  [
    "writes the buffer behind a view",
    "writes the bytes of a view and no others",
    spoilt((s) => ({ write: (k, v) => s.write(k, new Uint8Array(v.buffer)) })),
  ],
  [
    "throws at removing what is absent",
    "removes a key, and ignores one that is absent",
    spoilt((s) => ({
      delete: (k) => {
        if (s.read(k) === undefined) throw new StorageFailure("failed", "no such key");
        s.delete(k);
      },
    })),
  ],
  [
    "lists removed keys",
    "lists every key once",
    () => {
      const seen = new Set<string>();
      return memory({}, (s) => ({
        write: (k, v) => {
          seen.add(k);
          s.write(k, v);
        },
        keys: () => [...seen],
      }));
    },
  ],
  [
    "mixes up . and _",
    "takes keys of 1 to 15 characters of a-z 0-9 . _ - and keeps them apart",
    spoilt((s) => ({
      read: (k) => s.read(k.replaceAll(".", "_")),
      write: (k, v) => s.write(k.replaceAll(".", "_"), v),
      keys: () => s.keys(),
    })),
  ],
  [
    "has room for 12 characters",
    "takes keys of 1 to 15 characters of a-z 0-9 . _ - and keeps them apart",
    spoilt((s) => ({
      write: (k, v) => {
        if (k.length > 12) throw new StorageFailure("misuse", "key too long");
        s.write(k, v);
      },
    })),
  ],
  [
    "cuts keys off",
    "refuses other keys as misuse, and changes nothing",
    spoilt((s) => ({ write: (k, v) => s.write(k.slice(0, 15), v) })),
  ],
  [
    "throws what is no StorageError",
    "refuses other keys as misuse, and changes nothing",
    spoilt((s) => ({
      write: (k, v) => {
        try {
          s.write(k, v);
        } catch {
          throw new Error("bad key");
        }
      },
    })),
  ],
  [
    "takes less than it says",
    "takes a value of maximumLength bytes",
    spoilt((s) => ({ maximumLength: s.maximumLength + 1 })),
  ],
  [
    "cuts values off",
    "refuses a longer value as misuse, and keeps the old one",
    spoilt((s) => ({ write: (k, v) => s.write(k, v.subarray(0, s.maximumLength)) })),
  ],
  [
    "forgets",
    "holds what was written and removed when it is opened again",
    () => ({ ...memory(), reopen: () => new MemoryStore() }),
  ],
  [
    "is never full",
    "is full at some time, says so and keeps all that it has",
    () => ({ ...memory(), small: () => new MemoryStore() }),
  ],
  [
    "erases before it writes",
    "keeps the old value when there is no room for the new one",
    spoilt((s) => ({
      write: (k, v) => {
        s.delete(k);
        s.write(k, v);
      },
    })),
  ],
  [
    "never gets room back",
    "has room again after a delete, and after a value became shorter",
    () => ({
      ...memory(),
      small: () => {
        let left = 1200;
        return wrap(new MemoryStore(), (s) => ({
          write: (k, v) => {
            if (v.length > left) throw new StorageFailure("full", "full");
            left -= v.length;
            s.write(k, v);
          },
        }));
      },
    }),
  ],
]);

runDefects("the contract of a store that defers", keyValueContract, [
  [
    "loses what was synced",
    "holds through a loss of power what was synced in its deferred view, and what came before a change of its own",
    () => deferring((flash) => flash.delete("b")),
  ],
  [
    "loses a change and keeps one behind it",
    "has the first ones of the changes that were not synced, or none, after a loss of power (0.4 of them)",
    () => deferring((flash) => flash.write("c", new Uint8Array(0))),
  ],
  [
    "takes anything in its deferred view",
    "refuses in its deferred view what it refuses itself",
    spoilt((s) => ({ deferred: { ...wrap(s, () => ({ write: () => undefined })), sync: () => undefined } })),
  ],
  [
    "keeps what is changed to its deferred view",
    "shows what is changed in its deferred view at once, as it shows there what is changed in itself",
    spoilt(() => ({ deferred: { ...wrap(new MemoryStore(), () => ({})), sync: () => undefined } })),
  ],
]);

function spoilt(spoil: Spoil): () => KeyValueHarness {
  return () => memory({}, spoil);
}

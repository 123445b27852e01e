import type { StorageError } from "../platform.js";

export class DeviceStorageError extends Error implements StorageError {
  override readonly name = "StorageError";
  readonly storage: StorageError["storage"];

  constructor(storage: StorageError["storage"], message: string) {
    super(message);
    this.storage = storage;
  }
}

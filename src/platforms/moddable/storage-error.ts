import type { StorageError } from "../../platform.js";

export class DeviceStorageError extends Error implements StorageError {
  // Not a field, as in MqttError.
  override get name(): "StorageError" {
    return "StorageError";
  }
  readonly storage: StorageError["storage"];

  constructor(storage: StorageError["storage"], message: string) {
    super(message);
    this.storage = storage;
  }
}

/**
 * The boundary to the application's callbacks: nothing thrown passes it, for an uncaught throw restarts a device.
 */
import type { ClientCallbacks } from "./api.js";
import { MqttError } from "./errors.js";

export class Application {
  private readonly callbacks: ClientCallbacks;

  constructor(callbacks: ClientCallbacks) {
    this.callbacks = callbacks;
  }

  /** Calls the application, where it wants to be called. What it throws is its own, and reported to it. */
  call<A, B>(callback: ((a: A, b: B) => void) | undefined, a: A, b: B): void {
    try {
      callback?.call(this.callbacks, a, b);
    } catch (error) {
      this.report(new MqttError("misuse", "callback-threw", `a callback threw: ${String(error)}`, error));
    }
  }

  report(error: MqttError): void {
    try {
      this.callbacks.onError?.(error);
    } catch {
      // Whoever is to be told of errors has failed at it: there is nobody else to tell.
    }
  }
}

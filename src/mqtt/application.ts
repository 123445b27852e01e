/**
 * The boundary to the application's callbacks: nothing thrown passes it, for an uncaught throw restarts a device.
 */
import type { ClientCallbacks } from "./api.js";
import { MqttError, misuse } from "./errors.js";

export class Application {
  private readonly callbacks: ClientCallbacks;
  private isAsyncReported = false;

  constructor(callbacks: ClientCallbacks) {
    this.callbacks = callbacks;
  }

  /** Calls the application, where it wants to be called. What it throws is its own, and reported to it. */
  call<A, B>(callback: ((a: A, b: B) => unknown) | undefined, a: A, b: B): void {
    try {
      const returned = callback?.call(this.callbacks, a, b) as Promise<unknown> | undefined;
      if (typeof returned?.then === "function") this.promised(returned);
    } catch (error) {
      this.threw(error);
    }
  }

  /** Nobody waits for a promise: the message counted as processed when the callback returned. */
  private promised(promise: Promise<unknown>): void {
    promise.then(undefined, (error: unknown) => this.threw(error));
    if (this.isAsyncReported) return;
    this.isAsyncReported = true;
    this.report(
      misuse("async-handler", "a callback returned a promise, which is not waited for: copy the payload first"),
    );
  }

  private threw(error: unknown): void {
    this.report(new MqttError("misuse", "callback-threw", `a callback threw: ${String(error)}`, error));
  }

  report(error: MqttError): void {
    try {
      const returned = this.callbacks.onError?.(error) as Promise<unknown> | undefined;
      // Before anything is said of it: that would come here again.
      returned?.then?.(undefined, nothing);
    } catch {
      // Whoever is to be told of errors has failed at it: there is nobody else to tell.
    }
  }
}

function nothing(): void {}

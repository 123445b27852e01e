/**
 * Errors of the client. Four kinds, because each asks for something else of the person who reads it.
 */

/**
 * - `misuse`: yours. The call or option is wrong; nothing was changed.
 * - `peer`: the other side's. It refused, or broke a rule of the specification; the connection has been closed.
 * - `resource`: a bound was reached or a store failed; what was accepted before is untouched.
 * - `transport`: the network's. The connection has been lost and will be made again.
 */
export type ErrorKind = "misuse" | "peer" | "resource" | "transport";

export class MqttError extends Error {
  // Not a field: Error.prototype is read-only where modules are preloaded, and an assignment throws there.
  override get name(): "MqttError" {
    return "MqttError";
  }
  readonly kind: ErrorKind;
  /**
   * Lasting name of what happened: for a broken rule the number of the specification's statement (`MQTT-3.3.1-4`), else
   * words with hyphens (`queue-full`, `refused`, `response-timeout`).
   */
  readonly code: string;
  /** What was thrown by someone else and led to this. */
  override readonly cause: unknown;

  constructor(kind: ErrorKind, code: string, message: string, cause?: unknown) {
    super(message);
    this.kind = kind;
    this.code = code;
    this.cause = cause;
  }
}

export function misuse(code: string, message: string): MqttError {
  return new MqttError("misuse", code, message);
}

export function resource(code: string, message: string, cause?: unknown): MqttError {
  return new MqttError("resource", code, message, cause);
}

export function transport(code: string, message: string, cause?: unknown): MqttError {
  return new MqttError("transport", code, message, cause);
}

/** The peer broke the rule `code`. */
export function violation(code: string, message: string): MqttError {
  return new MqttError("peer", code, message);
}

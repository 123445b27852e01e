/** Whether a value is one that comes later: a promise, or what behaves like one. */
export function isLater<T>(value: unknown): value is PromiseLike<T> {
  return typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";
}

/** The SDK's `time`. */
export default Object.freeze({
  /** Milliseconds since an arbitrary start, as a signed 32-bit integer. */
  get ticks(): number {
    return host.ticks();
  },
});

/** The SDK's `time`. */
export default class Time {
  /** Milliseconds since an arbitrary start, as a signed 32-bit integer. */
  static get ticks(): number {
    return host.ticks();
  }
}

/**
 * ECMA-419's TCP in virtual time, in the place of `tcp.ts`: the bytes go to the program that started this one, which is asked
 * for what has come and when to ask again.
 */

/** Milliseconds that bytes are under way. */
const DELAY = 1;

class ToldTCP implements HostTCP {
  private readonly options: HostTCPOptions;
  private timer: HostTimer | undefined;
  private arrived: Uint8Array | undefined;
  private at = 0;

  constructor(options: HostTCPOptions) {
    this.options = options;
    const window = host.ask("open", host.ticks()) as number;
    this.timer = host.setTimer(() => this.opened(window), DELAY);
  }

  read(into: Uint8Array): number {
    const arrived = this.arrived as Uint8Array;
    into.set(arrived.subarray(this.at, this.at + into.byteLength));
    this.at += into.byteLength;
    return into.byteLength;
  }

  write(bytes: Uint8Array): number {
    const window = host.ask("sent", host.ticks(), bytes) as number;
    this.wait(DELAY);
    return window;
  }

  close(): void {
    if (this.timer !== undefined) host.clearTimer(this.timer);
    this.timer = undefined;
    host.tell("closed");
  }

  private wait(delay: number): void {
    if (this.timer !== undefined) host.clearTimer(this.timer);
    this.timer = host.setTimer(() => this.look(), delay);
  }

  /** @param window bytes that it takes at once; 0 when nobody listens there */
  private opened(window: number): void {
    this.timer = undefined;
    if (window === 0) this.options.onError?.();
    else {
      this.wait(DELAY);
      this.options.onWritable?.(window);
    }
  }

  /** Bytes, milliseconds to the next look, or undefined when the peer has closed the connection. */
  private look(): void {
    this.timer = undefined;
    const found = host.ask("came", host.ticks()) as ArrayBuffer | number | undefined;
    if (typeof found === "number") this.wait(found);
    else if (found === undefined) this.options.onError?.();
    else {
      this.arrived = new Uint8Array(found);
      this.at = 0;
      this.wait(DELAY);
      this.options.onReadable?.(this.arrived.byteLength);
    }
  }
}

export default ToldTCP;

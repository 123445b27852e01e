/** What the C program (native/natives.c) gives to the modules that run in it, and the SDK's modules that it has. */

type HostValue = string | number | boolean | undefined | ArrayBuffer | Uint8Array;

interface HostTimer {
  readonly timer: unique symbol;
}

interface HostTCPOptions {
  readonly address: string;
  readonly port: number;
  readonly nodelay?: boolean;
  onReadable?(count: number): void;
  onWritable?(room: number): void;
  onError?(): void;
}

interface HostTCP {
  read(into: Uint8Array): number;
  write(bytes: Uint8Array): number | undefined;
  close(): void;
}

declare const host: {
  /** Tells the program that started this one; does not wait. */
  tell(name: string, ...values: HostValue[]): void;
  /** Waits for its answer. @throws Error when it answers so */
  ask(name: string, ...values: HostValue[]): HostValue;
  /** What that program says of itself, from now on. */
  listen(callback: (name: string, text: string) => void): void;
  /** Ends this program at once. */
  exit(code: number): never;
  /** Collects garbage and tells what is in use, under that label. */
  measure(label: string): void;
  /** Bytes that are free. */
  free(): number;
  setTimer(callback: () => void, delay: number): HostTimer;
  clearTimer(timer: HostTimer): void;
  ticks(): number;
  readonly TCP: new (options: HostTCPOptions) => HostTCP;
};

declare function trace(...text: string[]): void;

/** XS has it in the place of TextDecoder. */
interface StringConstructor {
  fromArrayBuffer(buffer: ArrayBufferLike): string;
}

declare module "time" {
  const Time: { readonly ticks: number };
  export default Time;
}

declare module "timer" {
  class Timer {
    private constructor();
    static set(callback: () => void, delay: number): Timer;
    static clear(timer: Timer): void;
  }
  export default Timer;
}

declare module "embedded:io/socket/tcp" {
  const TCP: new (options: HostTCPOptions) => HostTCP;
  export default TCP;
}

declare module "embedded:storage/key-value" {
  const keyValue: { open(options: { path: string; format: string }): unknown };
  export default keyValue;
}

/**
 * What the client and the node ask of the machine they run on: types only, no code.
 *
 * Two rooms implement them, `src/platforms/moddable` (Moddable SDK) and `host-sim`; `test/contract` holds one suite for each type,
 * run on every implementation. Names and behaviour follow ECMA-419 where it has them, so that the device's side stays a
 * thin adapter. Rules for every type here:
 *
 * - Nothing blocks, except where a sensor's own `sample` does.
 * - No callback is called from inside a method of the object it belongs to, nor from its constructor or factory.
 * - After `close()` no callback is called. `close()` may be called again.
 */

/**
 * A running timer, as its clock knows it. Opaque: hand it back to {@link Clock.clearTimer} and nothing else.
 */
export type Timer = unknown;

/** Time, monotonic and of the day. */
export interface Clock {
  /**
   * Monotonic milliseconds since an arbitrary start, as a signed 32-bit integer that wraps around every 49.7 days.
   * Compare two readings only by `(later - earlier) | 0`, which is right for distances below 24.8 days.
   */
  now(): number;
  /** Milliseconds since 1970-01-01T00:00Z, or undefined until the time of day is known. */
  epoch(): number | undefined;
  /**
   * Calls `callback` once, no sooner than `delay` milliseconds from now (0 to 2^31 - 1). A delay of 0 means: as soon as
   * the code that runs now has returned to the platform.
   */
  setTimer(callback: () => void, delay: number): Timer;
  /** Forgets a timer. One that has run already, or was cleared before, is ignored. */
  clearTimer(timer: Timer): void;
}

/** What {@link OpenSocket} needs, and where the socket reports. */
export interface SocketOptions {
  /** The host as the user named it; the server name for TLS. */
  readonly host: string;
  /** The address {@link Resolve} found for it. */
  readonly address: string;
  /** More addresses that it found, to be tried in this order where the first does not answer. */
  readonly others?: readonly string[] | undefined;
  readonly port: number;
  /**
   * Bytes may be written. The first call says that the connection is open.
   * @param room bytes that {@link Socket.write} takes at most by now; at least 1
   */
  onWritable(room: number): void;
  /**
   * Bytes have arrived. Not repeated for bytes left unread: read until {@link Socket.read} returns 0, or read again later
   * without being asked.
   * @param count bytes that can be read now
   */
  onReadable(count: number): void;
  /**
   * The connection has ended, by the peer or by a failure, or could not be made. Comes once, after all received bytes
   * were announced; what is left unread then can no longer be read.
   * @param reason a few words for a person, where the platform knows more than "closed"
   */
  onClose(reason?: string): void;
}

/** A byte stream to one peer: TCP, TLS over TCP, or what else behaves like it. ECMA-419 clause 12 (TCP). */
export interface Socket {
  /** Moves received bytes to the start of `into` and returns how many, 0 when there are none. */
  read(into: Uint8Array): number;
  /**
   * Takes all of `bytes` (copied before it returns) or throws and takes none.
   * @returns bytes of room left; when 0, `onWritable` will be called
   * @throws Error when there is less room than bytes, or the connection is not open
   */
  write(bytes: Uint8Array): number;
  /** Ends the connection. What was written is still delivered where the peer lets it. */
  close(): void;
}

/** Begins to open a connection. Never throws for a network's reasons: those arrive at `onClose`. */
export type OpenSocket = (options: SocketOptions) => Socket;

/**
 * Finds an address for a host name; a host that is an address is its own answer. Calls back exactly once, later.
 * @param found the address, or undefined when there is none or nobody to ask
 */
export type Resolve = (host: string, found: (address: string | undefined, others?: readonly string[]) => void) => void;

/** A number from 0 (included) to 1 (excluded), as `Math.random`. */
export type Random = () => number;

/**
 * Small values under short keys that outlive a restart and a loss of power. ECMA-419 clause 20 (key-value storage).
 *
 * Each `write` and each `delete` is atomic and durable: when it returns it holds through a loss of power; when power
 * fails in the middle, or it throws, the key has its old value or its new one and no other key changes.
 */
export interface KeyValue {
  /** Bytes that one value can have at most. */
  readonly maximumLength: number;
  /** A copy of the value of its own, or undefined when the key has none. */
  read(key: string): Uint8Array | undefined;
  /**
   * @param key 1 to 15 characters of `a-z 0-9 . _ -`
   * @throws StorageError
   */
  write(key: string, value: Uint8Array): void;
  /** Removes the key; one that is absent is ignored. @throws StorageError */
  delete(key: string): void;
  /** All keys, in no particular order. */
  keys(): string[];
  /** The same store for those who make several changes before any of them has to last. Absent where that saves nothing. */
  readonly deferred?: DeferredKeyValue | undefined;
}

/**
 * A view of a {@link KeyValue}, whose changes need not outlast a loss of power before `sync` has returned. Both views read
 * the same. Power that fails leaves the changes of both views up to one of them, in the order in which they were made: at
 * least all before the last `sync` that returned, or the last change that was made through the store itself.
 */
export interface DeferredKeyValue extends KeyValue {
  /** @throws StorageError: what was changed since the last one may outlast a loss of power or not. Calling again tries again */
  sync(): void;
}

/**
 * Why a {@link KeyValue} refused: `full`, a value or key out of bounds (`misuse`), the medium `failed`, or it has changed the
 * value that is to be read (`damaged`).
 */
export interface StorageError extends Error {
  readonly storage: "full" | "misuse" | "failed" | "damaged";
}

export type LinkState = "down" | "joining" | "up";

/** The way to the network, as a Wi-Fi station. It joins and rejoins by itself and says what happens. */
export interface NetworkLink {
  /** `up` means: there is an address, sockets may be opened. */
  readonly state: LinkState;
  /** Received signal strength in dBm, where there is a radio and a connection. */
  readonly rssi: number | undefined;
  readonly address: string | undefined;
  close(): void;
}

export interface NetworkLinkOptions {
  /**
   * The state has changed.
   * @param detail a few words: the network joined, or the reason of a loss or of a failed attempt
   */
  onChanged(state: LinkState, detail: string): void;
}

export type OpenNetworkLink = (options: NetworkLinkOptions) => NetworkLink;

/**
 * What a sensor measured, grouped as ECMA-419 clause 16 groups it, e.g. `{thermometer: {temperature: 21.4}}`.
 * Units are ECMA-419's too, humidity excepted: temperature °C, humidity % (0 to 100), pressure Pa, voltage V.
 */
export interface Sample {
  readonly [group: string]: { readonly [quantity: string]: number };
}

/** One sensor of the board. */
export interface Sensor {
  /** Short name, unique on the board, a topic level: `climate`, `battery`. */
  readonly id: string;
  /** The unit of each quantity that a sample may hold, in the order in which people read them. */
  readonly units: { readonly [quantity: string]: string };
  /**
   * Measures now; may block as long as the sensor takes (an SHT3x about 150 ms).
   * @throws Error when the sensor does not answer
   */
  sample(): Sample;
  /**
   * Of one that may take long: measures, and gives the sample, or gives undefined and calls `done` once, later. It is asked in
   * the place of `sample`.
   * @throws Error when the sensor does not answer
   */
  readonly measure?: ((done: (outcome: Sample | Error) => void) => Sample | undefined) | undefined;
  close(): void;
}

/** A light to be seen by a person. */
export interface Led {
  /** Shows a colour, 0xRRGGBB; 0 is dark. A plain LED is lit by any colour but 0. */
  show(colour: number): void;
}

/** A pin: the number of a GPIO, or a name that the board gives it (`board.ts`). */
export type Pin = number | string;

/** A pin that measures. ECMA-419 clause 9 (analog input). */
export interface AnalogPin {
  /** Volts at the pin now. @throws Error when the converter fails */
  read(): number;
  close(): void;
}

/** A pin that drives something: a relay, a lamp. ECMA-419 clause 8 (digital). */
export interface OutputPin {
  /** @throws Error when the pin cannot be driven */
  write(on: boolean): void;
  close(): void;
}

/** A pin that something drives: a contact, a motion sensor. Contacts that bounce are one change. */
export interface InputPin {
  read(): boolean;
  close(): void;
}

export interface InputOptions {
  /** On when the pin is low. */
  readonly activeLow: boolean;
  /** The SoC's own resistor holds the pin at what is off. */
  readonly pull: boolean;
  /** Milliseconds for which contacts may bounce after a change. Default 50. */
  readonly debounce?: number;
  onChanged(on: boolean): void;
}

/** How a sensor is connected. */
export interface DriverOptions {
  readonly driver: string;
  readonly pin?: Pin;
  readonly bus?: string;
  readonly address?: number;
  /** Which of several on one wire, by their serial numbers; from 0. */
  readonly index?: number;
}

/** The board's pins, for what an application connects to them. Each throws an Error that says why a pin cannot be that. */
export interface Pins {
  /** The number of its GPIO. @throws Error when the board has no pin of that name, or needs it itself */
  numberOf(pin: Pin): number;
  openAnalog(pin: Pin): AnalogPin;
  /** Off when it is opened. @param activeLow on when the pin is low */
  openOutput(pin: Pin, activeLow: boolean): OutputPin;
  openInput(pin: Pin, options: InputOptions): InputPin;
}

/** The machine itself. */
export interface Machine {
  /** Unique and lasting, 1 to 12 characters of `0-9 a-f`: the radio's address on a device. */
  readonly id: string;
  /** Why it started: `power on`, `restart`, `brown-out`, `watchdog`, `abort`, `deep sleep` … */
  readonly restartReason: string;
  /** Bytes of memory free for the node, or undefined where nobody counts them. */
  freeMemory(): number | undefined;
  readonly random: Random;
  /** Restarts the machine. Does not return control to what runs on it. */
  restart(): void;
}

/** All that the node is given. Made anew at every start by the platform's composition root. */
export interface Platform {
  /** The board's id, as its folder is called. */
  readonly board: string;
  readonly machine: Machine;
  readonly clock: Clock;
  readonly openLink: OpenNetworkLink;
  readonly resolve: Resolve;
  readonly openSocket: OpenSocket;
  /** Where the MQTT session is kept. */
  readonly session: KeyValue;
  /** Where the node keeps its settings. */
  readonly settings: KeyValue;
  /** What is on the board. */
  readonly sensors: readonly Sensor[];
  readonly pins: Pins;
  /**
   * Opens a sensor that an application has connected, by the SDK's driver of that name.
   * @throws Error when there is no such driver, bus or pin here
   */
  readonly openDriver: (id: string, declared: DriverOptions) => Sensor;
  readonly led?: Led | undefined;
  /** Says where to report that the button was pushed; called once, at the node's start. */
  readonly onButton?: ((pushed: () => void) => void) | undefined;
}

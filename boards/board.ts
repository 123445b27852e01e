/**
 * A board as data: what is on it and where. The one source for the device's provider and for the host simulator.
 * Types only. To add a board, add a folder beside this file that exports a `board`.
 */

/** One board. Every pin is a GPIO number. */
export interface Board {
  /** The folder's name; lower case, for mcconfig lower-cases the value of `-p`. */
  readonly id: string;
  /** What is printed on the box. */
  readonly name: string;
  readonly soc: "ESP32" | "ESP32-S3" | "ESP32-C3" | "ESP32-C6" | "Linux";
  /** The Moddable SDK's platform and target that this board inherits from, as after mcconfig's `-p`. */
  readonly target: string;
  /** I2C buses by name; the sensors refer to them. */
  readonly I2C: { readonly [bus: string]: I2CBus };
  readonly sensors: readonly BoardSensor[];
  readonly led?: PlainLed | NeoPixelLed;
  readonly button?: Button;
  /**
   * Pins for what is connected to the board, by names that boards have in common: A1 measures, D1, D2 and D3 are digital. An
   * application that uses the names runs on each board.
   */
  readonly pins: { readonly [name: string]: number };
  readonly memory: Memory;
  readonly storage: Storage;
  readonly socket: {
    /** Bytes that a TCP socket takes before the peer acknowledges any: the room of the first `onWritable`. */
    readonly window: number;
  };
}

export interface I2CBus {
  readonly data: number;
  readonly clock: number;
}

export type BoardSensor = I2CSensor | AnalogBattery | SimulatedSensor;

interface SensorFacts {
  /** Short name, unique on the board; a level of the topic its readings go to. */
  readonly id: string;
  /** What a sample holds: quantities by group, as {@link Quantities} names them. */
  readonly quantities: Quantities;
}

/** A sensor that one of the SDK's drivers reads over I2C. */
export interface I2CSensor extends SensorFacts {
  /** The driver, as the SDK names its module: `embedded:sensor/…/SHT3x`. */
  readonly driver: "SHT3x" | "BMP280" | "TMP117";
  /** A name in {@link Board.I2C}. */
  readonly bus: string;
  /** 7-bit address. */
  readonly address: number;
}

/** The supply's voltage behind a resistor divider, read by an analog pin. */
export interface AnalogBattery extends SensorFacts {
  readonly driver: "analog battery";
  readonly pin: number;
  /** Supply voltage over the pin's voltage: 2 for two equal resistors. */
  readonly divider: number;
  /** Volts: what a full and an empty battery give. */
  readonly full: number;
  readonly empty: number;
}

/** A sensor that is not there: a board without a bus computes it. */
export interface SimulatedSensor extends SensorFacts {
  readonly driver: "simulated";
}

/**
 * ECMA-419 clause 16 names and units: temperature in °C, humidity in % (0 to 100; the standard has 0 to 1, the SDK's
 * drivers give percent), pressure in Pa. `voltmeter` (V) is ours, in the same manner: the standard has none.
 */
export interface Quantities {
  readonly thermometer?: readonly ["temperature"];
  readonly hygrometer?: readonly ["humidity"];
  readonly barometer?: readonly ["pressure"];
  readonly voltmeter?: readonly ["voltage"];
}

/** A LED that is on or off. */
export interface PlainLed {
  readonly kind: "plain";
  readonly pin: number;
  /** Lit when the pin is low. */
  readonly activeLow: boolean;
}

/** One WS2812 or SK6812. */
export interface NeoPixelLed {
  readonly kind: "neopixel";
  readonly pin: number;
  /** Which colour comes first on the wire. */
  readonly order: "GRB" | "RGB";
}

export interface Button {
  readonly pin: number;
  /** Low while pushed. */
  readonly activeLow: boolean;
  /** Whether the pin needs the SoC's own pull-up (or pull-down when not activeLow). */
  readonly pull: boolean;
}

/**
 * The XS machine's memory, named as in a manifest's `creation`. With `static` 0 chunks and heap are two fixed blocks;
 * with `static` > 0 both grow inside one block of that many bytes.
 */
export interface Memory {
  /** Bytes, or 0. */
  readonly static: number;
  /** Bytes for strings, byte arrays and other things that vary in size. */
  readonly chunk: { readonly initial: number; readonly incremental: number };
  /** Slots of 16 bytes on a 32-bit machine: objects and properties. */
  readonly heap: { readonly initial: number; readonly incremental: number };
  /**
   * Slots. A command that samples at QoS 2 was seen to take 523 in Moddable's simulator on Linux; with fewer the machine
   * aborts, and no hook is called for that.
   */
  readonly stack: number;
}

export interface Storage {
  /** Bytes of flash for key-value storage (NVS), settings and session together: src/mote/nvs.ts says how much may wait. */
  readonly nvs: number;
  /** When messages are stored. Default `always`, which wears the flash most. */
  readonly durability?: "always" | "offline" | "never";
  /** Bytes of flash for a littlefs file system, where the board has one. */
  readonly littlefs?: number;
}

/** What a board gives to the device room. Types only. */
import type { Board } from "../../../boards/board.js";

/**
 * What a board's `host/provider.ts` exports: the board as data, and of the SDK exactly the classes that this board needs,
 * so that a driver costs flash only where it is used.
 */
export interface BoardProvider {
  readonly board: Board;
  readonly I2C: Provider["I2C"];
  readonly io: { readonly [name in keyof Provider["io"]]?: Class };
  readonly sensor: { readonly [driver: string]: { readonly Sensor: Class; readonly io?: Class } };
}

/** Any class of the SDK: its typings lack some, and are thin or wrong on others. */
type Class = abstract new (options: never) => object;

/** The same as the device room uses it: what the SDK's classes really do. */
export interface Provider {
  readonly board: Board;
  /** By the bus's name in `board.I2C`; ECMA-419 clause 22 (provider instance). */
  readonly I2C: { readonly [bus: string]: I2CPins };
  readonly io: {
    readonly Analog?: AnalogConstructor;
    readonly Digital?: DigitalConstructor;
    readonly NeoPixel?: NeoPixelConstructor;
  };
  /** The drivers that `board.sensors` names. */
  readonly sensor: { readonly [driver: string]: SensorDriver };
}

export interface I2CPins {
  readonly data: number;
  readonly clock: number;
}

/** ECMA-419 clause 16 (sensor classes). */
export interface SensorDriver {
  readonly Sensor: new (options: SensorOptions) => DriverSensor;
  /** How it talks to the chip: the SDK's I2C or SMBus. */
  readonly io?: IOConstructor;
}

export interface DriverSensor {
  /** Groups of quantities; some of the SDK's drivers leave the groups out, or give undefined when nothing is new. */
  sample(): { [name: string]: number | { [quantity: string]: number | undefined } | undefined | unknown } | undefined;
  close(): void;
}

export interface SensorOptions {
  readonly sensor: { readonly io?: IOConstructor; readonly [option: string]: unknown };
  onError?(text: string): void;
}

export type IOConstructor = new (options: never) => { close(): void };

export type AnalogConstructor = new (options: {
  pin: number;
}) => {
  /** 0 to 2^resolution - 1; undefined when the converter failed. */
  read(): number | undefined;
  readonly resolution: number;
  close(): void;
};

export interface DigitalConstructor {
  new (options: {
    pin: number;
    mode: number;
    edge?: number;
    onReadable?(): void;
  }): {
    read(): number;
    write(value: number): void;
    close(): void;
  };
  readonly Input: number;
  readonly InputPullUp: number;
  readonly InputPullDown: number;
  readonly Output: number;
  readonly Rising: number;
  readonly Falling: number;
}

export type NeoPixelConstructor = new (options: {
  length: number;
  pin: number;
  order: string;
}) => {
  brightness: number;
  makeRGB(red: number, green: number, blue: number): number;
  setPixel(index: number, colour: number): void;
  update(): void;
};

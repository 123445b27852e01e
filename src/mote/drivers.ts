import type { DriverOptions } from "../platform.js";

/**
 * The SDK's drivers that an application can name, as data. `npm run check:firmware` compares it with the SDK; the file of that name
 * in src/drivers puts one into a firmware.
 */

export interface Driver {
  /** The SDK's module. */
  readonly module: string;
  /** How it is reached: by the SDK's class of that bus, or by a wire of its own. */
  readonly bus: "I2C" | "SMBus" | "OneWire";
  /** The usual one. */
  readonly address?: number;
  /** What it measures, by the group that ECMA-419 clause 16 puts it in. */
  readonly quantities: { readonly [group: string]: readonly string[] };
}

/** As `board.ts` calls the bus that most boards have. */
export const DEFAULT_BUS = "default";

const temperature = Object.freeze(["temperature"]);
const thermometer = Object.freeze({ thermometer: temperature });
const climate = Object.freeze({ thermometer: temperature, hygrometer: Object.freeze(["humidity"]) });
const weather = Object.freeze({ barometer: Object.freeze(["pressure"]), thermometer: temperature });

export const drivers = Object.freeze({
  AHT10: row("Humidity-Temperature/AHT10", "I2C", 0x38, climate),
  BMP180: row("Barometer-Temperature/BMP180", "I2C", 0x77, weather),
  BMP280: row("Barometer-Temperature/BMP280", "I2C", 0x76, weather),
  DS18B20: Object.freeze({ module: "DS18X20", bus: "OneWire", quantities: thermometer } as const),
  HTU21D: row("Humidity-Temperature/HTU21D", "I2C", 0x40, climate),
  LM75: row("Temperature/LM75", "SMBus", 0x48, thermometer),
  SHT3x: row("Humidity-Temperature/SHT3x", "I2C", 0x44, climate),
  SHTC3: row("Humidity-Temperature/SHTC3", "I2C", 0x70, climate),
  SI7020: row("Humidity-Temperature/SI7020", "I2C", 0x40, climate),
  TMP102: row("Temperature/TMP102", "SMBus", 0x48, thermometer),
  TMP117: row("Temperature/TMP117", "SMBus", 0x48, thermometer),
});

export type DriverName = keyof typeof drivers;

/** @throws Error when there is none of that name, or it cannot be connected so, with the choices */
export function findDriver(
  { driver: name, pin, bus, address, index = 0 }: DriverOptions,
  board: { readonly id: string; readonly I2C: object },
): Driver {
  const driver: Driver | undefined = Object.hasOwn(drivers, name) ? drivers[name as DriverName] : undefined;
  if (driver === undefined)
    throw new Error(`there is no driver "${name}": there are ${Object.keys(drivers).join(", ")}`);
  if (driver.bus === "OneWire") {
    if (bus !== undefined || address !== undefined)
      throw new Error(`${name} is on a wire: it has a pin, no bus or address`);
    if (pin === undefined) throw new Error(`${name} needs a pin`);
    if (Number.isInteger(index) && index >= 0 && index <= 126) return driver;
    throw new Error(`index is ${index}: must be a whole number from 0 to 126`);
  }
  if (pin !== undefined || index !== 0) throw new Error(`${name} is on an I2C bus: it has no pin or index`);
  if (!Object.hasOwn(board.I2C, bus ?? DEFAULT_BUS)) {
    const known = Object.keys(board.I2C).join(", ") || "none";
    throw new Error(`the board ${board.id} has no I2C bus "${bus ?? DEFAULT_BUS}": it has ${known}`);
  }
  if (address === undefined || (Number.isInteger(address) && address >= 0x08 && address <= 0x77)) return driver;
  throw new Error(`address is ${address}: must be 7 bits, from 8 (0x08) to 119 (0x77)`);
}

function row(module: string, bus: Driver["bus"], address: number, quantities: Driver["quantities"]): Driver {
  return Object.freeze({ module: `embedded:sensor/${module}`, bus, address, quantities });
}

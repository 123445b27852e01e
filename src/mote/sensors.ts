/** An application's sensors, as the platform has sensors. */
import type { AnalogPin, Pins, Platform, Sample, Sensor } from "../platform.js";
import type {
  AnalogDeclaration,
  Application,
  DriverDeclaration,
  FunctionDeclaration,
  GroupDeclaration,
  SensorDeclaration,
} from "./application.js";
import { asError } from "./errors.js";
import { isLater } from "./later.js";

/** @throws Error when the board has no such sensor or pin */
export function openSensors({ sensors }: Application, platform: Platform): readonly Sensor[] {
  if (sensors === undefined) return platform.sensors;
  return Object.entries(sensors).map(([id, declared]) => openSensor(id, declared, platform));
}

function openSensor(id: string, declared: SensorDeclaration, platform: Platform): Sensor {
  if ("board" in declared) return new BoardSensor(id, findSensor(declared.board, platform));
  if ("read" in declared) return new FunctionSensor(id, declared);
  if ("analog" in declared) return new AnalogSensor(id, declared, platform.pins);
  if ("driver" in declared) return openDriver(id, declared, platform);
  throw new Error(`sensor ${id}: needs one of board, read, analog and driver`);
}

function openDriver(id: string, declared: DriverDeclaration, platform: Platform): Sensor {
  try {
    return platform.openDriver(id, declared);
  } catch (error) {
    throw new Error(`sensor ${id}: ${asError(error).message}`);
  }
}

/** By its id, or by a quantity that it measures: boards have different sensors for the same thing. */
function findSensor(wanted: string, { sensors, board }: Platform): Sensor {
  const sensor = sensors.find(({ id }) => id === wanted) ?? sensors.find(({ units }) => Object.hasOwn(units, wanted));
  if (sensor !== undefined) return sensor;
  const known = sensors.map(({ id, units }) => `${id} (${Object.keys(units).join(", ")})`);
  throw new Error(`the board ${board} has no sensor "${wanted}", nor one that measures it: it has ${known.join(", ")}`);
}

class BoardSensor implements Sensor {
  readonly id: string;
  readonly units: Sensor["units"];
  readonly measure: Sensor["measure"];
  private readonly sensor: Sensor;

  constructor(id: string, sensor: Sensor) {
    this.id = id;
    this.units = sensor.units;
    this.measure = sensor.measure?.bind(sensor);
    this.sensor = sensor;
  }

  sample(): Sample {
    return this.sensor.sample();
  }

  close(): void {
    this.sensor.close();
  }
}

class FunctionSensor implements Sensor {
  readonly id: string;
  readonly units: Sensor["units"];
  private readonly declared: FunctionDeclaration | GroupDeclaration;

  constructor(id: string, declared: FunctionDeclaration | GroupDeclaration) {
    this.id = id;
    this.units = "units" in declared ? declared.units : { [declared.quantity]: declared.unit };
    this.declared = declared;
  }

  measure(done: (outcome: Sample | Error) => void): Sample | undefined {
    const value = this.declared.read();
    if (!isLater<unknown>(value)) return this.sampleOf(value);
    value.then(
      (late) => {
        let outcome: Sample | Error;
        try {
          outcome = this.sampleOf(late);
        } catch (error) {
          outcome = asError(error);
        }
        done(outcome);
      },
      (error) => done(asError(error)),
    );
    return undefined;
  }

  sample(): Sample {
    return this.sampleOf(this.declared.read());
  }

  /** A group of its own, named as the sensor. */
  private sampleOf(value: unknown): Sample {
    const { declared } = this;
    if ("units" in declared) {
      if (typeof value !== "object" || value === null) throw wrong(value, "an object of numbers");
      const given = value as { readonly [quantity: string]: unknown };
      const group: { [quantity: string]: number } = {};
      for (const quantity of Object.keys(this.units)) {
        const one = given[quantity];
        if (typeof one !== "number") throw wrong(one, `a number for ${quantity}`);
        group[quantity] = one;
      }
      return { [this.id]: group };
    }
    if (typeof value !== "number") throw wrong(value, "a number");
    return { [this.id]: { [declared.quantity]: value } };
  }

  close(): void {}
}

function wrong(value: unknown, wanted: string): Error {
  return new Error(`read gave ${value === undefined ? "nothing" : typeof value}: must give ${wanted}`);
}

class AnalogSensor implements Sensor {
  readonly id: string;
  readonly units: Sensor["units"];
  private readonly declared: AnalogDeclaration;
  private readonly pins: Pins;
  private pin: AnalogPin | undefined;

  constructor(id: string, declared: AnalogDeclaration, pins: Pins) {
    this.id = id;
    this.units = { [declared.quantity]: declared.unit };
    this.declared = declared;
    this.pins = pins;
  }

  sample(): Sample {
    const { analog, quantity, volts, values } = this.declared;
    this.pin ??= this.pins.openAnalog(analog);
    let value = this.pin.read();
    if (volts !== undefined && values !== undefined) {
      const share = (value - volts[0]) / (volts[1] - volts[0]);
      value = values[0] + share * (values[1] - values[0]);
    }
    return { [quantity]: { [quantity]: value } };
  }

  close(): void {
    this.pin?.close();
  }
}

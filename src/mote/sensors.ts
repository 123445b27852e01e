/** An application's sensors, as the platform has sensors. */
import type { AnalogPin, Pins, Platform, Sample, Sensor } from "../platform.js";
import type { AnalogDeclaration, Application, FunctionDeclaration, SensorDeclaration } from "./application.js";

/** @throws Error when the board has no such sensor or pin */
export function openSensors({ sensors }: Application, platform: Platform): readonly Sensor[] {
  if (sensors === undefined) return platform.sensors;
  return Object.entries(sensors).map(([id, declared]) => openSensor(id, declared, platform));
}

function openSensor(id: string, declared: SensorDeclaration, platform: Platform): Sensor {
  if ("board" in declared) return new BoardSensor(id, findSensor(declared.board, platform));
  return "read" in declared ? new FunctionSensor(id, declared) : new AnalogSensor(id, declared, platform.pins);
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
  private readonly sensor: Sensor;

  constructor(id: string, sensor: Sensor) {
    this.id = id;
    this.units = sensor.units;
    this.sensor = sensor;
  }

  sample(): Sample {
    return this.sensor.sample();
  }

  close(): void {
    this.sensor.close();
  }
}

/** A number by itself is a quantity of a group of its own. */
function sampleOf(quantity: string, value: unknown): Sample {
  if (typeof value !== "number") throw new Error(`read gave ${typeof value}: must give a number`);
  return { [quantity]: { [quantity]: value } };
}

class FunctionSensor implements Sensor {
  readonly id: string;
  readonly units: Sensor["units"];
  private readonly declared: FunctionDeclaration;

  constructor(id: string, declared: FunctionDeclaration) {
    this.id = id;
    this.units = { [declared.quantity]: declared.unit };
    this.declared = declared;
  }

  sample(): Sample {
    const { quantity, read } = this.declared;
    return sampleOf(quantity, read());
  }

  close(): void {}
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
    const read = this.pin.read();
    if (volts === undefined || values === undefined) return sampleOf(quantity, read);
    const share = (read - volts[0]) / (volts[1] - volts[0]);
    return sampleOf(quantity, values[0] + share * (values[1] - values[0]));
  }

  close(): void {
    this.pin?.close();
  }
}

/** What surrounds the node, for a person's hand: what its sensors see, and what drives its inputs, under the application's names. */
import type { AnalogDeclaration, Application, DriverDeclaration } from "../../src/mote/application.js";
import type { ConnectedSensors } from "../core/world/connected.js";
import type { SimulatedPins } from "../core/world/pins.js";
import type { SimulatedSensor } from "../core/world/sensors.js";
import type { Controlled } from "./control.js";

type HeldSensor = Controlled["sensors"][number];
type DrivenInput = Controlled["inputs"][number];

/** Volts that an analog pin can have. */
const SUPPLY = 3.3;

/** What is on a device and at its pins. */
interface Surrounded {
  readonly sensors: readonly SimulatedSensor[];
  readonly connected: ConnectedSensors;
  readonly pins: SimulatedPins;
}

export function sensorsOf(
  { sensors }: Application,
  { sensors: onBoard, connected, pins }: Surrounded,
): readonly HeldSensor[] {
  if (sensors === undefined) return onBoard;
  return Object.entries(sensors).flatMap(([id, declared]): HeldSensor[] => {
    if ("read" in declared) return [];
    // A pin that the board has not is the firmware's to report.
    if ("analog" in declared) return pins.has(declared.analog) ? [analogSensor(id, declared, pins)] : [];
    if ("driver" in declared) return connectedSensor(id, declared, connected);
    const sensor =
      onBoard.find(({ id }) => id === declared.board) ??
      onBoard.find(({ units }) => Object.hasOwn(units, declared.board));
    return sensor === undefined ? [] : [renamed(id, sensor)];
  });
}

/** One that cannot be connected so is the firmware's to report. */
function connectedSensor(id: string, declared: DriverDeclaration, connected: ConnectedSensors): HeldSensor[] {
  try {
    return [connected.find(id, declared)];
  } catch {
    return [];
  }
}

function renamed(id: string, sensor: SimulatedSensor): HeldSensor {
  return {
    id,
    get quantities() {
      return sensor.quantities;
    },
    hold: (quantity, value) => sensor.hold(quantity, value),
  };
}

/** Nothing else is connected to the pin: it is held at a voltage, or left open. */
function analogSensor(id: string, declared: AnalogDeclaration, pins: SimulatedPins): HeldSensor {
  const { analog, quantity, unit, volts = [0, SUPPLY], values = volts } = declared;
  const low = Math.min(...values);
  const high = Math.max(...values);
  const perVolt = (values[1] - values[0]) / (volts[1] - volts[0]);
  return {
    id,
    get quantities() {
      const value = values[0] + (pins.openAnalog(analog).read() - volts[0]) * perVolt;
      return [{ quantity, unit, low, high, value: Math.round(value * 1_000) / 1_000, held: pins.isHeld(analog) }];
    },
    hold(name, value) {
      if (name !== quantity) throw new RangeError(`sensor ${id} does not measure "${name}"`);
      if (value !== undefined && !(value >= low && value <= high))
        throw new RangeError(`${quantity} of ${id} is ${value}: must be a number from ${low} to ${high}`);
      pins.hold(analog, value === undefined ? undefined : volts[0] + (value - values[0]) / perVolt);
    },
  };
}

export function inputsOf({ inputs = {} }: Application, pins: SimulatedPins): readonly DrivenInput[] {
  return Object.entries(inputs)
    .filter(([, { pin }]) => pins.has(pin))
    .map(([name, { pin }]) => ({
      name,
      get on() {
        return pins.isDriven(pin);
      },
      set: (on) => pins.drive(pin, on),
    }));
}

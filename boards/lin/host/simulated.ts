/** A sensor's driver that needs no sensor: a room's day, computed from the time. */
import type { DriverSensor } from "../../../src/platforms/moddable/provider.js";

const DAY = 86_400_000;

export class Simulated implements DriverSensor {
  sample() {
    // Coolest at midnight.
    const warmth = -Math.cos((2 * Math.PI * (Date.now() % DAY)) / DAY);
    return {
      thermometer: { temperature: 21 + 2.5 * warmth },
      hygrometer: { humidity: 48 - 7 * warmth },
      voltmeter: { voltage: 4.02 },
    };
  }

  close(): void {}
}

/** A converter whose pin is at half of its range. */
export class SimulatedAnalog {
  readonly resolution = 12;

  read(): number {
    return 2048;
  }

  close(): void {}
}

/** A pin that nothing is connected to: low, or what was written. */
export class SimulatedDigital {
  static readonly Input = 0;
  static readonly InputPullUp = 1;
  static readonly InputPullDown = 2;
  static readonly Output = 8;
  static readonly Rising = 1;
  static readonly Falling = 2;
  value: number;

  constructor({ mode }: { mode: number }) {
    this.value = mode === SimulatedDigital.InputPullUp ? 1 : 0;
  }

  read(): number {
    return this.value;
  }

  write(value: number): void {
    this.value = value;
  }

  close(): void {}
}

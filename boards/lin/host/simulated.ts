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

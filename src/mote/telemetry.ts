import type { Sensor } from "../platform.js";
import type { Applied } from "./applied.js";
import type { ReadingMessage, Stamp } from "./messages.js";
import type { Parts } from "./parts.js";

/** Makes readings of what the sensors measure. */
export class Telemetry {
  private readonly applied: Applied;
  private readonly parts: Parts;
  private seq = 0;
  private _faulty = false;

  constructor(applied: Applied, parts: Parts) {
    this.applied = applied;
    this.parts = parts;
  }

  /** In the last round something failed or found no room. */
  get faulty(): boolean {
    return this._faulty;
  }

  /**
   * One round: samples every sensor and publishes a reading of each.
   * @param commanded it is out of turn, by a command: readings in turn give no room for it
   * @returns readings that were accepted
   */
  sample(commanded: boolean): number {
    this.seq++;
    this._faulty = false;
    const { stamper, publisher, topics, settings } = this.parts;
    const now: Stamp = {};
    stamper.stamp(now);
    let accepted = 0;
    const { QoS } = settings;
    for (const sensor of this.applied.sensors) {
      const reading = this.read(sensor, now);
      if (reading === undefined) continue;
      // What is retained and late would take the place of something newer.
      const retain = settings.retain && publisher.comesLast(QoS);
      const topic = topics.reading(sensor.id);
      const payload = JSON.stringify(reading);
      const token = commanded
        ? publisher.offerCommanded(topic, payload, QoS, retain)
        : publisher.sendOnce(topic, payload, QoS, retain);
      if (token > 0) accepted++;
      else if (!commanded) this._faulty = true;
      this.applied.measured(sensor, reading);
    }
    return accepted;
  }

  private read(sensor: Sensor, now: Stamp): ReadingMessage | undefined {
    try {
      const sample = sensor.sample();
      const reading: ReadingMessage = { seq: this.seq, ...now };
      let quantities = 0;
      for (const group of Object.values(sample)) {
        for (const [name, value] of Object.entries(group)) {
          if (!Number.isFinite(value)) this.fail(sensor, new Error(`${name} is ${value}, not a number`));
          else if (Object.hasOwn(reading, name)) this.fail(sensor, new Error(`${name} is there twice`));
          else {
            reading[name] = rounded(value);
            quantities++;
          }
        }
      }
      return quantities > 0 ? reading : undefined;
    } catch (error) {
      this.fail(sensor, error);
      return undefined;
    }
  }

  private fail(sensor: Sensor, error: unknown): void {
    this._faulty = true;
    this.parts.counters.failed++;
    this.parts.report(error, `sensor ${sensor.id}`);
  }
}

/** To three places. What is too large to have any stays as it is: a thousand times that may be no number any more. */
function rounded(value: number): number {
  const thousandths = Math.round(value * 1000);
  return Number.isSafeInteger(thousandths) ? thousandths / 1000 : value;
}

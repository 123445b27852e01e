import type { Sample, Sensor } from "../platform.js";
import type { Application } from "./application.js";
import type { Applied } from "./applied.js";
import { parseDuration } from "./duration.js";
import { guarded } from "./errors.js";
import type { ReadingMessage, Stamp } from "./messages.js";
import { Metronome } from "./metronome.js";
import type { Parts } from "./parts.js";

/** Milliseconds after which a sensor that has not answered is asked anew. */
const PATIENCE = 60_000;

/** One sensor, and how it is sampled. */
class Sampled {
  readonly sensor: Sensor;
  /** Milliseconds from one sample to the next; 0: with all others. */
  readonly interval: number;
  readonly change: number;
  seq = 0;
  /** Its quantities, as they were measured last. */
  newest: { [quantity: string]: number } | undefined;
  /** As they were published last, where only a change is. */
  published: { readonly [quantity: string]: number } | undefined;
  /** By the uptime: since when it is measuring. */
  since: number | undefined;
  /** Counts its measurements, so that one that was given up is known when it answers after all. */
  ticket = 0;
  metronome: Metronome | undefined;

  constructor(sensor: Sensor, interval: number, change: number) {
    this.sensor = sensor;
    this.interval = interval;
    this.change = change;
  }

  /** Numbers its own readings: others have the number of their round. */
  get counts(): boolean {
    return this.interval > 0 || this.change > 0;
  }

  /** Whether it measures something else than what was published last. */
  get hasChanged(): boolean {
    const { newest = {}, published, change } = this;
    if (change === 0 || published === undefined) return true;
    return Object.keys(newest).some(
      (name) => !(Math.abs((newest[name] as number) - (published[name] as number)) < change),
    );
  }
}

/** Makes readings of what the sensors measure. */
export class Telemetry {
  private readonly applied: Applied;
  private readonly parts: Parts;
  private readonly all: readonly Sampled[];
  private seq = 0;
  private _faulty = false;
  private closed = false;

  constructor(applied: Applied, { sensors = {} }: Application, parts: Parts) {
    this.applied = applied;
    this.parts = parts;
    this.all = applied.sensors.map((sensor) => {
      const { interval, change = 0 } = sensors[sensor.id] ?? {};
      return new Sampled(sensor, (interval !== undefined && parseDuration(interval)) || 0, change);
    });
  }

  /** In the last round something failed or found no room. */
  get faulty(): boolean {
    return this._faulty;
  }

  /** Quantities of a sensor, as they were measured last. @throws Error when there is no such sensor */
  reading(id: string): { readonly [quantity: string]: number } | undefined {
    const one = this.all.find(({ sensor }) => sensor.id === id);
    if (one === undefined)
      throw new Error(`there is no sensor "${id}": there are ${this.all.map(({ sensor }) => sensor.id).join(", ")}`);
    return one.newest;
  }

  /** Begins to sample the sensors that have an interval of their own. */
  start(): void {
    const { clock, uptime, report } = this.parts;
    for (const one of this.all) {
      if (one.interval === 0) continue;
      const act = this.measure.bind(this, one, false, undefined);
      one.metronome = new Metronome(clock, uptime, report, `sensor ${one.sensor.id}`, one, act);
      one.metronome.start(one.interval, 0);
    }
  }

  /** What is measuring now is not published any more. */
  stop(): void {
    this.closed = true;
    for (const { metronome } of this.all) metronome?.stop();
  }

  /** The broker may keep something older, or nothing: the next sample of each sensor is published, changed or not. */
  forget(): void {
    for (const one of this.all) one.published = undefined;
  }

  /** Publishes a reading of each sensor out of turn, for the broker may keep something older. */
  retell(): void {
    this.forget();
    for (const one of this.all) if (one.interval > 0) this.measure(one, false, undefined);
  }

  /**
   * One round: samples and publishes a reading of each sensor that has no interval of its own; of all when it is commanded.
   * @param commanded it is out of turn, by a command: readings in turn give no room for it
   * @returns readings that were accepted by now
   */
  sample(commanded: boolean): number {
    this.seq++;
    this._faulty = false;
    const now: Stamp = {};
    this.parts.stamper.stamp(now);
    let accepted = 0;
    for (const one of this.all) {
      if ((commanded || one.interval === 0) && this.measure(one, commanded, now)) accepted++;
    }
    return accepted;
  }

  /** @returns whether a reading of it was accepted by now */
  private measure(one: Sampled, commanded: boolean, now: Stamp | undefined): boolean {
    const { uptime, stamper } = this.parts;
    const { sensor } = one;
    if (one.since !== undefined) {
      if (uptime.now() - one.since < PATIENCE) return false;
      this.fail(sensor, new Error(`it has not answered for ${PATIENCE / 1000} s: it is asked anew`));
    }
    const stamp = now ?? {};
    if (now === undefined) stamper.stamp(stamp);
    const { seq } = this;
    const ticket = ++one.ticket;
    one.since = undefined;
    try {
      const sample =
        sensor.measure === undefined
          ? sensor.sample()
          : sensor.measure((outcome) => {
              if (one.ticket !== ticket || this.closed) return;
              one.since = undefined;
              guarded(
                this.parts.report,
                `sensor ${sensor.id}`,
                this,
                this.answered,
              )([one, outcome, commanded, seq, stamp]);
            });
      if (sample !== undefined) return this.publish(one, sample, commanded, seq, stamp);
      one.since = uptime.now();
    } catch (error) {
      this.fail(sensor, error);
    }
    return false;
  }

  private answered([one, outcome, commanded, seq, stamp]: [Sampled, Sample | Error, boolean, number, Stamp]): void {
    if (outcome instanceof Error) this.fail(one.sensor, outcome);
    else this.publish(one, outcome, commanded, seq, stamp);
  }

  private publish(one: Sampled, sample: Sample, commanded: boolean, seq: number, stamp: Stamp): boolean {
    const { publisher, topics, settings } = this.parts;
    const { sensor } = one;
    const reading: ReadingMessage = { seq, ...stamp };
    const newest = this.take(sensor, sample, reading);
    if (newest === undefined) return false;
    one.newest = newest;
    let token = 0;
    if (commanded || one.hasChanged) {
      if (one.counts) reading.seq = ++one.seq;
      if (one.change > 0) one.published = newest;
      const { QoS } = settings;
      // What is retained and late would take the place of something newer.
      const retain = settings.retain && publisher.comesLast(QoS);
      const topic = topics.reading(sensor.id);
      const payload = JSON.stringify(reading);
      token = commanded
        ? publisher.offerCommanded(topic, payload, QoS, retain)
        : publisher.sendOnce(topic, payload, QoS, retain);
      if (token === 0 && !commanded) this._faulty = true;
    }
    this.applied.measured(sensor, reading);
    return token > 0;
  }

  /** Puts the quantities of a sample into a reading. @returns them; undefined when there is none */
  private take(sensor: Sensor, sample: Sample, reading: ReadingMessage): { [quantity: string]: number } | undefined {
    const newest: { [quantity: string]: number } = {};
    let quantities = 0;
    for (const group of Object.values(sample)) {
      for (const [name, value] of Object.entries(group)) {
        if (!Number.isFinite(value)) this.fail(sensor, new Error(`${name} is ${value}, not a number`));
        else if (Object.hasOwn(reading, name)) this.fail(sensor, new Error(`${name} is there twice`));
        else {
          newest[name] = reading[name] = rounded(value);
          quantities++;
        }
      }
    }
    return quantities > 0 ? newest : undefined;
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

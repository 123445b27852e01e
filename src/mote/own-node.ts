/** The node as an application's own functions see it. */
import type { Message } from "../mqtt/api.js";
import type { Client } from "../mqtt/client.js";
import { Alarm } from "./alarm.js";
import type { Application, ApplicationNode, FieldValue, Stoppable, SubscriptionDeclaration } from "./application.js";
import type { Applied } from "./applied.js";
import { parseDuration } from "./duration.js";
import { guarded, quoted, type Report } from "./errors.js";
import { Metronome } from "./metronome.js";
import type { Parts } from "./parts.js";
import type { SettingsStore } from "./settings.js";
import type { Telemetry } from "./telemetry.js";
import { textOf } from "./text.js";

/** Milliseconds: the longest time that a platform's timer takes. */
const LONGEST = 2_147_483_647;
const NOTHING = Object.freeze({});

/** What it does when the node is whole. */
export interface OwnAccess {
  readonly applied: Applied;
  readonly telemetry: Telemetry;
  sample(): void;
}

export class OwnNode implements ApplicationNode {
  readonly id: string;
  private readonly declared: Application;
  private readonly parts: Parts;
  private readonly store: SettingsStore;
  private readonly client: Client;
  /** Set before anything of the application runs. */
  access: OwnAccess | undefined;
  /** A stranger's command is being obeyed: what is said meanwhile takes no room of what the node itself has to say. */
  commanded = false;
  private readonly timers: Stoppable[] = [];
  private stopped = false;

  constructor(id: string, declared: Application, parts: Parts, store: SettingsStore, client: Client) {
    this.id = id;
    this.declared = declared;
    this.parts = parts;
    this.store = store;
    this.client = client;
  }

  /** The pins are open, and what is declared is right. */
  start(): void {
    const { start } = this.declared;
    const subscriptions: NonNullable<Application["subscriptions"]> = this.declared.subscriptions ?? NOTHING;
    for (const [name, subscription] of Object.entries(subscriptions)) {
      const where = `subscription ${name}`;
      const { filter, QoS = 1 } = subscription;
      this.client.subscribe(
        filter,
        { QoS },
        guarded(this.parts.report, where, this, this.received.bind(this, where, subscription)),
      );
    }
    if (start !== undefined) guarded(this.parts.report, "application start", undefined as never, start)(this);
  }

  /** The node is about to leave. */
  stop(): void {
    if (this.stopped) return;
    const { stop } = this.declared;
    if (stop !== undefined) guarded(this.parts.report, "application stop", undefined as never, stop)(this);
    this.stopped = true;
    for (const timer of this.timers.splice(0)) timer.stop();
  }

  private received(where: string, { received }: SubscriptionDeclaration, message: Message): void {
    const { topic, payload, byteLength, offset } = message;
    if (offset > 0 || this.stopped) return;
    if (byteLength > payload.length)
      this.parts.report(new Error(`a message to ${topic} has ${byteLength} bytes: too long for this node`), where);
    else received(this, textOf(payload), topic);
  }

  get online(): boolean {
    return this.client.connected;
  }

  get uptime(): number {
    return this.parts.uptime.now();
  }

  setting(name: string): FieldValue {
    return this.store.value(name);
  }

  reading(sensor: string): { readonly [quantity: string]: number } | undefined {
    return this.whole.telemetry.reading(sensor);
  }

  isOn(name: string): boolean {
    const { inputs = NOTHING, outputs = NOTHING } = this.declared;
    if (!Object.hasOwn(inputs, name) && !Object.hasOwn(outputs, name))
      throw unknown("input or output", name, { ...inputs, ...outputs });
    return this.whole.applied.isOn(name);
  }

  switch(output: string, on: boolean): void {
    const { outputs = NOTHING } = this.declared;
    if (!Object.hasOwn(outputs, output)) throw unknown("output", output, outputs);
    this.whole.applied.switch(output, on, this.commanded);
  }

  sample(): void {
    this.whole.sample();
  }

  publish(name: string, message: string | object): boolean {
    const topics: NonNullable<Application["topics"]> = this.declared.topics ?? NOTHING;
    const declared = Object.hasOwn(topics, name) ? topics[name] : undefined;
    if (declared === undefined) throw unknown("topic", name, topics);
    const { publisher, settings, stamper, topics: own } = this.parts;
    const { topic = own.own(name), QoS = settings.QoS, retain = false } = declared;
    let payload = message;
    if (typeof payload === "object") {
      payload = { ...payload };
      stamper.stamp(payload);
      payload = JSON.stringify(payload);
    }
    const token = this.commanded
      ? publisher.offerCommanded(topic, payload, QoS, retain)
      : publisher.sendOnce(topic, payload, QoS, retain);
    return token > 0;
  }

  after(delay: number | string, act: () => void): Stoppable {
    const { clock, report } = this.parts;
    const once = new Once(clock, report, "timer", this, () => {
      this.forget(once);
      act();
    });
    once.set(readDelay(delay, 0));
    return this.keep(once);
  }

  every(interval: number | string, act: () => void): Stoppable {
    const { clock, uptime, report } = this.parts;
    const timer = new Metronome(clock, uptime, report, "timer", this, act);
    timer.start(readDelay(interval, 10));
    return this.keep(timer);
  }

  report(error: unknown): void {
    (this.parts.report as Report)(error, "application");
  }

  private keep(timer: Stoppable): Stoppable {
    if (this.stopped) timer.stop();
    else this.timers.push(timer);
    return timer;
  }

  private forget(timer: Stoppable): void {
    const at = this.timers.indexOf(timer);
    if (at >= 0) this.timers.splice(at, 1);
  }

  private get whole(): OwnAccess {
    return this.access as OwnAccess;
  }
}

class Once extends Alarm implements Stoppable {
  stop(): void {
    this.clear();
  }
}

function readDelay(delay: number | string, least: number): number {
  const ms = typeof delay === "string" ? parseDuration(delay) : delay;
  if (ms !== undefined && ms >= least && ms <= LONGEST) return ms;
  throw new Error(`the time is ${quoted(delay)}: must be milliseconds from ${least}, or a duration such as "30s"`);
}

function unknown(kind: string, name: string, table: object): Error {
  return new Error(`there is no ${kind} ${quoted(name)}: there are ${Object.keys(table).join(", ") || "none"}`);
}

import type { Outcome } from "../mqtt/api.js";
import type { Platform, Sensor } from "../platform.js";
import { Alarm } from "./alarm.js";
import { Alerts } from "./alerts.js";
import type { Application } from "./application.js";
import type { CommandTable } from "./built-in.js";
import { checkApplication } from "./declared.js";
import { Description } from "./description.js";
import { guarded } from "./errors.js";
import { Inputs } from "./inputs.js";
import type { ReadingMessage } from "./messages.js";
import { Outputs } from "./outputs.js";
import type { OwnNode } from "./own-node.js";
import type { Parts } from "./parts.js";
import { openSensors } from "./sensors.js";
import type { SettingsStore } from "./settings.js";
import { States } from "./states.js";

/** Milliseconds after a message was delivered behind newer ones until what is retained is told again: others may follow it. */
const RETELL = 1000;

/** An application at work: what it declares, made. There is nothing of what it does not declare. */
export class Applied {
  readonly sensors: readonly Sensor[];
  private readonly parts: Parts;
  private readonly states: States;
  private readonly description: Description;
  private readonly outputs: Outputs | undefined;
  private readonly inputs: Inputs | undefined;
  private readonly alerts: Alerts | undefined;
  private readonly retelling: Alarm;
  private readonly own: OwnNode;
  private readonly retellReadings: () => void;
  /** The newest message that was delivered. */
  private delivered = 0;
  /**
   * Messages up to this one may be sent after newer ones, and take their place at the broker: they rest, or were sent on a
   * connection that ended after newer ones had been acknowledged.
   */
  private resent = 0;

  /**
   * Opens nothing yet.
   * @param own what its own functions are given
   * @param retellReadings publishes a reading of each sensor
   * @throws Error that says what in the application is wrong
   */
  constructor(
    application: Application,
    platform: Platform,
    parts: Parts,
    facts: { readonly firmware: string; readonly settings: SettingsStore; readonly commands: CommandTable },
    own: OwnNode,
    retellReadings: () => void,
  ) {
    const { outputs, inputs, alerts } = application;
    const { board, pins } = platform;
    const sensors = openSensors(application, platform);
    checkApplication(application, sensors, pins, parts.topics);
    const states = new States(parts);
    this.sensors = sensors;
    this.parts = parts;
    this.states = states;
    this.own = own;
    this.retellReadings = retellReadings;
    this.retelling = new Alarm(parts.clock, parts.report, "retained", this, this.retell);
    this.description = new Description(application, { ...facts, board, sensors }, parts);
    this.outputs = outputs && new Outputs(outputs, pins, parts, states);
    this.inputs = inputs && new Inputs(inputs, pins, parts, states, own);
    this.alerts = alerts && new Alerts(alerts, platform.settings, parts, states);
  }

  open(): void {
    this.outputs?.open();
    this.inputs?.open();
    this.own.start();
  }

  close(): void {
    this.retelling.clear();
    const { report } = this.parts;
    if (this.inputs !== undefined) guarded(report, "inputs", this.inputs, this.inputs.close)();
    if (this.outputs !== undefined) guarded(report, "outputs", this.outputs, this.outputs.close)();
    for (const sensor of this.sensors) guarded(report, `sensor ${sensor.id}`, sensor, sensor.close)();
  }

  /** The broker has accepted a connection. */
  connected(sessionPresent: boolean): void {
    this.rests();
    this.description.connected(sessionPresent);
    this.states.connected(sessionPresent);
  }

  /** There is room again. */
  update(): void {
    this.description.update();
    this.states.update();
  }

  published(token: number, outcome: Outcome, kept: boolean): void {
    this.description.published(token, outcome);
    if (!kept || outcome === "lost") return;
    if (token > this.delivered) this.delivered = token;
    else if (token <= this.resent) this.retelling.set(RETELL);
  }

  /** Messages accepted so far may be sent again, or have been put aside. */
  rests(): void {
    this.resent = this.parts.publisher.newest;
  }

  private retell(): void {
    this.states.retell();
    this.retellReadings();
  }

  measured(sensor: Sensor, reading: ReadingMessage): void {
    this.alerts?.measured(sensor.id, reading);
    // What a full store has refused: nobody says that it is full no more.
    this.states.update();
  }

  /** @throws Error when the output cannot be switched */
  switch(output: string, on: boolean, commanded: boolean): void {
    this.outputs?.switch(output, on, commanded);
  }

  /** Of an input or an output. */
  isOn(name: string): boolean {
    return this.inputs?.isOn(name) ?? this.outputs?.isOn(name) ?? false;
  }
}

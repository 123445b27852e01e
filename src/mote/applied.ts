import type { Outcome } from "../mqtt/api.js";
import type { Platform, Sensor } from "../platform.js";
import { Alerts } from "./alerts.js";
import type { Application } from "./application.js";
import { checkApplication } from "./declared.js";
import { Description } from "./description.js";
import { guarded } from "./errors.js";
import { Inputs } from "./inputs.js";
import type { ReadingMessage } from "./messages.js";
import { Outputs } from "./outputs.js";
import type { Parts } from "./parts.js";
import { openSensors } from "./sensors.js";
import { States } from "./states.js";

/** An application at work: what it declares, made. There is nothing of what it does not declare. */
export class Applied {
  readonly sensors: readonly Sensor[];
  /** Names of what can be switched. */
  readonly switches: readonly string[];
  private readonly parts: Parts;
  private readonly states: States;
  private readonly description: Description;
  private readonly outputs: Outputs | undefined;
  private readonly inputs: Inputs | undefined;
  private readonly alerts: Alerts | undefined;

  /** Opens nothing yet. @throws Error that says what in the application is wrong */
  constructor(application: Application, platform: Platform, parts: Parts, firmware: string) {
    const { outputs, inputs, alerts } = application;
    const { board, pins } = platform;
    const sensors = openSensors(application, platform);
    checkApplication(application, sensors);
    const states = new States(parts);
    this.sensors = sensors;
    this.switches = outputs === undefined ? [] : Object.keys(outputs);
    this.parts = parts;
    this.states = states;
    this.description = new Description(application, { firmware, board, sensors }, parts);
    this.outputs = outputs && new Outputs(outputs, pins, parts, states);
    this.inputs = inputs && new Inputs(inputs, pins, parts, states);
    this.alerts = alerts && new Alerts(alerts, platform.settings, parts, states);
  }

  open(): void {
    this.outputs?.open();
    this.inputs?.open();
  }

  close(): void {
    const { report } = this.parts;
    if (this.inputs !== undefined) guarded(report, "inputs", this.inputs, this.inputs.close)();
    if (this.outputs !== undefined) guarded(report, "outputs", this.outputs, this.outputs.close)();
    for (const sensor of this.sensors) guarded(report, `sensor ${sensor.id}`, sensor, sensor.close)();
  }

  /** The broker has accepted a connection. */
  connected(sessionPresent: boolean): void {
    this.description.connected(sessionPresent);
    this.states.connected(sessionPresent);
  }

  /** There is room again. */
  update(): void {
    this.description.update();
    this.states.update();
  }

  published(token: number, outcome: Outcome): void {
    this.description.published(token, outcome);
  }

  measured(sensor: Sensor, reading: ReadingMessage): void {
    this.alerts?.measured(sensor.id, reading);
  }

  /** @throws Error when the output cannot be switched */
  switch(output: string, on: boolean): void {
    this.outputs?.switch(output, on);
  }
}

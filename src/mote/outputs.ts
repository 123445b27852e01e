import type { OutputPin, Pins } from "../platform.js";
import type { OutputDeclaration } from "./application.js";
import { guarded } from "./errors.js";
import type { Parts } from "./parts.js";
import { State, type States } from "./states.js";

/** What can be switched. */
export class Outputs {
  private readonly declared: { readonly [name: string]: OutputDeclaration };
  private readonly pins: Pins;
  private readonly parts: Parts;
  private readonly states: States;
  private readonly all: Output[] = [];

  constructor(declared: Outputs["declared"], pins: Pins, parts: Parts, states: States) {
    this.declared = declared;
    this.pins = pins;
    this.parts = parts;
    this.states = states;
  }

  /** Opens the pins. Each is off. One that cannot be opened is reported, and its command is refused. */
  open(): void {
    for (const name of Object.keys(this.declared))
      guarded(this.parts.report, `output ${name}`, this, this.openOne)(name);
  }

  private openOne(name: string): void {
    const { pin, activeLow = false } = this.declared[name] as OutputDeclaration;
    const output = new Output(this.parts.topics.output(name), name, this.pins.openOutput(pin, activeLow));
    this.all.push(output);
    this.states.add(output, true);
  }

  /**
   * @param commanded by a stranger's command
   * @throws Error when the pin cannot be driven; then the state is as it was
   */
  switch(name: string, on: boolean, commanded: boolean): void {
    const output = this.all.find((candidate) => candidate.name === name);
    if (output === undefined) throw new Error(`the pin of output ${name} could not be opened`);
    if (output.switch(on)) this.states.changed(output, commanded);
  }

  /** Undefined: there is no such output, or its pin could not be opened. */
  isOn(name: string): boolean | undefined {
    return this.all.find((output) => output.name === name)?.on;
  }

  close(): void {
    for (const { pin } of this.all) pin.close();
  }
}

class Output extends State {
  readonly name: string;
  readonly pin: OutputPin;
  on = false;

  constructor(topic: string, name: string, pin: OutputPin) {
    super(topic);
    this.name = name;
    this.pin = pin;
  }

  /** @returns whether it was otherwise before */
  switch(on: boolean): boolean {
    this.pin.write(on);
    if (on === this.on) return false;
    this.on = on;
    return true;
  }

  describe() {
    return { state: this.on ? "on" : "off" } as const;
  }
}

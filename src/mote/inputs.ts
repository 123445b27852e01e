import type { InputPin, Pins } from "../platform.js";
import type { InputDeclaration } from "./application.js";
import { guarded } from "./errors.js";
import type { Parts } from "./parts.js";
import { State, type States } from "./states.js";

/** What is told at once, whenever it changes. */
export class Inputs {
  private readonly declared: { readonly [name: string]: InputDeclaration };
  private readonly pins: Pins;
  private readonly parts: Parts;
  private readonly states: States;
  private readonly all: Input[] = [];

  constructor(declared: Inputs["declared"], pins: Pins, parts: Parts, states: States) {
    this.declared = declared;
    this.pins = pins;
    this.parts = parts;
    this.states = states;
  }

  /** Opens the pins and publishes how each is. One that cannot be opened is reported. */
  open(): void {
    for (const name of Object.keys(this.declared))
      guarded(this.parts.report, `input ${name}`, this, this.openOne)(name);
  }

  private openOne(name: string): void {
    const { pin, activeLow = false, pull = false } = this.declared[name] as InputDeclaration;
    const input = new Input(this.parts.topics.input(name), this.states);
    const onChanged = guarded(this.parts.report, `input ${name}`, input, input.changed);
    input.open(this.pins.openInput(pin, { activeLow, pull, onChanged }));
    this.all.push(input);
    this.states.add(input, true);
  }

  close(): void {
    for (const input of this.all) input.close();
  }
}

class Input extends State {
  private readonly states: States;
  private pin: InputPin | undefined;
  private on = false;

  constructor(topic: string, states: States) {
    super(topic);
    this.states = states;
  }

  open(pin: InputPin): void {
    this.pin = pin;
    this.on = pin.read();
  }

  changed(on: boolean): void {
    if (on === this.on) return;
    this.on = on;
    this.states.changed(this, false);
  }

  describe() {
    return { state: this.on ? "on" : "off" } as const;
  }

  close(): void {
    this.pin?.close();
  }
}

import type { InputPin, Pins } from "../platform.js";
import type { ApplicationNode, InputDeclaration } from "./application.js";
import { parseDuration } from "./duration.js";
import { guarded } from "./errors.js";
import type { Parts } from "./parts.js";
import { State, type States } from "./states.js";

/** What is told at once, whenever it changes. */
export class Inputs {
  private readonly declared: { readonly [name: string]: InputDeclaration };
  private readonly pins: Pins;
  private readonly parts: Parts;
  private readonly states: States;
  private readonly node: ApplicationNode;
  private readonly all: Input[] = [];

  constructor(declared: Inputs["declared"], pins: Pins, parts: Parts, states: States, node: ApplicationNode) {
    this.node = node;
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
    const { pin, activeLow = false, pull = false, debounce, changed } = this.declared[name] as InputDeclaration;
    const input = new Input(this.parts.topics.input(name), name, this.states, changed?.bind(undefined, this.node));
    const onChanged = guarded(this.parts.report, `input ${name}`, input, input.changed);
    const settle = debounce === undefined ? undefined : parseDuration(debounce);
    input.open(
      this.pins.openInput(pin, { activeLow, pull, onChanged, ...(settle !== undefined && { debounce: settle }) }),
    );
    this.all.push(input);
    this.states.add(input, true);
  }

  /** Undefined: there is no such input, or its pin could not be opened. */
  isOn(name: string): boolean | undefined {
    return this.all.find((input) => input.name === name)?.on;
  }

  close(): void {
    for (const input of this.all) input.close();
  }
}

class Input extends State {
  readonly name: string;
  on = false;
  private readonly states: States;
  private readonly told: ((on: boolean) => void) | undefined;
  private pin: InputPin | undefined;

  /** @param told called after a change has been published */
  constructor(topic: string, name: string, states: States, told: Input["told"]) {
    super(topic);
    this.name = name;
    this.states = states;
    this.told = told;
  }

  open(pin: InputPin): void {
    this.pin = pin;
    this.on = pin.read();
  }

  changed(on: boolean): void {
    if (on === this.on) return;
    this.on = on;
    this.states.changed(this, false);
    this.told?.(on);
  }

  describe() {
    return { state: this.on ? "on" : "off" } as const;
  }

  close(): void {
    this.pin?.close();
  }
}

/** Lets the faults of a story begin, in the state they are aimed at, and heal. */
import type { Broker } from "../broker/broker.js";
import type { VirtualClock } from "../world/clock.js";
import type { RandomStream } from "../world/random.js";
import type { Device } from "./device.js";
import { faults } from "./faults/index.js";
import type { Judge } from "./judge.js";
import type { Step } from "./story.js";
import type { Trace } from "./trace.js";

export interface RunnerOptions {
  readonly clock: VirtualClock;
  readonly broker: Broker;
  readonly trace: Trace;
  readonly random: RandomStream;
  /** Opens the broker's port. @returns what closes it */
  listen(): () => void;
  /** A fault has happened to a node. @param fault its place among all faults */
  hit(fault: number, judge: Judge): void;
}

/** Milliseconds that a fault waits for the state it is aimed at; then it comes anyway. */
const PATIENCE = 900_000;

interface Running {
  readonly step: Step;
  readonly device: Device;
  readonly judge: Judge;
  /** Takes back what is under way: a state that is waited for, a timer, the fault itself. */
  undo: (() => void) | undefined;
}

export class FaultRunner {
  readonly #options: RunnerOptions;
  readonly #running = new Set<Running>();
  #closed = 0;
  #close: (() => void) | undefined;

  constructor(options: RunnerOptions) {
    this.#options = options;
    this.#close = options.listen();
  }

  /** Faults that are in force, armed or waiting. */
  get active(): number {
    return this.#running.size;
  }

  begin(step: Step, device: Device, judge: Judge): void {
    const running: Running = { step, device, judge, undo: undefined };
    this.#running.add(running);
    if (step.state === undefined) {
      this.#happen(running);
      return;
    }
    const { clock } = this.#options;
    const start = (delay: number): void => {
      cancel();
      clock.clearTimer(patience);
      const timer = clock.setTimer(() => this.#happen(running), delay);
      running.undo = () => clock.clearTimer(timer);
    };
    let cancel = (): void => undefined;
    const patience = clock.setTimer(() => start(0), PATIENCE);
    running.undo = () => {
      cancel();
      clock.clearTimer(patience);
    };
    cancel = judge.shakes.await(step.state, () => start(step.after ?? 0));
  }

  /** All faults heal; those that wait do not come. */
  healAll(): void {
    for (const running of [...this.#running]) this.#heal(running);
  }

  #happen(running: Running): void {
    const { clock, broker, trace, random } = this.#options;
    const { step, device, judge } = running;
    const place = faults.findIndex(({ name }) => name === step.fault);
    const fault = faults[place];
    if (fault === undefined) throw new Error(`there is no fault "${step.fault}"`);
    judge.roughAt = Number.POSITIVE_INFINITY;
    const happens = (): void => {
      trace.add("fault", judge.index, step.index, 0, fault.name);
      this.#options.hit(place, judge);
    };
    if (fault.armed !== true) happens();
    const heal = fault.begin(
      {
        clock,
        broker,
        device,
        judge,
        random: random.stream(`step ${step.index}`),
        listen: (open) => this.#listen(open),
        happens,
      },
      step.values,
    );
    if (heal === undefined) {
      running.undo = undefined;
      this.#heal(running);
      return;
    }
    const timer = clock.setTimer(() => this.#heal(running), step.lasts);
    running.undo = () => {
      clock.clearTimer(timer);
      heal();
      trace.add("healed", judge.index, step.index, 0, fault.name);
    };
  }

  #heal(running: Running): void {
    if (!this.#running.delete(running)) return;
    running.undo?.();
    const { judge } = running;
    if (![...this.#running].some((other) => other.judge === judge)) {
      judge.roughAt = this.#options.clock.elapsed;
    }
  }

  #listen(open: boolean): void {
    this.#closed += open ? -1 : 1;
    if (this.#closed === 0) this.#close ??= this.#options.listen();
    else {
      this.#close?.();
      this.#close = undefined;
    }
  }
}

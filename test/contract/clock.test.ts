import { VirtualClock } from "../../host-sim/core/world/clock.js";
import type { Clock } from "../../src/platform.js";
import { nodejsClock } from "../../src/platforms/nodejs/clock.js";
import { type ClockHarness, clockContract } from "./clock.contract.js";
import { clockAtTheWrap, runContract, runDefects, untilReal, untilVirtual } from "./contract.js";
import { bootOf } from "./harness.js";

function virtual(change: (clock: VirtualClock) => Partial<Clock> = () => ({})): ClockHarness {
  const clock = clockAtTheWrap();
  const methods: Clock = {
    now: () => clock.now(),
    epoch: () => clock.epoch(),
    setTimer: (callback, delay) => clock.setTimer(callback, delay),
    clearTimer: (timer) => clock.clearTimer(timer),
  };
  return { clock: { ...methods, ...change(clock) }, until: untilVirtual(clock) };
}

runContract("virtual clock", clockContract, () => virtual());

runContract("virtual clock that does not know the time of day", clockContract, () => {
  const clock = new VirtualClock();
  return { clock, until: untilVirtual(clock) };
});

runContract("clock of a simulated machine", clockContract, () => {
  const clock = clockAtTheWrap();
  return { clock: bootOf({ clock }).platform.clock, until: untilVirtual(clock) };
});

runContract("clock of Node.js", clockContract, () => ({ clock: nodejsClock, until: untilReal }));

runDefects("the clock's contract", clockContract, [
  [
    "tells time without wrapping around",
    "tells time as a signed 32-bit integer",
    () => virtual((clock) => ({ now: () => 0x7fff_fffa + clock.elapsed })),
  ],
  [
    "tells fractions",
    "tells time as a signed 32-bit integer",
    () => virtual((clock) => ({ now: () => clock.now() + 0.5 })),
  ],
  ["stands still", "never goes back, by differences that wrap around", () => virtual(() => ({ now: () => 0 }))],
  [
    "is early",
    "calls back no sooner than the delay",
    () => virtual((clock) => ({ setTimer: (callback, delay) => clock.setTimer(callback, Math.floor(delay * 0.9)) })),
  ],
  [
    "repeats timers",
    "calls back once",
    () =>
      virtual((clock) => ({
        setTimer: (callback, delay) => {
          clock.setTimer(callback, delay + 1);
          return clock.setTimer(callback, delay);
        },
      })),
  ],
  [
    "calls from inside setTimer",
    "calls back after the code that set the timer has returned, without delay too",
    () =>
      virtual((clock) => ({
        setTimer: (callback, delay) => (delay === 0 ? callback() : clock.setTimer(callback, delay)),
      })),
  ],
  ["cannot clear", "forgets a timer that is cleared", () => virtual(() => ({ clearTimer: () => {} }))],
  [
    "cannot clear what is due",
    "forgets a timer that is cleared by another one of the same moment",
    () =>
      virtual((clock) => ({
        setTimer: (callback, delay) => clock.setTimer(() => clock.setTimer(callback, 0), delay),
      })),
  ],
  [
    "throws at clearing twice",
    "ignores the clearing of a timer that has run, runs or was cleared before",
    () => {
      const cleared = new Set<unknown>();
      return virtual((clock) => ({
        clearTimer: (timer) => {
          if (cleared.has(timer)) throw new Error("no such timer");
          cleared.add(timer);
          clock.clearTimer(timer);
        },
      }));
    },
  ],
  [
    "takes long delays for short ones, as setTimeout does above 2^31 - 1",
    "takes a delay of 2^31 - 1 ms for what it is",
    () => virtual((clock) => ({ setTimer: (callback, delay) => clock.setTimer(callback, delay > 2e9 ? 1 : delay) })),
  ],
  [
    "tells the time of day in seconds",
    "tells the time of day in milliseconds since 1970, or that it does not know it",
    () => virtual((clock) => ({ epoch: () => Math.floor((clock.epoch() as number) / 1000) })),
  ],
]);

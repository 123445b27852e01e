/**
 * Run by the simulator before main: gives the global System what it has on a device and lacks on Linux. To restart is to
 * ask the program that hosts the simulator for it, by a message it must not return from.
 */
declare const screen: { postMessage(message: string): void };

function restart(): never {
  screen.postMessage("restart");
  throw new Error("the simulator's host did not restart it");
}

globalThis.System = Object.create(System, { restart: { value: restart } });

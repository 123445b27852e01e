import { expect } from "vitest";
import type { Machine } from "../../src/platform.js";
import type { Contract, Harness } from "./clause.js";

export interface MachineHarness extends Harness {
  /** Starts the machine. @param run what runs on it; a throw out of it is the machine's end, as on a device */
  start(run: (machine: Machine) => void): void;
  /** Starts that were asked for by a program and have come about. */
  readonly restarts: number;
  /** Another machine of the kind. */
  another(run: (machine: Machine) => void): void;
}

function idOf(start: MachineHarness["start"]): string {
  let id = "";
  start((machine) => {
    id = machine.id;
  });
  return id;
}

export const machineContract: Contract<MachineHarness> = [
  {
    says: "has an id of 1 to 12 characters of 0-9 a-f",
    check: ({ start }) => expect(idOf(start)).toMatch(/^[0-9a-f]{1,12}$/),
  },
  {
    says: "has the same id at every start, and no other machine has it",
    check({ start, another }) {
      const id = idOf(start);
      expect(idOf(start)).toBe(id);
      expect(idOf(another)).not.toBe(id);
    },
  },
  {
    says: "says why it started",
    check({ start }) {
      const reasons: string[] = [];
      start(({ restartReason }) => reasons.push(restartReason));
      expect(reasons).toHaveLength(1);
      expect(reasons[0]).toMatch(/^[a-z][a-z -]{0,30}$/);
    },
  },
  {
    says: "counts its free memory in bytes, or says that nobody does",
    check({ start }) {
      const seen: (number | undefined)[] = [];
      start((machine) => seen.push(machine.freeMemory()));
      expect(seen).toHaveLength(1);
      if (seen[0] !== undefined) {
        expect(seen[0]).toBe(Math.floor(seen[0]));
        expect(seen[0]).toBeGreaterThan(0);
      }
    },
  },
  {
    says: "gives random numbers from 0 to 1, the 1 excluded, and needs no `this` for it",
    check({ start }) {
      const draws: number[] = [];
      start(({ random }) => {
        for (let i = 0; i < 1000; i++) draws.push(random());
      });
      expect(draws.every((draw) => draw >= 0 && draw < 1)).toBe(true);
      expect(new Set(draws).size).toBeGreaterThan(990);
      const mean = draws.reduce((sum, draw) => sum + draw, 0) / draws.length;
      expect(Math.abs(mean - 0.5)).toBeLessThan(0.08);
    },
  },
  {
    says: "restarts, and does not return control to what runs on it",
    async check(harness) {
      const ran: string[] = [];
      harness.start((machine) => {
        ran.push("before");
        try {
          machine.restart();
          ran.push("after");
        } finally {
          ran.push("on the way out");
        }
        ran.push("returned");
      });
      await harness.until(() => harness.restarts === 1);
      expect(ran).not.toContain("after");
      expect(ran).not.toContain("returned");
    },
  },
  {
    says: "restarts once, though the program catches what it can and asks again",
    async check(harness) {
      harness.start((machine) => {
        for (let i = 0; i < 3; i++) {
          try {
            machine.restart();
          } catch {
            // As careful code does that calls others.
          }
        }
      });
      await harness.until(() => harness.restarts > 0);
      expect(harness.restarts).toBe(1);
    },
  },
];

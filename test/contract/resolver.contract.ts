import { expect } from "vitest";
import type { Resolve } from "../../src/platform.js";
import type { Contract, Harness } from "./clause.js";

export interface ResolverHarness extends Harness {
  readonly resolve: Resolve;
  /** A name and all addresses that are right for it. */
  readonly known: { readonly host: string; readonly addresses: readonly string[] };
  /** A name without an address, of which the answer is at hand: no test asks a server. */
  readonly unknown: string;
}

/** Asks, and waits for the answer. */
async function ask({ resolve, until }: ResolverHarness, host: string): Promise<string | undefined> {
  const answers: (string | undefined)[] = [];
  resolve(host, (address) => answers.push(address));
  await until(() => answers.length > 0);
  return answers[0];
}

export const resolverContract: Contract<ResolverHarness> = [
  {
    says: "finds an address for a name",
    async check(harness) {
      expect(harness.known.addresses).toContain(await ask(harness, harness.known.host));
    },
  },
  {
    says: "knows a name in capitals too",
    async check(harness) {
      expect(harness.known.addresses).toContain(await ask(harness, harness.known.host.toUpperCase()));
    },
  },
  {
    says: "takes an address for its own answer",
    async check(harness) {
      for (const address of ["127.0.0.1", "192.0.2.77", "::1"]) expect(await ask(harness, address)).toBe(address);
    },
  },
  {
    says: "answers undefined for a name that has no address, and for what is no name",
    async check(harness) {
      for (const host of [harness.unknown, "", "x".repeat(300)]) expect(await ask(harness, host)).toBeUndefined();
    },
  },
  {
    says: "calls back later, never from inside the call",
    async check({ resolve, known, unknown, until }) {
      for (const host of [known.host, unknown, "127.0.0.1", "x".repeat(300)]) {
        let returned = false;
        const inside: boolean[] = [];
        resolve(host, () => inside.push(!returned));
        returned = true;
        await until(() => inside.length > 0);
        expect([host, inside]).toEqual([host, [false]]);
      }
    },
  },
  {
    says: "calls back exactly once for each question, and keeps questions apart",
    async check(harness) {
      const hosts = ["192.0.2.1", harness.known.host, harness.unknown, "192.0.2.2", harness.known.host];
      const answers: (string | undefined)[][] = hosts.map(() => []);
      for (const [index, host] of hosts.entries()) harness.resolve(host, (address) => answers[index]?.push(address));
      await harness.until(() => answers.every(({ length }) => length > 0));
      await ask(harness, harness.known.host);
      expect(answers.map(({ length }) => length)).toEqual([1, 1, 1, 1, 1]);
      expect([answers[0]?.[0], answers[2]?.[0], answers[3]?.[0]]).toEqual(["192.0.2.1", undefined, "192.0.2.2"]);
      for (const index of [1, 4]) expect(harness.known.addresses).toContain(answers[index]?.[0]);
    },
  },
];

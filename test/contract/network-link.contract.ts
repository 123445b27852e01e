import { expect } from "vitest";
import type { LinkState, NetworkLink, OpenNetworkLink } from "../../src/platform.js";
import type { Contract, Harness } from "./clause.js";

export interface NetworkLinkHarness extends Harness {
  readonly openLink: OpenNetworkLink;
  /** Takes the network away, as when the access point resets, and lets it be joined again. */
  lose(reason: string): void;
  /** Lets time pass in which a link could have changed several times. */
  settle(): Promise<void>;
}

interface Watched {
  readonly link: NetworkLink;
  readonly changes: [state: LinkState, detail: string][];
}

function open(harness: NetworkLinkHarness, onChanged: (state: LinkState) => void = () => {}): Watched {
  const changes: [LinkState, string][] = [];
  let opened: NetworkLink | undefined;
  const link = harness.openLink({
    onChanged: (state, detail) => {
      if (opened === undefined) throw new Error("called back from inside openLink");
      if (opened.state !== state) throw new Error(`told ${state} while the link's state is ${opened.state}`);
      changes.push([state, detail]);
      onChanged(state);
    },
  });
  opened = link;
  return { link, changes };
}

const isUp = ({ link }: Watched) => link.state === "up";

export const networkLinkContract: Contract<NetworkLinkHarness> = [
  {
    says: "joins by itself, and calls nothing from inside openLink",
    async check(harness) {
      const watched = open(harness);
      expect(watched.link.state).not.toBe("up");
      expect(watched.changes).toEqual([]);
      await harness.until(() => isUp(watched));
      expect(watched.changes.at(-1)?.[0]).toBe("up");
      watched.link.close();
    },
  },
  {
    says: "tells each change once, with a few words",
    async check(harness) {
      const watched = open(harness);
      await harness.until(() => isUp(watched));
      harness.lose("beacon timeout");
      await harness.until(() => !isUp(watched));
      await harness.until(() => isUp(watched));
      let last: LinkState | undefined;
      for (const [state, detail] of watched.changes) {
        expect(state).not.toBe(last);
        expect(detail).toMatch(/^\S.{0,79}$/);
        last = state;
      }
      watched.link.close();
    },
  },
  {
    says: "has an address and, with a radio, a signal strength in dBm while it is up, and only then",
    async check(harness) {
      const seen: LinkState[] = [];
      const watched: Watched = open(harness, (state) => {
        seen.push(state);
        const { address, rssi } = watched.link;
        if (state === "up") {
          expect(address).toMatch(/^\d+\.\d+\.\d+\.\d+$|:/);
          if (rssi !== undefined) {
            expect(rssi).toBe(Math.round(rssi));
            expect(rssi).toBeGreaterThan(-110);
            expect(rssi).toBeLessThan(0);
          }
        } else {
          expect([address, rssi]).toEqual([undefined, undefined]);
        }
      });
      expect([watched.link.address, watched.link.rssi]).toEqual([undefined, undefined]);
      await harness.until(() => isUp(watched));
      harness.lose("beacon timeout");
      await harness.until(() => !isUp(watched));
      await harness.until(() => isUp(watched));
      expect(new Set(seen).size).toBeGreaterThanOrEqual(2);
      watched.link.close();
    },
  },
  {
    says: "tells a loss with its reason, and rejoins by itself every time",
    async check(harness) {
      const watched = open(harness);
      for (const reason of ["beacon timeout", "access point restarted", "assoc leave"]) {
        await harness.until(() => isUp(watched));
        const before = watched.changes.length;
        harness.lose(reason);
        await harness.until(() => !isUp(watched));
        expect(watched.changes[before]).toEqual(["down", reason]);
      }
      await harness.until(() => isUp(watched));
      watched.link.close();
    },
  },
  {
    says: "calls nothing after close(), in whatever state it comes",
    async check(harness) {
      const early = open(harness);
      early.link.close();
      await harness.settle();
      expect(early.changes).toEqual([]);

      const joining = open(harness);
      await harness.until(() => joining.changes.length > 0);
      joining.link.close();
      const before = joining.changes.length;
      await harness.settle();
      expect(joining.changes.length).toBe(before);

      const up = open(harness);
      await harness.until(() => isUp(up));
      up.link.close();
      const changes = up.changes.length;
      harness.lose("beacon timeout");
      await harness.settle();
      expect(up.changes.length).toBe(changes);
    },
  },
  {
    says: "calls nothing after close() from within a callback",
    async check(harness) {
      const watched: Watched = open(harness, () => watched.link.close());
      await harness.until(() => watched.changes.length > 0);
      await harness.settle();
      expect(watched.changes.length).toBe(1);
    },
  },
  {
    says: "lets close() be called again, and a new link be opened after it",
    async check(harness) {
      const first = open(harness);
      await harness.until(() => isUp(first));
      first.link.close();
      first.link.close();
      const second = open(harness);
      first.link.close();
      await harness.until(() => isUp(second));
      second.link.close();
    },
  },
];

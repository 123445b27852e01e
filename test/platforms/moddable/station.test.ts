import { beforeEach, describe, expect, it } from "vitest";
import { VirtualClock } from "../../../host-sim/core/world/clock.js";
import {
  type AccessPoint,
  type Network,
  type Radio,
  Station,
  type WiFiInterface,
} from "../../../src/platforms/moddable/station.js";

/** A radio whose air a test makes up. */
class Air implements Radio {
  onChanged: (() => void) | undefined;
  access: AccessPoint[] = [{ SSID: "home", RSSI: -60, channel: 6 }];
  readonly calls: string[] = [];
  readonly #clock: VirtualClock;
  readonly wifi: WiFiInterface & { connection: number; address: string | undefined };

  constructor(clock: VirtualClock) {
    this.#clock = clock;
    const air = this;
    this.wifi = {
      connection: 200,
      address: undefined,
      RSSI: -60,
      connect({ SSID, password, channel }) {
        air.calls.push(`connect ${SSID} ${password ?? "open"} ${channel ?? "any"}`);
        this.connection = 300;
      },
      disconnect() {
        air.calls.push("disconnect");
        this.connection = 200;
        this.address = undefined;
      },
      scan({ onFound, onComplete }) {
        air.calls.push("scan");
        air.#clock.setTimer(() => {
          for (const found of air.access) onFound(found);
          onComplete();
        }, 2000);
      },
      close() {},
    };
  }

  become(connection: number, address?: string): void {
    this.wifi.connection = connection;
    this.wifi.address = address;
    this.onChanged?.();
  }

  get connects(): string[] {
    return this.calls.filter((call) => call.startsWith("connect"));
  }
}

describe("the station", () => {
  let clock: VirtualClock;
  let air: Air;
  let changes: string[];
  let errors: string[];

  beforeEach(() => {
    clock = new VirtualClock();
    air = new Air(clock);
    changes = [];
    errors = [];
  });

  function open(networks: readonly Network[] = [{ SSID: "home", password: "secret" }]): Station {
    return new Station(air, networks, clock, (error) => errors.push(String(error)), {
      onChanged: (state, detail) => changes.push(`${state}: ${detail}`),
    });
  }

  function joined(): Station {
    const station = open();
    clock.advance(2010);
    air.become(500, "10.0.0.7");
    return station;
  }

  it("calls back only after it is made", () => {
    open();
    expect(changes).toEqual([]);
  });

  it("scans, joins on the channel it has heard, and is up when there is an address", () => {
    const station = open();
    clock.advance(2010);
    expect(air.calls).toEqual(["scan", "connect home secret 6"]);
    expect(station.state).toBe("joining");
    air.become(400);
    expect(station.state).toBe("joining");
    air.become(500, "10.0.0.7");
    expect(station).toMatchObject({ state: "up", address: "10.0.0.7", rssi: -60 });
    expect(changes).toEqual(["joining: looking for home", "up: joined home as 10.0.0.7"]);
  });

  it("takes the strongest access point of the networks it knows", () => {
    air.access = [
      { SSID: "home", RSSI: -80, channel: 1 },
      { SSID: "neighbour", RSSI: -20, channel: 3 },
      { SSID: "shed", RSSI: -50, channel: 11 },
      { SSID: "home", RSSI: -70, channel: 6 },
    ];
    open([{ SSID: "home", password: "secret" }, { SSID: "shed" }]);
    clock.advance(2010);
    expect(air.connects).toEqual(["connect shed open 11"]);
  });

  it("tries each known network in turn when none is heard, for one may be hidden", () => {
    air.access = [];
    open([{ SSID: "home", password: "secret" }, { SSID: "shed" }]);
    clock.advance(2010);
    air.become(200);
    clock.advance(1000 + 2010);
    expect(air.connects).toEqual(["connect home secret any", "connect shed open any"]);
    expect(changes).toContain(
      "down: home is not heard: wrong name, out of range, or only on 5 GHz; next attempt in 1 s",
    );
  });

  it("names the password as the likely reason when a network that is heard refuses", () => {
    open();
    clock.advance(2010);
    air.become(200);
    expect(changes.at(-1)).toBe("down: home (-60 dBm) refused: most likely the password; next attempt in 1 s");
  });

  it("gives up on a network that gives no address, and says so", () => {
    open();
    clock.advance(2010);
    air.become(400);
    clock.advance(30_000);
    expect(changes.at(-1)).toBe("down: home gave no address (DHCP); next attempt in 1 s");
    expect(air.calls.at(-1)).toBe("disconnect");
  });

  it("gives up on a network that does not answer", () => {
    open();
    clock.advance(2010 + 30_000);
    expect(changes.at(-1)).toBe("down: home did not answer; next attempt in 1 s");
  });

  it("joins again after a loss, with a pause that doubles up to a minute and starts over after a good connection", () => {
    open();
    const pauses: number[] = [];
    for (let failure = 0; failure < 8; failure++) {
      clock.runUntil(() => air.wifi.connection === 300, clock.elapsed + 200_000);
      air.become(200);
      pauses.push(Number(/in (\d+) s$/.exec(changes.at(-1) ?? "")?.[1]));
    }
    expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
    clock.runUntil(() => air.wifi.connection === 300, clock.elapsed + 200_000);
    air.become(500, "10.0.0.7");
    clock.advance(40_000);
    air.become(200);
    expect(changes.at(-1)).toBe("down: lost home; next attempt in 1 s");
  });

  it("never connects sooner than half a second after a disconnect", () => {
    joined();
    air.become(200);
    const calls = air.calls.length;
    clock.advance(499);
    expect(air.calls.length).toBe(calls);
  });

  it("notices a lost address that nobody reports", () => {
    joined();
    air.wifi.address = undefined;
    clock.advance(5000);
    expect(changes.at(-1)).toBe("down: lost the address from home; next attempt in 1 s");
  });

  it("goes on when the radio throws", () => {
    air.wifi.scan = () => {
      throw new Error("scan failed");
    };
    open();
    clock.advance(10);
    expect(errors).toEqual(["Error: scan failed"]);
    expect(air.connects).toEqual(["connect home secret any"]);
  });

  it("joins without a scan that does not end", () => {
    air.wifi.scan = () => {};
    open();
    clock.advance(15_010);
    expect(air.connects).toEqual(["connect home secret any"]);
  });

  it("is silent and leaves when it is closed, as often as one likes", () => {
    const station = joined();
    const before = changes.length;
    station.close();
    station.close();
    air.become(200);
    clock.advance(100_000);
    expect(changes.length).toBe(before);
    expect(station).toMatchObject({ state: "down", address: undefined, rssi: undefined });
    expect(air.wifi.connection).toBe(200);
  });
});

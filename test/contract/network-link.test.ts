import { SimulatedWifi } from "../../host-sim/core/network/wifi.js";
import type { VirtualClock } from "../../host-sim/core/world/clock.js";
import { RandomStream } from "../../host-sim/core/world/random.js";
import type { NetworkLink, NetworkLinkOptions, OpenNetworkLink } from "../../src/platform.js";
import { nodejsClock } from "../../src/platforms/nodejs/clock.js";
import { clockAtTheWrap, runContract, runDefects, untilReal, untilVirtual } from "./contract.js";
import { bootOf } from "./harness.js";
import { type NetworkLinkHarness, networkLinkContract } from "./network-link.contract.js";

type Change = (openLink: OpenNetworkLink, clock: VirtualClock) => OpenNetworkLink;

function virtual(change: Change = (openLink) => openLink): NetworkLinkHarness {
  const clock = clockAtTheWrap();
  const wifi = new SimulatedWifi({ clock, random: new RandomStream("wifi"), signal: () => -61.4 });
  return {
    openLink: change(wifi.open, clock),
    lose: (reason) => wifi.lose(reason),
    until: untilVirtual(clock),
    settle: async () => clock.advance(60_000),
  };
}

runContract("simulated Wi-Fi", networkLinkContract, () => virtual());

runContract("Wi-Fi of a simulated machine", networkLinkContract, () =>
  virtual((openLink, clock) => bootOf({ openLink, clock }).platform.openLink),
);

runContract("simulated Wi-Fi in real time", networkLinkContract, () => {
  const options = { clock: nodejsClock, random: new RandomStream("wifi"), signal: () => -61.4 };
  const wifi = new SimulatedWifi({ ...options, joinTime: [1, 3], retryTime: [1, 2] });
  return {
    openLink: wifi.open,
    lose: (reason) => wifi.lose(reason),
    until: untilReal,
    // Another station, which goes through all its states twice, is the measure of time.
    async settle() {
      const other = new SimulatedWifi({ ...options, joinTime: [3, 6], retryTime: [3, 6] });
      const link = other.open({ onChanged: () => {} });
      await untilReal(() => link.state === "up");
      other.lose("beacon timeout");
      await untilReal(() => link.state === "down");
      await untilReal(() => link.state === "up");
      link.close();
    },
  };
});

/** A link of which some members are spoilt, or what it is told on the way. */
function spoilt(
  members: (link: NetworkLink) => Partial<NetworkLink>,
  callback: (options: NetworkLinkOptions, clock: VirtualClock) => Partial<NetworkLinkOptions> = () => ({}),
) {
  return () =>
    virtual((openLink, clock) => (options) => {
      const link = openLink({ onChanged: (s, d) => options.onChanged(s, d), ...callback(options, clock) });
      const own = members(link);
      return {
        get state() {
          return "state" in own ? (own.state as NetworkLink["state"]) : link.state;
        },
        get rssi() {
          return "rssi" in own ? own.rssi : link.rssi;
        },
        get address() {
          return "address" in own ? own.address : link.address;
        },
        close: own.close ?? (() => link.close()),
      };
    });
}

runDefects("the network link's contract", networkLinkContract, [
  [
    "says nothing",
    "joins by itself, and calls nothing from inside openLink",
    spoilt(
      () => ({}),
      () => ({ onChanged: () => {} }),
    ),
  ],
  [
    "calls from inside openLink",
    "joins by itself, and calls nothing from inside openLink",
    () =>
      virtual((openLink) => (options) => {
        options.onChanged("joining", "at once");
        return openLink(options);
      }),
  ],
  [
    "says everything twice",
    "tells each change once, with a few words",
    spoilt(
      () => ({}),
      (options) => ({
        onChanged: (state, detail) => {
          options.onChanged(state, detail);
          options.onChanged(state, detail);
        },
      }),
    ),
  ],
  [
    "has no words for it",
    "tells each change once, with a few words",
    spoilt(
      () => ({}),
      (options) => ({ onChanged: (state) => options.onChanged(state, "") }),
    ),
  ],
  [
    "tells a change before it is so",
    "joins by itself, and calls nothing from inside openLink",
    spoilt(
      () => ({}),
      (options) => ({ onChanged: (state, detail) => options.onChanged(state === "up" ? "joining" : state, detail) }),
    ),
  ],
  [
    "keeps its address when it is down",
    "has an address and, with a radio, a signal strength in dBm while it is up, and only then",
    spoilt(() => ({ address: "192.168.4.23" })),
  ],
  [
    "tells its signal as a quality in percent",
    "has an address and, with a radio, a signal strength in dBm while it is up, and only then",
    spoilt((link) => ({
      get rssi() {
        return link.rssi === undefined ? undefined : 70;
      },
    })),
  ],
  [
    "does not say why",
    "tells a loss with its reason, and rejoins by itself every time",
    spoilt(
      () => ({}),
      (options) => ({ onChanged: (state) => options.onChanged(state, "changed") }),
    ),
  ],
  [
    "does not rejoin, as the SDK's own",
    "tells a loss with its reason, and rejoins by itself every time",
    () =>
      virtual((openLink) => (options) => {
        const link = openLink({
          onChanged: (state, detail) => {
            options.onChanged(state, detail);
            if (state === "down") link.close();
          },
        });
        return link;
      }),
  ],
  [
    "goes on after close()",
    "calls nothing after close(), in whatever state it comes",
    spoilt(() => ({ close: () => {} })),
  ],
  [
    "goes on after close() in a callback",
    "calls nothing after close() from within a callback",
    spoilt(() => ({ close: () => {} })),
  ],
  [
    "says that it was closed",
    "calls nothing after close() from within a callback",
    () =>
      virtual((openLink, clock) => (options) => {
        const link = openLink(options);
        return {
          get state() {
            return link.state;
          },
          rssi: undefined,
          address: undefined,
          close: () => {
            link.close();
            clock.setTimer(() => options.onChanged("down", "closed"), 0);
          },
        };
      }),
  ],
  [
    "may be closed once",
    "lets close() be called again, and a new link be opened after it",
    () =>
      virtual((openLink) => (options) => {
        const link = openLink(options);
        let closed = false;
        return {
          get state() {
            return link.state;
          },
          rssi: undefined,
          address: undefined,
          close: () => {
            if (closed) throw new Error("closed");
            closed = true;
            link.close();
          },
        };
      }),
  ],
]);

/** What an application must not declare: each is refused at the start, by name, with what it may be. */
import { describe, expect, it } from "vitest";
import type { Application } from "../../src/mote/application.js";
import { Bench } from "./bench.js";

describe("an application is refused at the start with", () => {
  it.each<[string, unknown, string]>([
    [
      "a name that can be no level of a topic",
      { outputs: { "lamp/1": { pin: 2 } } },
      'output "lamp/1": must have a name of 1 to 32 characters of A-Z a-z 0-9 _ -',
    ],
    [
      "an output with the name of a command",
      { outputs: { restart: { pin: 2 } } },
      "output restart: each node has a command of that name; take another than interval, settings, sample, identify, restart",
    ],
    [
      "a sensor that the board does not have",
      { sensors: { wind: { board: "wind" } } },
      'the board bench has no sensor "wind", nor one that measures it: it has climate (temperature, humidity)',
    ],
    [
      "an alert of nothing that is measured",
      { alerts: { hot: { of: "climate.warmth", above: 30, clear: 28 } } },
      'alert hot: of is "climate.warmth": must be one of climate.temperature, climate.humidity',
    ],
    [
      "an alert without a bound",
      { alerts: { hot: { of: "climate.temperature", clear: 28 } } },
      "alert hot: needs one of above and below",
    ],
    [
      "an alert that is cleared where it is raised",
      { alerts: { hot: { of: "climate.temperature", above: 30, clear: 31 } } },
      "alert hot: clear is 31: must be 30 or less, as it is raised above that",
    ],
    [
      "a time without a unit",
      { alerts: { hot: { of: "climate.temperature", above: 30, clear: 28, for: "30" } } },
      'alert hot: for is "30": must be a duration with its unit (ms, s, m, h, d), such as "30s"',
    ],
  ])("%s", (_, application, message) => {
    expect(() => new Bench().start({ application: application as Application })).toThrow(message);
  });
});

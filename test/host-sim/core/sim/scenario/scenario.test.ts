import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { runScenario } from "../../../../../host-sim/core/sim/scenario/run.js";
import { readScenario } from "../../../../../host-sim/core/sim/scenario/scenario.js";

const folder = fileURLToPath(new URL("../../../../../host-sim/scenarios/", import.meta.url));
const files = readdirSync(folder).filter((name) => name.endsWith(".json"));

describe("the scenarios that come along", () => {
  it("are a dozen at least", () => {
    expect(files.length).toBeGreaterThanOrEqual(12);
  });

  it.each(files)(
    "%s ends as it says",
    (file) => {
      const { violations, disappointments, result } = runScenario(readScenario(readFileSync(folder + file, "utf8")));
      expect(violations).toEqual([]);
      expect(disappointments).toEqual([]);
      expect(result.arrived).toBeGreaterThan(0);
    },
    60_000,
  );
});

function scenario(story: string, nodes = '[{ "program": "mote" }]'): string {
  return `{\n"about": "x",\n"duration": "1h",\n"nodes": ${nodes},\n"story": [\n${story}\n]\n}`;
}

describe("a scenario that is wrong is refused with its line:", () => {
  it.each([
    ["", "line 1: a value should be here, but the file ends"],
    ['{\n"about" 1}', 'line 2: ":" should be here, but there is "1"'],
    ['{\n"about": "x",\n"about": "y"}', 'line 3: the field "about" is there twice'],
    ['{"about": "x"}', 'line 1: a scenario has no "duration"'],
    ['{"about": "x",\n"duration": 5}', 'line 2: "duration" must be a time'],
    [scenario("", "[]"), 'a scenario has no "nodes"'],
    [scenario("", '[{"program": "toast"}]'), 'line 4: "program" must be one of "mote", "probe"'],
    [scenario("", '[{"qos": 1}]'), 'line 4: a node knows no "qos": it knows'],
    [scenario('{"fault": "down"}'), 'line 6: an entry of the story has no "at"'],
    [scenario('{"at": "2h", "fault": "down"}'), 'line 6: "at" is not within'],
    [scenario('{"at": "1m"}'), 'line 6: an entry has one of "fault"'],
    [scenario('{"at": "1m",\n"fault": "flood"}'), 'line 7: "fault" must be one of "latency"'],
    [scenario('{"at": "1m", "fault": "latency",\n"ms": 5}'), 'line 7: "ms" must be a time'],
    [scenario('{"at": "1m", "fault": "latency",\n"rate": 5}'), 'knows no "rate"'],
    [scenario('{"at": "1m", "fault": "bandwidth",\n"rate": 0}'), 'line 7: "rate" must be a whole number from 1'],
    [scenario('{"at": "1m", "fault": "roaming", "for": "1m"}'), "roaming is over at once"],
    [scenario('{"at": "1m", "fault": "down", "times": 3}'), '"times" needs "every"'],
    [scenario('{"at": "1m", "fault": "down", "state": "asleep"}'), '"state" must be one of "connect"'],
    [scenario('{"at": "1m", "fault": "down", "node": 1}'), '"node" must be a whole number from 0 to 0'],
    [scenario('{"at": "1m", "expect": {}}'), '"expect" is empty'],
    [scenario('{"at": "1m", "expect": {"luck": 1}}'), '"expect" knows no "luck"'],
    [scenario('{"at": "1m", "set": {"colour": 1}}'), '"set" knows no "colour"'],
  ])("%j", (text, message) => {
    expect(() => readScenario(text)).toThrow(message);
  });
});

describe("a scenario", () => {
  it("says what is not as expected, with the line", () => {
    const text = scenario('{"at": "10m", "expect": {"connected": false,\n"accepted": {"least": 1, "most": 2}}}');
    const { disappointments } = runScenario(readScenario(text));
    expect(disappointments).toEqual([
      { at: 600_000, line: 6, text: "connected is 1, expected is 0" },
      { at: 600_000, line: 6, text: expect.stringMatching(/^accepted is \d+, expected is 1 to 2$/) },
    ]);
  });

  it("changes settings of a node", () => {
    // Short: nobody else has set the interval by then.
    const count = (story: string) => runScenario(readScenario(scenario(story).replace('"1h"', '"3m"'))).result.accepted;
    expect(count('{"at": "1m", "set": {"interval": "1s"}}')).toBeGreaterThan(2 * count('{"at": "1m", "calm": true}'));
  });

  it("repeats a fault", () => {
    const text = scenario('{"at": "1m", "fault": "broker_kick", "every": "10m", "times": 100}');
    const { story } = readScenario(text);
    expect(story.steps.map(({ at }) => at / 60_000)).toEqual([1, 11, 21, 31, 41, 51]);
  });
});

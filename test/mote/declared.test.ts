/** What an application must not declare: each is refused at the start, by name, with what it may be. */
import { describe, expect, it } from "vitest";
import type { Application } from "../../src/mote/application.js";
import { Bench } from "./bench.js";

const read = () => 1;

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
    [
      "two parts of one name",
      { inputs: { a: { pin: 1 } }, outputs: { a: { pin: 2 } } },
      "output a: there is the input a: take another name",
    ],
    [
      "a pin that is used twice",
      { inputs: { a: { pin: "D1" } }, outputs: { b: { pin: 2 } } },
      "output b: pin 2 is that of input a",
    ],
    [
      "a pin that the board does not have",
      { outputs: { b: { pin: "D9" } } },
      'output b: the board bench has no pin "D9": it has A1, D1, D2, D3',
    ],
    [
      "a pin that the board needs itself",
      { outputs: { b: { pin: 5 } } },
      "output b: pin 5 is that of the board's I2C bus default; A1, D1, D2, D3 are free",
    ],
    [
      "a driver that there is not",
      { sensors: { a: { driver: "DHT11" } } },
      'sensor a: there is no driver "DHT11": there are AHT10, BMP180, BMP280, DS18B20, ',
    ],
    ["a driver without its pin", { sensors: { a: { driver: "DS18B20" } } }, "sensor a: DS18B20 needs a pin"],
    [
      "a driver on a bus that the board does not have",
      { sensors: { a: { driver: "SHT3x", bus: "second" } } },
      'sensor a: the board bench has no I2C bus "second": it has default',
    ],
    [
      "an address that is none",
      { sensors: { a: { driver: "SHT3x", address: 200 } } },
      "sensor a: address is 200: must be 7 bits, from 8 (0x08) to 119 (0x77)",
    ],
    ["a sensor of no kind", { sensors: { a: {} } }, "sensor a: needs one of board, read, analog and driver"],
    [
      "an interval without unit",
      { sensors: { a: { read, quantity: "x", unit: "", interval: "5" } } },
      'sensor a: interval is "5": must be a duration with its unit',
    ],
    [
      "a difference of nothing",
      { sensors: { a: { read, quantity: "x", unit: "", change: 0 } } },
      "sensor a: change is 0: must be a number above 0",
    ],
    ["a topic with a wildcard", { topics: { a: { topic: "house/+" } } }, "topic a: topic"],
    [
      "a topic of the node's own",
      { topics: { a: { topic: "motewire/mote/status" } } },
      'topic a: topic is "motewire/mote/status": what begins with motewire/mote/ is the node\'s',
    ],
    [
      "a filter that is none",
      { subscriptions: { a: { filter: "house/#/door", received() {} } } },
      "subscription a: filter",
    ],
    [
      "a filter that is the node's",
      { subscriptions: { a: { filter: "motewire/mote/command/+", received() {} } } },
      "subscription a: filter is",
    ],
    [
      "a field without bounds",
      { commands: { a: { fields: { n: { kind: "integer" } }, run() {} } } },
      "command a: field n: least is undefined, most undefined: must be two numbers, the first not above the second",
    ],
    [
      "a field of no kind",
      { commands: { a: { fields: { n: { kind: "float" } }, run() {} } } },
      'command a: field n: kind is "float": must be one of integer, number, duration, boolean, choice, text',
    ],
    [
      "a setting out of its own bounds",
      { settings: { a: { kind: "integer", least: 1, most: 5, initial: 9 } } },
      "setting a: initial is 9: must be a whole number from 1 to 5",
    ],
    [
      "a setting without a value at the start",
      { settings: { a: { kind: "boolean" } } },
      "setting a: needs an initial value",
    ],
    [
      "a setting that each node has",
      { settings: { interval: { kind: "boolean", initial: true } } },
      "setting interval: each node has a setting of that name",
    ],
    [
      "a debounce that is too long",
      { inputs: { a: { pin: 1, debounce: "1m" } } },
      'input a: debounce is "1m": must be a duration',
    ],
  ])("%s", (_, application, message) => {
    expect(() => new Bench().start({ application: application as Application })).toThrow(message);
  });
});

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Happening, SimEvent } from "../../../host-sim/cli/events.js";
import { JsonLines } from "../../../host-sim/cli/json.js";
import { Log } from "../../../host-sim/cli/log.js";
import { clockTime, span } from "../../../host-sim/cli/log-text.js";
import { shellQuoted } from "../../../host-sim/cli/watch-lines.js";

let written: string;
let log: Log;

beforeEach(() => {
  vi.useFakeTimers();
  written = "";
  log = new Log((text) => {
    written += text;
  }, false);
});

afterEach(() => {
  vi.useRealTimers();
});

const lines = () => written.split("\n").slice(0, -1);

function show(...happenings: Happening[]): void {
  for (const happening of happenings) log.show({ ...happening, t: 3_214 });
}

const connected: Happening = { event: "connected", sessionPresent: false };

function accepted(token: number, topic: string, payload: object | string, QoS: 0 | 1 | 2 = 1): Happening {
  const text = typeof payload === "string" ? payload : JSON.stringify(payload);
  return { event: "accepted", token, topic: `motewire/porch/${topic}`, QoS, retain: false, payload: text };
}

function acknowledged(token: number, ms: number, QoS: 0 | 1 | 2 = 1): Happening {
  return { event: "acknowledged", token, topic: "any", QoS, ms };
}

describe("a message", () => {
  test("is one line, with its QoS and how long its acknowledgement took", () => {
    show(connected, accepted(1, "reading/climate", { seq: 3, time: "t", temperature: 21.444, humidity: 48.26 }));
    expect(lines()).toHaveLength(1);
    show(acknowledged(1, 2.34));
    expect(lines()[1]).toBe(
      " 0:03.214  climate      21.44 °C   48.3 %                       QoS 1  acknowledged in 2.3 ms",
    );
  });

  test("at QoS 0 was sent", () => {
    show(connected, accepted(1, "reading/battery", { voltage: 3.9 }, 0), acknowledged(1, 0.1, 0));
    expect(lines()[1]).toMatch(/battery +3.90 V +QoS 0 {2}sent$/);
  });

  test("that is not acknowledged for a while is said to wait, once", () => {
    show(connected, accepted(1, "reading/battery", { voltage: 3.9 }, 2));
    vi.advanceTimersByTime(5_000);
    expect(lines().slice(1)).toEqual([expect.stringMatching(/3\.90 V +QoS 2 {2}waits for the broker$/)]);
    show(acknowledged(1, 5_234, 2));
    expect(lines()[2]).toMatch(/3\.90 V +QoS 2 {2}acknowledged after 5.2 s$/);
  });

  test("accepted without a connection waits at once, and so does one whose connection is lost", () => {
    show(accepted(1, "reading/battery", { voltage: 3.9 }));
    expect(lines()).toEqual([expect.stringMatching(/waits for the broker$/)]);
    show(connected, accepted(2, "status", { status: "online", firmware: "1.0", restartReason: "power on" }));
    show({ event: "disconnected", reason: "the connection was closed", delay: 1_500 });
    expect(lines().slice(2)).toEqual([
      expect.stringMatching(/status +online {3}1\.0, started by power on +QoS 1 {2}waits for the broker$/),
      expect.stringMatching(/broker +the connection was closed {3}tries again in 1\.5 s$/),
    ]);
  });

  test("that the broker may have twice is marked", () => {
    show(connected, accepted(1, "diagnostics", { uptime: 61_000, rssi: -58, reconnects: 1 }));
    show({ event: "acknowledged", token: 1, topic: "any", QoS: 1, ms: 12, mayBeDuplicated: true });
    expect(lines()[1]).toMatch(
      /up 61\.0 s {3}-58 dBm {3}1 reconnect +QoS 1 {2}acknowledged in 12 ms, may be there twice/,
    );
  });

  test("of a form that is not known is shown as it is", () => {
    show(connected, accepted(1, "reading/x", "no JSON"), acknowledged(1, 1));
    expect(lines()[1]).toMatch(/ x +no JSON +QoS 1/);
  });
});

describe("a command", () => {
  test("is shown as it arrived, and its result as it was acknowledged", () => {
    show(connected);
    show(
      { event: "received", topic: "motewire/porch/command/interval", QoS: 1, retain: false, payload: '{"id":"a"}' },
      { event: "command", name: "interval", id: "a" },
      { event: "result", name: "interval", payload: "{}" },
      accepted(1, "result/interval", { id: "a", ok: true, interval: "2s" }),
      acknowledged(1, 1),
    );
    expect(lines().slice(1)).toEqual([
      ' 0:03.214  command      interval   {"id":"a"}',
      expect.stringMatching(/result +interval {3}#a {3}done {3}interval 2s +QoS 1 {2}acknowledged/),
    ]);
  });

  test("that is refused says why", () => {
    show(connected, accepted(1, "result/nope", { ok: false, error: "unknown" }), acknowledged(1, 1));
    expect(lines()[1]).toMatch(/result +nope {3}refused: unknown/);
  });

  test("cannot make the terminal obey it", () => {
    const payload = "\x1b[2J\x07\n{}\x9b";
    show({ event: "received", topic: "motewire/porch/command/\x1bc", QoS: 0, retain: true, payload });
    expect(lines()).toEqual([
      " 0:03.214  command      \\u{001b}c   \\u{001b}[2J\\u{0007}\\u{000a}{}\\u{009b}   retained",
    ]);
  });
});

describe("an error", () => {
  test("says what to do, and not again until something else has happened", () => {
    const failed: Happening = { event: "disconnected", reason: "no connection to h:1: connection refused", delay: 10 };
    show(failed, failed);
    expect(lines().filter((line) => line.includes("Is the broker running"))).toHaveLength(1);
    show(connected, failed);
    expect(lines().filter((line) => line.includes("Is the broker running"))).toHaveLength(2);
  });

  test.each([
    [{ message: "another client seems to use it", code: "takeover-suspected" }, /another with --id/],
    [{ message: "refused: bad user name or password" }, /Check user and password/],
    [{ message: "12 messages of 900 bytes wait", code: "queue-full" }, /longer --interval/],
  ])("%j has a hint", (fields, hint) => {
    show({ event: "error", where: "mqtt", ...fields });
    expect(lines()[0]).toContain(`error        mqtt: ${fields.message}`);
    expect(lines()[1]).toMatch(hint);
  });

  test("of firmware that threw shows where", () => {
    show({
      event: "error",
      where: "firmware",
      message: "Error: oops",
      stack: "Error: oops\n    at f (a.ts:1:2)\n    at g",
    });
    expect(lines()).toEqual([
      expect.stringMatching(/firmware: Error: oops$/),
      expect.stringMatching(/^ +at f \(a\.ts:1:2\)$/),
    ]);
  });
});

test("the LED is told of while it identifies the device or warns", () => {
  const colours = ["#0000ff", "#00ff00", "#ffffff", "#00ff00", "#0000ff", "#ff0000"];
  show(...colours.map((colour) => ({ event: "led", colour }) as const));
  expect(lines().map((line) => line.slice(11))).toEqual([
    "LED          flashes white   this is the device",
    "LED          as before",
    "LED          flashes red   something is wrong",
  ]);
});

test("the start shows where to look and what to send", () => {
  show({
    event: "started",
    board: "lin",
    id: "porch",
    broker: "mqtt://[::1]:1884",
    user: "me",
    embedded: false,
    seed: 7,
    firmware: "1.2.3",
  });
  expect(written).toContain("Motewire 1.2.3   porch, board lin");
  expect(written).toContain("mosquitto_sub -h ::1 -p 1884 -u 'me' -P '…' -v -t 'motewire/porch/#'");
  expect(written).toContain('-t motewire/porch/command/interval -m \'{"interval":"2s"}\'');
});

test("a wire line has the packet's fields, the long ones last", () => {
  show({
    event: "wire",
    direction: "sent",
    connection: 1,
    length: 30,
    packet: { cmd: "publish", messageId: 4, payload: "{}", topic: "a/b", qos: 1, dup: false, retain: true },
  });
  show({ event: "wire", direction: "received", connection: 1, length: 0, problem: "Invalid header" });
  expect(lines()).toEqual([
    " 0:03.214  wire         → PUBLISH      id 4  topic a/b  qos 1  retain  payload {}  (30 bytes)",
    " 0:03.214  wire         ← not MQTT: Invalid header  (0 bytes)",
  ]);
});

test("the summary says what it counts, and what could not be told", () => {
  const counts = {
    published: 10,
    acknowledged: 9,
    received: 0,
    reconnects: 1,
    restarts: 0,
    pending: 1,
    dropped: 0,
    refused: 0,
    seconds: 20,
  };
  log.show({ event: "summary", ...counts, lost: null, duplicated: 0 });
  expect(lines()).toEqual([
    "",
    "  After 20 s",
    "",
    "  published         10   messages that the client has taken",
    "  acknowledged       9   1 still to be delivered",
    "  received           0   messages for the node",
    "  lost               ?   could not be observed",
    "  duplicated         0   with QoS 2 and seen twice",
    "  reconnects         1",
    "  restarts           0   of the simulated device",
    "",
  ]);
});

test.each([80, 50])(
  "at %i columns no line is longer, no word is broken, and what goes on stands under its column",
  (columns) => {
    written = "";
    const narrow = new Log(
      (text) => {
        written += text;
      },
      false,
      columns,
    );
    const reading = { temperature: 21.444, humidity: 48.26, pressure: 101_325, seq: 3, time: "t" };
    const said: Happening[] = [
      connected,
      accepted(1, "reading/climate", reading),
      acknowledged(1, 2.34),
      {
        event: "error",
        where: "mqtt",
        message: "the broker has closed the connection twelve times",
        code: "message-parked",
      },
      { event: "disconnected", reason: "the connection to broker.home:1883 was closed: closed by peer", delay: 5000 },
    ];
    for (const happening of said) narrow.show({ ...happening, t: 3_214 } as SimEvent);
    for (const line of lines()) expect(line.length).toBeLessThanOrEqual(columns);
    const words = lines().join(" ").split(/ +/);
    for (const word of ["temperature", "°C", "acknowledged", "connection", "broker.home:1883", "forbids?"].slice(1))
      expect(words).toContain(word);
    for (const line of lines()) expect(line).toMatch(/^( {24}\S| 0:03\.214 )/);
  },
);

test("colours do not move the columns", () => {
  let colored = "";
  const other = new Log((text) => {
    colored += text;
  }, true);
  const events: SimEvent[] = [
    { event: "wifi", t: 1, state: "up", detail: "net", rssi: -60 },
    { ...connected, t: 2 },
    { ...accepted(1, "result/a", { ok: false, error: "no" }), t: 3 } as SimEvent,
    { ...acknowledged(1, 4), t: 4 } as SimEvent,
  ];
  for (const event of events) {
    log.show(event);
    other.show(event);
  }
  expect(colored).not.toBe(written);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control characters
  expect(colored.replace(/\x1b\[\d+m/g, "")).toBe(written);
});

test("as JSON each event is one line, its kind first and then its time", () => {
  let text = "";
  const json = new JsonLines((line) => {
    text += line;
  });
  json.show({ sessionPresent: true, t: 1.5, event: "connected" });
  json.show({ event: "error", t: 2, message: "two\nlines", where: "x" });
  expect(text).toBe(
    '{"event":"connected","t":1.5,"sessionPresent":true}\n{"event":"error","t":2,"message":"two\\nlines","where":"x"}\n',
  );
});

test.each([
  [0.44, "0.4 ms"],
  [9.96, "10 ms"],
  [999.4, "999 ms"],
  [999.6, "1.0 s"],
  [5_234, "5.2 s"],
  [180_000, "3 min"],
])("%d ms is written %s", (milliseconds, text) => {
  expect(span(milliseconds)).toBe(text);
});

test("times and signs", () => {
  expect(clockTime(0)).toBe("0:00.000");
  expect(clockTime(3_599_999.9)).toBe("59:59.999");
  expect(shellQuoted("o'brien")).toBe(`'o'\\''brien'`);
});

test("nothing that a terminal obeys comes out of any event, whoever has put it there", () => {
  const bad = "a\u001b[2J\nb\u009b1m\u202e";
  const said: Happening[] = [
    { event: "wifi", state: "down", detail: bad },
    { event: "error", where: bad, message: bad, code: bad },
    { event: "received", topic: `motewire/porch/command/${bad}`, payload: bad, QoS: 1, retain: false },
    { event: "restart", reason: bad },
    { event: "stopping", reason: bad },
    { event: "disconnected", reason: bad, delay: 5 },
    { event: "wire", direction: "received", length: 1, problem: bad },
    accepted(1, `reading/${bad}`, bad),
    { event: "dropped", token: 2, topic: `motewire/porch/reading/${bad}`, payload: bad, reason: "full" },
  ] as Happening[];
  for (const happening of said) {
    written = "";
    show(happening);
    vi.advanceTimersByTime(5_000);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it is these that are looked for
    expect([happening.event, /[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/.test(written)]).toEqual([happening.event, false]);
    expect([happening.event, lines().length]).toEqual([happening.event, 1]);
  }
});

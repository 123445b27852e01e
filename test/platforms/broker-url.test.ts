import { describe, expect, test } from "vitest";
import { masked, readBrokerUrl, writeBrokerUrl } from "../../src/platforms/broker-url.js";

describe("a broker's URL", () => {
  test.each([
    ["mqtt://broker.example", { host: "broker.example", port: 1883 }],
    ["MQTT://broker.example:8883/", { host: "broker.example", port: 8883 }],
    ["mqtt://127.0.0.1:1", { host: "127.0.0.1", port: 1 }],
    ["mqtt://h:80", { host: "h", port: 80 }],
    ["mqtt://[::1]:1884", { host: "::1", port: 1884 }],
    ["mqtt://[::1]", { host: "::1", port: 1883 }],
    ["mqtt://user@host", { host: "host", port: 1883, user: "user" }],
    ["mqtt://user:pass@host", { host: "host", port: 1883, user: "user", password: "pass" }],
    ["mqtt://us%40er:p%3A%2F%C3%A4@host", { host: "host", port: 1883, user: "us@er", password: "p:/ä" }],
    ["mqtt://bücher.example:1", { host: "xn--bcher-kva.example", port: 1 }],
    ["mqtt://mosquitto_1", { host: "mosquitto_1", port: 1883 }],
    ["ws://h", { host: "h", port: 80, path: "/mqtt" }],
    ["ws://h:9001", { host: "h", port: 9001, path: "/mqtt" }],
    ["ws://h:9001/", { host: "h", port: 9001, path: "/" }],
    ["WS://u:p@[::1]:80/a/b?c=d%20e", { host: "::1", port: 80, path: "/a/b?c=d%20e", user: "u", password: "p" }],
    ["ws://h?token=1", { host: "h", port: 80, path: "/?token=1" }],
  ])("%s", (text, address) => {
    expect(readBrokerUrl(text)).toEqual(address);
  });

  test.each([
    ["http://x", /must begin with mqtt:\/\/ or ws:\/\/, as in mqtt:\/\/user:password@host:port$/],
    ["localhost:1883", /must begin with mqtt:\/\//],
    ["", /^"": must begin with mqtt:\/\//],
    ["mqtts://x", /TLS is not there yet; must be mqtt:\/\/ or ws:\/\/$/],
    ["wss://x", /TLS is not there yet; must be mqtt:\/\/ or ws:\/\/$/],
    ["ws://h/x#y", /nothing may follow the path: ws:\/\//],
    ["ws://us/er:pw@h", /^"ws:\/\/\*\*\*@h": an @ stands before the host only/],
    ["mqtt://", /must be of the form/],
    ["mqtt://h ost", /must be of the form/],
    ["mqtt://h:99999", /with a port from 1 to 65535$/],
    ["mqtt://h:0", /the port must be from 1 to 65535$/],
    ["mqtt://h:1883/topic", /nothing may follow the port/],
    ["mqtt://h?x", /nothing may follow the port/],
    ["mqtt://u:%zz@h", /a % must be followed by two hexadecimal digits$/],
    ["mqtt://:p@h", /a password needs a user before it$/],
  ])("%s is refused", (text, message) => {
    expect(() => readBrokerUrl(text)).toThrow(message);
  });

  test("is written without user and password", () => {
    expect(writeBrokerUrl({ host: "::1", port: 1, user: "u", password: "p" })).toBe("mqtt://[::1]:1");
    expect(writeBrokerUrl({ host: "h", port: 9001, path: "/x?y" })).toBe("ws://h:9001/x?y");
  });
});

describe("what a person typed is shown without its password:", () => {
  test.each([
    ["mqtt://user:pw@h:1", "mqtt://***@h:1"],
    ["mqtt://us/er:pw@h", "mqtt://***@h"],
    ["mqtt:user:pw@h", "mqtt:***@h"],
    ["user:pw@h", "***@h"],
    ["mqtt://user:p@pw@h", "mqtt://***@h"],
    ["mqtt://h", "mqtt://h"],
    ["mqtt://h\u001b[2J", "mqtt://h\\u{001b}[2J"],
  ])("%j", (text, shown) => {
    expect(masked(text)).toBe(shown);
    expect(masked(text)).not.toContain("pw");
  });
});

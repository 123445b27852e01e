import { beforeEach, describe, expect, it } from "vitest";
import { MemoryStore } from "../../../host-sim/core/storage/memory-store.js";
import { ConfigurationError, configure } from "../../../src/platforms/moddable/configuration.js";

const COMPLETE = Object.freeze({
  wifi_ssid: "home",
  wifi_password: "secret",
  mqtt_host: "broker.example",
  mqtt_user: "mote",
  mqtt_password: "pass",
});

describe("the configuration", () => {
  let store: MemoryStore;

  beforeEach(() => {
    store = new MemoryStore();
  });

  it("is what the command line says", () => {
    expect(configure({ ...COMPLETE, mqtt_port: "8883", node_id: "porch" }, store)).toEqual({
      networks: [{ SSID: "home", password: "secret" }],
      broker: { host: "broker.example", port: 8883, user: "mote", password: "pass" },
      id: "porch",
    });
  });

  it("is remembered when the firmware is flashed again without it", () => {
    configure(COMPLETE, store);
    expect(configure({}, store)).toEqual(configure(COMPLETE, store));
  });

  it("changes one value and keeps the others", () => {
    configure(COMPLETE, store);
    expect(configure({ mqtt_port: "1884" }, store).broker).toMatchObject({ host: "broker.example", port: 1884 });
  });

  it("does not send the old network's or broker's password to a new one", () => {
    configure(COMPLETE, store);
    const { networks, broker } = configure({ wifi_ssid: "cafe", mqtt_host: "other.example" }, store);
    expect(networks).toEqual([{ SSID: "cafe" }]);
    expect(broker).toEqual({ host: "other.example", port: 1883 });
  });

  it("forgets a value that is given as empty", () => {
    configure(COMPLETE, store);
    configure({ mqtt_user: "" }, store);
    expect(configure({}, store).broker).toEqual({ host: "broker.example", port: 1883 });
  });

  it("takes a second network", () => {
    const { networks } = configure({ ...COMPLETE, wifi_ssid2: "shed", wifi_password2: "hammer" }, store);
    expect(networks).toEqual([
      { SSID: "home", password: "secret" },
      { SSID: "shed", password: "hammer" },
    ]);
  });

  it("writes to flash only what has changed", () => {
    let writes = 0;
    store = new MemoryStore({ after: () => writes++ });
    configure(COMPLETE, store);
    const first = writes;
    configure(COMPLETE, store);
    expect(writes).toBe(first);
  });

  it("names all that is missing, and how to give it", () => {
    expect(() => configure({}, store)).toThrow(
      new ConfigurationError(
        "missing: wifi_ssid, mqtt_host; flash again with wifi_ssid=… mqtt_host=… on mcconfig's command line",
      ),
    );
    expect(() => configure({ wifi_ssid: "home" }, store)).toThrow("missing: mqtt_host;");
  });

  it.each(["mqtt://x", "x:1883", " x", "x/y"])("refuses the host %j by name", (mqtt_host) => {
    expect(() => configure({ ...COMPLETE, mqtt_host }, store)).toThrow(
      `mqtt_host is ${JSON.stringify(mqtt_host)}: must be a name or address alone, such as mqtt_host=192.168.1.2`,
    );
  });

  it("refuses a password without a user, and an id that no topic can hold, by name", () => {
    expect(() => configure({ ...COMPLETE, mqtt_user: "" }, store)).toThrow("mqtt_password needs mqtt_user");
    expect(() => configure({ ...COMPLETE, node_id: "a/b" }, store)).toThrow("node_id: the node's id is");
  });

  it.each(["0", "65536", "mqtt", "1.5", "-1"])("refuses the port %s by name", (mqtt_port) => {
    expect(() => configure({ ...COMPLETE, mqtt_port }, store)).toThrow(
      `mqtt_port is "${mqtt_port}": must be a number from 1 to 65535`,
    );
  });
});

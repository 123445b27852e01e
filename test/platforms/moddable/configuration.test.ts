import { beforeEach, describe, expect, it } from "vitest";
import { MemoryStore } from "../../../host-sim/core/storage/memory-store.js";
import type { KeyValue } from "../../../src/platform.js";
import * as configuration from "../../../src/platforms/moddable/configuration.js";
import { websocketOpener } from "../../../src/transports/websocket/opener.js";

const { ConfigurationError } = configuration;
/** In a firmware with WebSocket, as ours is. */
const configure = (given: { readonly [key: string]: unknown }, store: KeyValue) =>
  configuration.configure(given, store, true);

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

  it("reaches the broker over WebSocket where a path is given, at the port of ws:// where none is", () => {
    const { broker } = configure({ ...COMPLETE, mqtt_path: "/mqtt?node=1", mqtt_port: 9001 }, store);
    expect(broker).toMatchObject({ host: "broker.example", port: 9001, path: "/mqtt?node=1" });
    expect(configure({ mqtt_port: "" }, store).broker).toMatchObject({ port: 80, path: "/mqtt?node=1" });
  });

  it("goes back to TCP at an empty path, and does not take the path along to another broker", () => {
    configure({ ...COMPLETE, mqtt_path: "/mqtt" }, store);
    expect(configure({}, store).broker.path).toBe("/mqtt");
    expect(configure({ mqtt_path: "" }, store).broker).not.toHaveProperty("path");
    configure({ mqtt_path: "/mqtt" }, store);
    expect(configure({ mqtt_host: "other.example" }, store).broker).toEqual({ host: "other.example", port: 1883 });
  });

  it.each(["mqtt", "mqtt/", "/a b", "/ä", "/😀", "/a\r\nb", "/\u007f"])(
    "refuses the path %j by name, as the WebSocket would",
    (mqtt_path) => {
      expect(() => configure({ ...COMPLETE, mqtt_path }, store)).toThrow(
        new ConfigurationError(
          `mqtt_path is ${JSON.stringify(mqtt_path)}: must begin with / and be ASCII without spaces, such as mqtt_path=/mqtt mqtt_port=9001`,
        ),
      );
      const never = () => {
        throw new Error("nothing is opened");
      };
      expect(() => websocketOpener({ openSocket: never } as never, { path: mqtt_path })).toThrow(RangeError);
    },
  );

  it("refuses a path in a firmware without WebSocket, and says how to forget it", () => {
    configure({ ...COMPLETE, mqtt_path: "/mqtt" }, store);
    const without = (given: object) => configuration.configure({ ...given }, store, false);
    expect(() => without({})).toThrow(
      new ConfigurationError(
        "mqtt_path is for WebSocket, which this firmware was built without: give mqtt_path= to forget it",
      ),
    );
    expect(without({ mqtt_path: "" }).broker).not.toHaveProperty("path");
  });
});

import type { Board } from "../board.js";

/** Espressif's ESP32-DevKitC and its many copies. The official one has no LED for programs; the copies have it at 2. */
export const board: Board = {
  id: "esp32_devkitc",
  name: "ESP32-DevKitC",
  soc: "ESP32",
  target: "esp32/nodemcu",
  I2C: { default: { data: 21, clock: 22 } },
  sensors: [
    {
      id: "climate",
      driver: "SHT3x",
      bus: "default",
      address: 0x44,
      quantities: { thermometer: ["temperature"], hygrometer: ["humidity"] },
    },
    {
      id: "barometer",
      driver: "BMP280",
      bus: "default",
      address: 0x76,
      quantities: { barometer: ["pressure"], thermometer: ["temperature"] },
    },
    {
      id: "battery",
      driver: "analog battery",
      pin: 33,
      divider: 2,
      full: 4.2,
      empty: 3.3,
      quantities: { voltmeter: ["voltage"] },
    },
  ],
  led: { kind: "plain", pin: 2, activeLow: false },
  button: { pin: 0, activeLow: true, pull: true },
  pins: { A1: 34, D1: 25, D2: 26, D3: 27 },
  memory: {
    static: 0,
    chunk: { initial: 78_848, incremental: 0 },
    heap: { initial: 4928, incremental: 0 },
    stack: 768,
  },
  storage: { nvs: 24_576 },
  socket: { window: 8192 },
};

import type { Board } from "../board.js";

/** Espressif's ESP32-C6-DevKitC-1. */
export const board: Board = {
  id: "esp32c6_devkitc",
  name: "ESP32-C6-DevKitC-1",
  soc: "ESP32-C6",
  target: "esp32/esp32c6",
  I2C: { default: { data: 6, clock: 7 } },
  sensors: [
    {
      id: "temperature",
      driver: "TMP117",
      bus: "default",
      address: 0x48,
      quantities: { thermometer: ["temperature"] },
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
      pin: 0,
      divider: 2,
      full: 4.2,
      empty: 3.3,
      quantities: { voltmeter: ["voltage"] },
    },
  ],
  led: { kind: "neopixel", pin: 8, order: "GRB" },
  button: { pin: 9, activeLow: true, pull: true },
  pins: { A1: 2, D1: 18, D2: 19, D3: 20 },
  memory: {
    static: 0,
    chunk: { initial: 78_848, incremental: 0 },
    heap: { initial: 4928, incremental: 0 },
    stack: 768,
  },
  storage: { nvs: 24_576 },
  socket: { window: 5744 },
};

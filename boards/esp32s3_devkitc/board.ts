import type { Board } from "../board.js";

/** Espressif's ESP32-S3-DevKitC-1. Version 1.1 of the board moved the LED from pin 48 to 38. */
export const board: Board = {
  id: "esp32s3_devkitc",
  name: "ESP32-S3-DevKitC-1",
  soc: "ESP32-S3",
  target: "esp32/esp32s3",
  I2C: { default: { data: 4, clock: 5 } },
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
      pin: 1,
      divider: 2,
      full: 4.2,
      empty: 3.3,
      quantities: { voltmeter: ["voltage"] },
    },
  ],
  led: { kind: "neopixel", pin: 48, order: "GRB" },
  button: { pin: 0, activeLow: true, pull: true },
  pins: { A1: 2, D1: 6, D2: 7, D3: 15 },
  memory: {
    static: 0,
    chunk: { initial: 78_848, incremental: 0 },
    heap: { initial: 4928, incremental: 0 },
    stack: 768,
  },
  storage: { nvs: 24_576 },
  socket: { window: 5744 },
};

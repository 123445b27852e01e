import type { Board } from "../board.js";

/** M5Stack's ATOM Lite with the ENV II unit (SHT30 and BMP280) on its Grove port. */
export const board: Board = {
  id: "m5atom_lite",
  name: "M5Stack ATOM Lite",
  soc: "ESP32",
  target: "esp32/m5atom_lite",
  I2C: { default: { data: 26, clock: 32 } },
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
  ],
  led: { kind: "neopixel", pin: 27, order: "GRB" },
  // Pin 39 is input only and has no pull-up inside; the board has one.
  button: { pin: 39, activeLow: true, pull: false },
  pins: { A1: 33, D1: 22, D2: 19, D3: 23 },
  memory: {
    static: 0,
    chunk: { initial: 78_848, incremental: 0 },
    heap: { initial: 4928, incremental: 0 },
    stack: 768,
  },
  storage: { nvs: 24_576 },
  socket: { window: 8192 },
};

import type { Board } from "../board.js";

/** Espressif's ESP32-C3-DevKitM-1. Its button is on pin 9; the SDK's target has 0, which is no button on this board. */
export const board: Board = {
  id: "esp32c3_devkitm",
  name: "ESP32-C3-DevKitM-1",
  soc: "ESP32-C3",
  target: "esp32/esp32c3",
  I2C: { default: { data: 2, clock: 3 } },
  sensors: [
    {
      id: "climate",
      driver: "SHT3x",
      bus: "default",
      address: 0x44,
      quantities: { thermometer: ["temperature"], hygrometer: ["humidity"] },
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
  led: { kind: "neopixel", pin: 8, order: "GRB" },
  button: { pin: 9, activeLow: true, pull: true },
  pins: { A1: 4, D1: 6, D2: 7, D3: 10 },
  memory: {
    static: 94_208,
    // Begun small they stay small, and half of what a publish takes is garbage collection.
    chunk: { initial: 16_384, incremental: 512 },
    heap: { initial: 2048, incremental: 64 },
    stack: 768,
  },
  storage: { nvs: 24_576 },
  socket: { window: 5744 },
};

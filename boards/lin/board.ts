import type { Board } from "../board.js";

/** Moddable's simulator on Linux: the same engine and an honest socket, but no bus, no pins and no flash. */
export const board: Board = {
  id: "lin",
  name: "Moddable simulator on Linux",
  soc: "Linux",
  target: "lin",
  I2C: {},
  sensors: [
    {
      id: "climate",
      driver: "simulated",
      quantities: { thermometer: ["temperature"], hygrometer: ["humidity"] },
    },
    {
      id: "battery",
      driver: "simulated",
      quantities: { voltmeter: ["voltage"] },
    },
  ],
  pins: { A1: 1, D1: 2, D2: 3, D3: 4 },
  memory: {
    static: 0,
    chunk: { initial: 78_848, incremental: 0 },
    heap: { initial: 4928, incremental: 0 },
    stack: 768,
  },
  // Files stand in for flash; the bound is the other boards', so that what fits here fits there.
  storage: { nvs: 24_576 },
  socket: { window: 1536 },
};

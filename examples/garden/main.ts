/**
 * A bed in a garden: how wet and how warm its soil is, who comes, and a pump. One file, for the simulator and for each board:
 *
 *     npm start -- --app examples/garden/main.ts
 */
import { type ApplicationNode, application, command } from "motewire/application";

/** Volts of the probe in dry soil and in water: a capacitive one gives less the wetter it is. */
const DRY = 2.2;
const WET = 0.9;

export default application({
  name: "garden",
  sensors: {
    soil: { analog: "A1", volts: [DRY, WET], values: [0, 100], quantity: "moisture", unit: "%", change: 1 },
    // It takes 750 ms to measure. The node goes on meanwhile.
    ground: { driver: "DS18B20", pin: "D3", interval: "1m" },
  },
  inputs: {
    motion: { pin: "D2", debounce: "200ms" },
  },
  outputs: {
    pump: { pin: "D1" },
  },
  alerts: {
    thirsty: { of: "soil.moisture", below: 20, clear: 35 },
    frost: { of: "ground.temperature", below: 1, clear: 2, for: "10m" },
  },
  settings: {
    dry: { kind: "number", least: 0, most: 100, initial: 25 },
  },
  commands: {
    water: command({
      fields: { time: { kind: "duration", least: "1s", most: "10m", initial: "20s" } },
      run(node, { time }) {
        if ((node.reading("ground")?.temperature ?? 20) < 1) throw new Error("the ground is frozen");
        pour(node, time);
        return { seconds: time / 1000 };
      },
    }),
  },
  topics: { watered: { retain: true } },
  start(node) {
    node.every("1h", () => {
      if ((node.reading("soil")?.moisture ?? 100) < Number(node.setting("dry"))) pour(node, 20_000);
    });
  },
});

/** Runs the pump for so many milliseconds. */
function pour(node: ApplicationNode, time: number): void {
  if (node.isOn("pump")) throw new Error("the pump runs already");
  node.switch("pump", true);
  node.publish("watered", { seconds: time / 1000 });
  node.after(time, () => node.switch("pump", false));
}

import { simulate } from "motewire/simulator";
import { expect, test } from "vitest";
import app from "../../examples/garden/main.js";

/** The backend under test: keeps each reading once, whatever comes twice. */
class Backend {
  readonly readings = new Map<string, Map<number, object>>();

  take(topic: string, text: string): void {
    const reading = JSON.parse(text);
    const known = this.readings.get(topic) ?? new Map<number, object>();
    this.readings.set(topic, known.set(reading.seq, reading));
  }
}

test("every reading of twenty nodes is there, though the Wi-Fi fails and the broker restarts", async () => {
  await using simulated = simulate(app, { nodes: 20 });
  const backend = new Backend();
  simulated.broker.subscribe("motewire/+/reading/+", ({ topic, text }) => backend.take(topic, text));
  simulated.fault("wifi_loss@2m:15s");
  await simulated.pass("4m");
  simulated.broker.restart("30s");
  await simulated.pass("6m");
  await simulated.check();
  // Two sensors each, and no gap in any of them.
  expect(backend.readings.size).toBe(40);
  for (const known of backend.readings.values()) expect(Math.max(...known.keys())).toBe(known.size);
});

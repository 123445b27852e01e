import { expect, test } from "vitest";
import { prove } from "../../../scripts/kill/proof.js";
import { describeWith } from "../../support/describe-with.js";
import { Mosquitto } from "../../support/mosquitto.js";

// `npm run kill` in short: each life of the simulator is a process to be started, on a machine that may be busy.
describeWith("mosquitto", "a simulator that is killed with SIGKILL and started again on the same store", () => {
  test("loses nothing that it had accepted, and delivers it once at QoS 2", { timeout: 90_000 }, async ({
    onTestFinished,
  }) => {
    const broker = await Mosquitto.start();
    onTestFinished(() => broker.remove());
    const proofs = await Promise.all(([1, 2] as const).map((QoS) => prove({ broker, QoS, kills: 3, seed: 3 })));
    // Whether a kill falls into a hand-shake is chance, and three are few: `npm run kill` counts on more.
    for (const { accepted, ...proof } of proofs) {
      expect(accepted).toBeGreaterThan(9);
      expect(proof).toMatchObject({ kills: 3, lost: [], repeated: [], problems: [] });
    }
  });
});

/** What is thrown in a callback becomes an error that is reported, and the node goes on. */
import type { Mosquitto } from "../../test/support/mosquitto.js";
import { LinDevice } from "./lin.js";
import { NODE } from "./lin-run.js";
import { until } from "./wait.js";
import { Witness } from "./witness.js";

/** Each is reported once or more by a line of this. */
const expected: readonly (readonly [string, RegExp])[] = [
  ["the light", / error led: thrown by the light$/],
  ["a sensor", / error sensor broken: thrown by a sensor$/],
  ["a timer", / error timer: thrown by a timer$/],
  ["a callback", / error client thrown by a callback: /],
  ["a handler of messages", / error client thrown by a handler: /],
];

/** @returns a summary for people. @throws Error that says what did not happen */
export async function runThrows(host: string, program: string, mosquitto: Mosquitto): Promise<string> {
  const device = new LinDevice(host, program);
  let exit: number | string | undefined;
  device.on("exit", (status) => {
    exit = status;
  });
  const witness = new Witness({ host: mosquitto.host, port: mosquitto.port }, "#", device);
  try {
    await witness.settled();
    device.start();
    await until([device], "is subscribed", () => device.lines.some((line) => /thrown by a callback/.test(line)));
    await until([device], "the node is subscribed", () =>
      device.lines.some((line) => / published #1 delivered$/.test(line)),
    );
    await witness.send("throws/now", "1");
    for (const [what, pattern] of expected) {
      await until([device], `an error event for ${what}`, () => device.lines.some((line) => pattern.test(line)));
    }
    // It goes on: the same handler takes the next message, the node obeys the next command.
    await witness.send("throws/later", "still here");
    await until([witness], "an answer of the handler", () => witness.seen.some(({ topic }) => topic === "answer"));
    await witness.send(`motewire/${NODE}/command/sample`, "{}");
    await until([witness], "an answer of the node", () =>
      witness.seen.some(
        ({ topic, payload }) => topic === `motewire/${NODE}/result/sample` && payload.includes('"ok":true'),
      ),
    );
    if (exit !== undefined) throw new Error(`it ended with ${exit}`);
    return `thrown by ${expected.map(([what]) => what).join(", ")}: each an error event, and it went on`;
  } catch (error) {
    throw new Error(`${(error as Error).message}\nits last lines:\n${device.lines.slice(-15).join("\n")}`);
  } finally {
    await device.kill();
    await witness.end();
  }
}

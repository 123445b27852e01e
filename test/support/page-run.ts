/** `npm start` as a browser's tests need it, and mosquitto's programs on the other side. All of it ends with the test. */
import { type ChildProcess, spawn } from "node:child_process";
import { afterEach } from "vitest";
import { command } from "./requirements.js";
import { Sim } from "./sim.js";

export function aRun() {
  const cleanUp: (() => unknown)[] = [];

  afterEach(async () => {
    for (const end of cleanUp.splice(0).reverse()) await end();
  });

  /** A run as `npm start` makes it, ready to be looked at. */
  async function run(args: readonly string[] = []) {
    const sim = new Sim(["--json", "--interval", "500ms", "--board", "esp32c3_devkitm", "--seed", "4", ...args]);
    cleanUp.push(() => sim.kill());
    const { page = "", id, broker } = await sim.event("started");
    await sim.event("acknowledged", ({ topic }) => topic.includes("/reading/"));
    // The page is built when it is first asked for.
    await (await fetch(new URL("/page.js", page))).arrayBuffer();
    return { sim, url: page, id, broker, at: (query: string) => page.replace("/#", `/?${query}#`) };
  }

  /** What `mosquitto_sub` sees, a line a message: `topic payload`. */
  function subscribed(broker: string, topic: string): { readonly lines: string[]; readonly process: ChildProcess } {
    const { hostname, port } = new URL(broker);
    const child = spawn(command("mosquitto_sub"), ["-h", hostname, "-p", port, "-v", "-q", "1", "-t", topic]);
    cleanUp.push(() => child.kill("SIGKILL"));
    const lines: string[] = [];
    let rest = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      const whole = (rest + text).split("\n");
      rest = whole.pop() ?? "";
      lines.push(...whole);
    });
    return { lines, process: child };
  }

  return { run, subscribed, cleanUp };
}

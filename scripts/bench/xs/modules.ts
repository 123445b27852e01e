/** The programs of the XS benchmarks as modules for the XS host. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { collectModules, type Module } from "../../../host-sim/xs/engine/modules.js";

const programs = "scripts/bench/xs/programs";
const root = fileURLToPath(new URL("../../..", import.meta.url));

/** One of ours, on the firmware's own modules. */
export function ourProgram(name: string): Promise<Module[]> {
  return collectModules({ entry: `${programs}/${name}.ts` });
}

function moduleOf(name: string, code: string, preload: boolean): Module {
  const map = JSON.stringify({ version: 3, sources: [`${name}.js`], names: [], mappings: "" });
  return { name, source: name, preload, code, map };
}

/** Where the SDK has its ECMA-419 client. */
const CLIENT = "examples/io/tcp/mqttclient/mqttclient.js";

/** Whether there is an SDK to compare with. */
export function haveSdkClient(): boolean {
  const { MODDABLE = "" } = process.env;
  return MODDABLE !== "" && existsSync(join(MODDABLE, CLIENT));
}

/** The SDK's client from its source, on stand-ins for the SDK's modules that it imports. */
export async function sdkProgram(): Promise<Module[]> {
  const client = "embedded:network/mqtt/client";
  const { outputFiles } = await build({
    entryPoints: [join(root, programs, "sdk.ts")],
    bundle: true,
    write: false,
    external: [client],
    format: "esm",
    target: "es2022",
    logLevel: "error",
  });
  const timer =
    "export default Object.freeze({ set: (callback, delay) => host.setTimer(callback, delay ?? 0), clear: (timer) => timer && host.clearTimer(timer) });\n";
  const time = "export default Object.freeze({ get ticks() { return host.ticks(); } });\n";
  return [
    moduleOf("main", outputFiles[0]?.text ?? "", true),
    moduleOf(client, readFileSync(join(process.env.MODDABLE ?? "", CLIENT), "utf8"), true),
    moduleOf("timer", timer, true),
    moduleOf("time", time, true),
  ];
}

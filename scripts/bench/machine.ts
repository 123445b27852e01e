/** What the figures were measured on. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus, loadavg, platform, release, totalmem } from "node:os";
import { command } from "../../test/support/requirements.js";

export interface Machine {
  readonly processor: string;
  readonly processors: number;
  /** Bytes. */
  readonly memory: number;
  readonly system: string;
  readonly node: string;
  readonly mosquitto: string;
  /** Of the last minute when the run began: what else the processors had to do. */
  readonly load: number;
  /** Versions of the packages compared with. */
  readonly packages: Readonly<Record<string, string>>;
  /** UTC, the day. */
  readonly date: string;
}

export function describeMachine(): Machine {
  const processors = cpus();
  return {
    processor: processors[0]?.model.trim() ?? "unknown",
    processors: processors.length,
    memory: totalmem(),
    system: `${platform()} ${release()}`,
    node: process.version,
    mosquitto: mosquittoVersion(),
    load: loadavg()[0] ?? 0,
    packages: { mqtt: versionOf("mqtt"), "mqtt-packet": versionOf("mqtt-packet") },
    date: new Date().toISOString().slice(0, 10),
  };
}

function mosquittoVersion(): string {
  const { stdout } = spawnSync(command("mosquitto"), ["-h"], { encoding: "utf8" });
  return /^mosquitto version (\S+)/m.exec(stdout ?? "")?.[1] ?? "none";
}

function versionOf(name: string): string {
  const path = new URL(`../../node_modules/${name}/package.json`, import.meta.url);
  return (JSON.parse(readFileSync(path, "utf8")) as { version: string }).version;
}

/** In one line. */
export function machineText({ processor, processors, memory, system, node, mosquitto, load, date }: Machine): string {
  const gigabytes = (memory / 2 ** 30).toFixed(0);
  return `${date}: ${processors} × ${processor}, ${gigabytes} GB, ${system}, Node.js ${node}, mosquitto ${mosquitto}, load ${load.toFixed(1)} at the start`;
}

/**
 * Two computers on one network: this one twice, in network namespaces with a cable between. Where nobody may make those, this
 * computer itself, which reaches its own address on its network.
 */
import { execFileSync } from "node:child_process";
import { lanAddresses } from "../../host-sim/cli/lan.js";
import { findCommand } from "./requirements.js";

type Command = readonly string[];

export interface TwoHosts {
  /** The first one's address. */
  readonly address: string;
  /** A command, on the first or on the second. */
  first(command: Command): Command;
  second(command: Command): Command;
  close(): void;
}

/** @throws Error when this computer is on no network and may make none */
export function openTwoHosts(): TwoHosts {
  const ip = findCommand("ip");
  const made = ip === undefined ? undefined : namespaces(ip);
  if (made !== undefined) return made;
  const [address] = lanAddresses();
  if (address === undefined)
    throw new Error("this computer has no network, and may make no namespace: iproute2 and root do");
  const here = (command: Command) => command;
  return { address, first: here, second: here, close() {} };
}

let count = 0;

function namespaces(program: string): TwoHosts | undefined {
  const ip = (...args: string[]) => execFileSync(program, args, { stdio: ["ignore", "ignore", "pipe"] });
  // Names of interfaces have 15 characters at most.
  const name = `mw${process.pid}x${count++}`;
  const hosts = [`${name}a`, `${name}b`] as const;
  const [first, second] = hosts;
  const within = (host: string) => (command: Command) => [program, "netns", "exec", host, ...command];
  const close = () => {
    for (const host of hosts) {
      try {
        ip("netns", "delete", host);
      } catch {
        // It was not made.
      }
    }
  };
  try {
    for (const host of hosts) ip("netns", "add", host);
    ip("link", "add", first, "netns", first, "type", "veth", "peer", "name", second, "netns", second);
    for (const [at, host] of hosts.entries()) {
      ip("-n", host, "address", "add", `192.168.77.${at + 1}/24`, "dev", host);
      for (const device of ["lo", host]) ip("-n", host, "link", "set", device, "up");
    }
    return { address: "192.168.77.1", first: within(first), second: within(second), close };
  } catch {
    close();
    return undefined;
  }
}

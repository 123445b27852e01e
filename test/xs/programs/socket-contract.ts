/**
 * The contract of sockets on XS itself, clause by clause, on the opener that the parent names. The far end is the parent's, and is
 * asked: `host.ask` waits, so that the clauses are the very ones of Node.js.
 */
import type { OpenSocket } from "../../../src/platform.js";
import { DeviceClock } from "../../../src/platforms/moddable/clock.js";
import { tcpOpener } from "../../../src/platforms/moddable/tcp.js";
import { websocketOpener } from "../../../src/transports/websocket/opener.js";
import type { Harness } from "../../contract/clause.js";
import { socketContract } from "../../contract/socket.contract.js";
import type { Peer, SocketHarness } from "../../contract/socket.recorder.js";

/** Where the far end listens for one clause. */
interface Place {
  readonly address: string;
  readonly port: number;
  readonly closedPort: number;
}

/** Milliseconds within which a clause's events must come. */
const PATIENCE = 10_000;

export default function main(): void {
  const clock = new DeviceClock((error, where) => host.tell("thrown", `${where}: ${error}`));
  const tcp = tcpOpener(clock, (error, where) => host.tell("thrown", `${where}: ${error}`));
  const overWebSocket = host.ask("road") === "websocket";
  const openSocket = overWebSocket ? websocketOpener({ openSocket: tcp, clock, random: Math.random }) : tcp;
  let begun: (place: Place) => void = () => {};
  host.listen((_, text) => begun(JSON.parse(text) as Place));
  /** One far end after the other: what an earlier clause has left behind does not reach a later one. */
  const place = (says: string) =>
    new Promise<Place>((resolve) => {
      begun = resolve;
      host.tell("clause", says);
    });
  checkAll(async (says) => new AskedHarness(await place(says), openSocket)).then(() => host.exit(0));
}

async function checkAll(harnessOf: (says: string) => Promise<SocketHarness>): Promise<void> {
  for (const { says, check } of socketContract) {
    let problem = "";
    try {
      await check(await harnessOf(says));
    } catch (error) {
      problem = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    }
    host.tell("checked", says, problem);
  }
}

/** Turn by turn of the loop: for an event, never for the time. */
const until: Harness["until"] = async (predicate, within = PATIENCE) => {
  const begin = host.ticks();
  while (!predicate()) {
    if (((host.ticks() - begin) | 0) > within) throw new Error(`did not happen within ${within} ms: ${predicate}`);
    await new Promise<void>((resolve) => void host.setTimer(resolve, 0));
  }
};

class AskedHarness implements SocketHarness {
  readonly address: string;
  readonly port: number;
  readonly closedPort: number;
  readonly openSocket: OpenSocket;
  readonly until = until;

  constructor({ address, port, closedPort }: Place, openSocket: OpenSocket) {
    this.address = address;
    this.port = port;
    this.closedPort = closedPort;
    this.openSocket = openSocket;
  }

  get peers(): readonly Peer[] {
    return Array.from({ length: host.ask("peers") as number }, (_, index) => new AskedPeer(index));
  }
}

class AskedPeer implements Peer {
  private readonly index: number;

  constructor(index: number) {
    this.index = index;
  }

  get count(): number {
    return host.ask("count", this.index) as number;
  }

  get ended(): boolean {
    return host.ask("ended", this.index) === 1;
  }

  received(): Uint8Array {
    return new Uint8Array(host.ask("received", this.index) as ArrayBuffer);
  }

  push(bytes: Uint8Array): void {
    host.ask("push", this.index, bytes);
  }

  close(): void {
    host.ask("close", this.index);
  }

  reset(): void {
    host.ask("reset", this.index);
  }
}

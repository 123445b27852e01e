/**
 * The contract of sockets on XS: the very clauses of test/contract, in XS itself. A proxy of XS's sockets in Node.js would not do,
 * for `read` and `write` must answer at once and what XS says comes later; the far end may be asked, because `host.ask` waits.
 */
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { board } from "../../boards/esp32c3_devkitm/board.js";
import { buildHost } from "../../host-sim/xs/engine/build.js";
import { collectModules } from "../../host-sim/xs/engine/modules.js";
import { type Answer, Program, type Value } from "../../host-sim/xs/engine/program.js";
import { socketContract } from "../contract/socket.contract.js";
import { type FarEnd, loopbackEnd, wsEnd } from "../contract/socket.harness.js";
import type { Peer } from "../contract/socket.recorder.js";
import { describeWith } from "../support/describe-with.js";
import { PLENTY, patched, runText } from "./rig.js";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 240_000 });

interface Road {
  readonly road: "websocket" | "tcp";
  readonly window?: number;
  readonly patches?: ReadonlyMap<string, string>;
}

const ends = { websocket: wsEnd, tcp: loopbackEnd };
/** The clauses hold more than a board's memory has. */
const MEMORY = { ...PLENTY, static: 16_000_000 };

interface Checked {
  /** What is wrong, by the clause; empty where it is kept. */
  readonly problems: ReadonlyMap<string, string>;
  readonly thrown: readonly string[];
  readonly words: string;
}

async function check({ road, window = board.socket.window, patches = new Map() }: Road): Promise<Checked> {
  const [host, modules] = await Promise.all([
    buildHost(),
    collectModules({
      entry: "test/xs/programs/socket-contract.ts",
      packages: { vitest: "test/xs/programs/expect.ts" },
      patches,
    }),
  ]);
  const problems = new Map<string, string>();
  const thrown: string[] = [];
  let end: FarEnd | undefined;
  const program: Program = new Program({
    host,
    modules,
    memory: MEMORY,
    window,
    onAsk: (name, values) => (name === "road" ? road : answer(end as FarEnd, name, values)),
    async onTell(name, [first, second]) {
      if (name === "thrown") thrown.push(String(first));
      else if (name === "checked") problems.set(String(first), String(second));
      else {
        await end?.dispose?.();
        end = await ends[road]();
        const { address, port, closedPort } = end;
        program.send("place", JSON.stringify({ address, port, closedPort }));
      }
    },
  });
  const { words } = await program.ended;
  await end?.dispose?.();
  return { problems, thrown, words };
}

function answer({ peers }: FarEnd, name: string, [index, bytes]: readonly Value[]): Answer {
  if (name === "peers") return peers.length;
  const peer = peers[Number(index)] as Peer;
  if (name === "count") return peer.count;
  if (name === "ended") return peer.ended ? 1 : 0;
  if (name === "received") return peer.received();
  if (name === "push") peer.push(bytes as Uint8Array);
  else if (name === "close") peer.close();
  else peer.reset();
  return undefined;
}

describeWith("C compiler", "on XS,", () => {
  describe.each([
    ["WebSocket over a device's TCP, to the package ws", { road: "websocket" }],
    ["WebSocket over a device's TCP with a window of 64, to the package ws", { road: "websocket", window: 64 }],
    ["a device's TCP", { road: "tcp" }],
  ] as const)("%s,", (_, road) => {
    let checked: Checked;
    beforeAll(async () => {
      checked = await check(road);
    });

    it.each(socketContract)("$says", ({ says }) => {
      expect(checked.problems.get(says), checked.words).toBe("");
    });

    it("goes through the clauses without a throw", () => {
      expect(checked.thrown).toEqual([]);
    });
  });
});

/** @returns the sentences that a WebSocket which is broken there does not keep on XS */
async function brokenBy(search: string, replace: string, window?: number): Promise<string[]> {
  const patches = new Map([patched(search, replace)]);
  const { problems } = await check({ road: "websocket", patches, ...(window && { window }) });
  expect(problems.size).toBe(socketContract.length);
  return [...problems].filter(([, problem]) => problem !== "").map(([says]) => says);
}

describeWith("C compiler", "on XS, the clauses notice a WebSocket that", () => {
  it("masks nothing", async () => {
    const search = "(payload[index] as number) ^ (into[key + (index & 3)] as number)";
    expect(await brokenBy(search, "payload[index] as number")).toContain(
      "delivers what was written, whole and in order",
    );
  });

  it("forgets at close() what was written", async () => {
    const search = "    if (this.pending === undefined) this.end();\n    else this.linger";
    expect(await brokenBy(search, "    if (code > 0) this.end();\n    else this.linger", 64)).toContain(
      "delivers what was written before close()",
    );
  });

  it("announces again what was left unread", async () => {
    const search = "      if (this.unread > 0) break;\n";
    const again = "this.clock.setTimer(this.options.onReadable.bind(this.options, this.unread), 0)";
    expect(
      await brokenBy(search, `      if (this.unread > 0) {\n        ${again};\n        break;\n      }\n`),
    ).toContain("does not announce again what was left unread, but still gives it");
  });
});

const CLOSES_UNREAD = `
import { DeviceClock } from "../../../src/platforms/moddable/clock.js";
import { tcpOpener } from "../../../src/platforms/moddable/tcp.js";

export default function main(): void {
  const report = (error: unknown) => host.tell("thrown", String(error));
  const socket = tcpOpener(new DeviceClock(report), report)({
    host: "",
    address: "127.0.0.1",
    port: host.ask("port") as number,
    onWritable() {},
    onReadable: () => socket.close(),
    onClose() {},
  });
}
`;

describeWith("C compiler", "a device's TCP on XS", () => {
  it("ends in order where bytes are left unread, for a reset could take along what was written", async () => {
    const server = createServer((connection) => connection.write(Buffer.alloc(3000)));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const ended = new Promise<string>((settle) =>
      server.on("connection", (connection) => {
        connection.on("end", () => settle("in order")).resume();
        connection.on("error", ({ message }) => settle(message));
      }),
    );
    const { port } = server.address() as AddressInfo;
    const { code, told } = await runText(CLOSES_UNREAD, { onAsk: () => port });
    expect({ code, told, ended: await ended }).toEqual({ code: 0, told: [], ended: "in order" });
    server.close();
  });
});

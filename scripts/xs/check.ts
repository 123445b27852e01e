/**
 * `npm run xs -- check [valgrind]`: a story with a broker under sanitizers, or valgrind, to see that the host is safe.
 * It is slower than the tests want to be, so it is not among them.
 */

import { board } from "../../boards/esp32c3_devkitm/board.js";
import { startBroker } from "../../host-sim/cli/broker.js";
import { MemoryStore } from "../../host-sim/core/storage/memory-store.js";
import { buildHost } from "../../host-sim/xs/engine/build.js";
import { collectModules } from "../../host-sim/xs/engine/modules.js";
import { Program } from "../../host-sim/xs/engine/program.js";

const withValgrind = process.argv[3] === "valgrind";
const host = await buildHost(withValgrind ? { bits: 64 } : { bits: 64, sanitize: true });
const modules = await collectModules({ entry: "host-sim/xs/programs/story.ts" });
const broker = await startBroker();
const store = new MemoryStore();
const ROUNDS = 6;
const COUNT = 20;
let published = 0;
let received = 0;
let round = 1;

const program = new Program({
  host,
  modules,
  memory: board.memory,
  prefix: withValgrind ? ["valgrind", "--error-exitcode=99", "--quiet"] : [],
  onAsk(name, [, key, value]) {
    if (name === "broker") return JSON.stringify({ address: broker.host, port: broker.port });
    if (name === "read") return store.read(String(key));
    if (name === "write") store.write(String(key), value as Uint8Array);
    else if (name === "delete") store.delete(String(key));
    else if (name === "keys") return store.keys().join(" ");
    return undefined;
  },
  onTell(name, values) {
    if (name === "error") console.error(...values);
    if (name === "published") published++;
    if (name === "received") received++;
    const isRoundDone = published === round * COUNT && received >= published;
    if (name === "subscribed") program.send("publish", `0 ${COUNT} 50`);
    else if ((name === "published" || name === "received") && isRoundDone) {
      if (round === ROUNDS) program.send("close");
      else program.send("publish", `${round % 3} ${COUNT} ${50 + round}`);
      round++;
    }
  },
});
program.send("open");
const { code, words } = await program.ended;
await broker.close();
console.log(words === "" ? "nothing was found" : words);
console.log(`${published} published, ${received} received, exit code ${code}`);
process.exitCode = code === 0 && words === "" ? 0 : 1;

import { ourProgram, peerCodec } from "./modules.js";
import { measured, PLENTY } from "./measure.js";
for (const counts of [true])
for (const [n, modules] of [["peer", await peerCodec()]] as const) {
  const t=performance.now();
  try {
  const r = await measured({ modules, memory: PLENTY, counts, onAsk: (name) => name === "times" ? (counts?100:500) : undefined });
  console.log(n, counts, ((performance.now()-t)/1000).toFixed(1));
  for (const [k, w] of r.works) console.log("  ", k.padEnd(34), (w.milliseconds*1e6/w.count).toFixed(0), ((r.instructions.get(k)??0)/w.count).toFixed(0));
  } catch (e) { console.log(n, String((e as Error).message).slice(0, 800)); }
}

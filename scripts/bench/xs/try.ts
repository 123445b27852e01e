import { ourProgram, peerCodec } from "./modules.js";
import { measured, PLENTY } from "./measure.js";
for (const [n, modules] of [["ours", await ourProgram("codec")]] as const) {
  const t=performance.now();
  const r = await measured({ modules, memory: PLENTY, counts:true, onAsk: (name) => name === "times" ? 100 : undefined });
  for (const [k, w] of r.works) console.log("  ", k.padEnd(34), (w.milliseconds*1e6/w.count).toFixed(0), ((r.instructions.get(k)??0)/w.count).toFixed(0));
}

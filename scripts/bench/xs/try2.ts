import { ourProgram, sdkProgram } from "./modules.js";
import { measured } from "./measure.js";
import { serve } from "./broker.js";
for (const counts of [false,true])
for (const [n, modules] of [["ours", await ourProgram("motewire")], ["sdk", await sdkProgram()]] as const) {
  const t=performance.now();
  const broker = await serve();
  try {
  const r = await measured({ modules, counts, onAsk: (name) => JSON.stringify({address:"127.0.0.1",port:broker.port,times:counts?200:2000}), onTell: (name, values)=> { if (name==="send") broker.send(Number(values[0]), Number(values[1])) } });
  console.log(n, counts, ((performance.now()-t)/1000).toFixed(1));
  for (const [k, w] of r.works) console.log("  ", k.padEnd(34), (w.milliseconds*1e3/w.count).toFixed(1), ((r.instructions.get(k)??0)/w.count).toFixed(0), r.memory.get("begin "+k)!.slots,  r.memory.get("begin "+k)!.chunks);
  } catch (e) { console.log(n, String((e as Error).message).slice(0, 800)); }
  broker.close();
}

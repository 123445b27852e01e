/** How the node fares, by its diagnostics. */
import type { NodeModel } from "./node-model.js";
import { numberIn } from "./payload.js";
import { numberInWords, spanInWords } from "./words.js";

const ROWS: readonly (readonly [field: string, label: string, words: (value: number) => string])[] = [
  ["rssi", "signal", (value) => `${value} dBm`],
  ["uptime", "up for", spanInWords],
  ["freeMemory", "memory free", (value) => `${numberInWords(value)} B`],
  ["reconnects", "reconnects", String],
  ["waiting", "waiting to be sent", String],
  ["dropped", "given up", String],
  ["lost", "lost", String],
  ["failed", "samples failed", String],
];

export function Health({ node }: { node: NodeModel }) {
  void node.version.value;
  const rows = ROWS.flatMap(([field, label, words]) => {
    const value = numberIn(node.diagnostics, field);
    return value === undefined ? [] : [[label, words(value)] as const];
  });
  const { firmware, board, restartReason } = Object.fromEntries(node.status);
  const facts = [
    ["application", node.description.application],
    ["firmware", firmware ?? node.description.firmware],
    ["board", board ?? node.description.board],
    ["started by", restartReason],
  ].filter(([, value]) => value !== undefined);
  return (
    <section class="panel health" aria-labelledby="health">
      <h2 id="health">Health</h2>
      <dl class="facts">
        {[...facts, ...rows].map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {node.stamps.off !== undefined && (
        <p class="quiet">The node's clock is {spanInWords(Math.abs(node.stamps.off))} off; times here are corrected.</p>
      )}
      {node.ignored > 0 && (
        <p class="quiet">{node.ignored} messages were too large, broken or too many, and left out.</p>
      )}
    </section>
  );
}

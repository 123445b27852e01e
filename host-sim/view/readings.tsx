/** The live readings: a value and a chart for each quantity. */
import { signal } from "@preact/signals";
import { Chart } from "./chart.js";
import type { NodeModel } from "./node-model.js";
import type { Outage } from "./outages.js";
import { clockTime, numberInWords, spanInWords } from "./words.js";

const MINUTE = 60_000;
const RANGES: readonly (readonly [label: string, ms: number])[] = [
  ["2 min", 2 * MINUTE],
  ["10 min", 10 * MINUTE],
  ["1 h", 60 * MINUTE],
  ["12 h", 720 * MINUTE],
];
const range = signal(2 * MINUTE);

export function Readings({ node }: { node: NodeModel }) {
  void node.version.value;
  const quantities = node.quantities;
  const outages = node.outages.list;
  const last = outages.at(-1);
  return (
    <section class="panel readings" aria-labelledby="readings">
      <div class="title">
        <h2 id="readings">Readings</h2>
        <fieldset class="ranges">
          <legend>Time shown</legend>
          {RANGES.map(([label, ms]) => (
            <label key={label}>
              <input type="radio" name="range" checked={range.value === ms} onChange={() => (range.value = ms)} />
              <span>{label}</span>
            </label>
          ))}
        </fieldset>
      </div>
      {quantities.length === 0 && (
        <p class="quiet">None yet{node.presence === "offline" ? ": the node is offline" : ""}.</p>
      )}
      {quantities.map(([sensor, quantity]) => (
        <Quantity key={`${sensor}.${quantity}`} node={node} sensor={sensor} quantity={quantity} />
      ))}
      {quantities.length > 0 && (
        <p class="legend quiet">
          <span>
            <span class="key late" /> arrived late
          </span>
          <span>
            <span class="key outage" /> outage{last === undefined ? "" : `; the last ${outageInWords(last)}`}
          </span>
        </p>
      )}
    </section>
  );
}

function outageInWords({ from, to, words }: Outage): string {
  const span = to === undefined ? "not over" : spanInWords(to - from);
  return `from ${clockTime(from)}, ${span}, ${words}`;
}

function Quantity({ node, sensor, quantity }: { node: NodeModel; sensor: string; quantity: string }) {
  void node.version.value;
  const reading = node.readings.get(sensor);
  const value = reading?.values.get(quantity);
  const unit = node.unitOf(sensor, quantity);
  const series = node.seriesOf(sensor, quantity);
  const shown = value === undefined ? "–" : numberInWords(value);
  const lateCount = series?.late.filter(Boolean).length ?? 0;
  return (
    <article class="quantity">
      <h3>
        <span class="sensor">{sensor}</span> {quantity}
      </h3>
      <p class="value" title={reading?.at === undefined ? "" : `made at ${clockTime(reading.at)}`}>
        <output data-value={value}>{shown}</output> <span class="unit">{unit}</span>
      </p>
      <Chart
        series={series}
        outages={node.outages.list}
        range={range.value}
        gap={Math.max(2.5 * (node.interval ?? MINUTE), 1_000)}
        label={`${sensor} ${quantity} over ${spanInWords(range.value)}, now ${shown} ${unit}${lateCount > 0 ? `, ${lateCount} arrived late` : ""}`}
      />
    </article>
  );
}

/** One quantity over time, by uPlot: outages are shaded, and what arrived late is marked. */
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import type { Outage } from "./outages.js";
import type { Series } from "./series.js";
import { clockTime } from "./words.js";

interface Props {
  readonly series: Series | undefined;
  readonly outages: readonly Outage[];
  /** Milliseconds up to now. */
  readonly range: number;
  /** Milliseconds without a value across which no line is drawn. */
  readonly gap: number;
  readonly label: string;
}

const HEIGHT = 120;
/** Milliseconds from one movement to the next, as time passes. */
const STEP = 1_000;

export function Chart(props: Props) {
  const host = useRef<HTMLDivElement>(null);
  const drawn = useRef<Drawing | undefined>(undefined);
  useEffect(() => {
    const drawing = new Drawing(host.current as HTMLDivElement);
    drawn.current = drawing;
    return () => drawing.end();
  }, []);
  // At each change of the node: they are gathered before.
  useEffect(() => drawn.current?.show(props));
  return <div class="chart" role="img" aria-label={props.label} ref={host} />;
}

class Drawing {
  readonly #host: HTMLDivElement;
  readonly #scheme = matchMedia("(prefers-color-scheme: dark)");
  readonly #resized = new ResizeObserver(() => this.#resize());
  readonly #moving = setInterval(() => this.#move(), STEP);
  readonly #restyle = () => this.#make();
  #plot: uPlot | undefined;
  #props: Props | undefined;

  constructor(host: HTMLDivElement) {
    this.#host = host;
    this.#scheme.addEventListener("change", this.#restyle);
    this.#make();
    this.#resized.observe(host);
  }

  show(props: Props): void {
    this.#props = props;
    this.#move();
  }

  end(): void {
    clearInterval(this.#moving);
    this.#resized.disconnect();
    this.#scheme.removeEventListener("change", this.#restyle);
    this.#plot?.destroy();
  }

  #move(): void {
    if (this.#props === undefined || this.#plot === undefined || document.hidden) return;
    const { series, range, gap } = this.#props;
    const now = Date.now();
    const data = series?.columns(now - range, gap) ?? [[], [], []];
    this.#plot.batch(() => {
      this.#plot?.setData(data, false);
      this.#plot?.setScale("x", { min: (now - range) / 1_000, max: now / 1_000 });
    });
  }

  #resize(): void {
    this.#plot?.setSize({ width: this.#host.clientWidth, height: HEIGHT });
  }

  #make(): void {
    this.#plot?.destroy();
    const style = getComputedStyle(this.#host);
    const colour = (name: string) => style.getPropertyValue(`--${name}`).trim();
    const axis = {
      stroke: colour("quiet"),
      font: "11px system-ui, sans-serif",
      grid: { stroke: colour("line"), width: 1 },
      ticks: { show: false },
    };
    const options: uPlot.Options = {
      width: this.#host.clientWidth || 300,
      height: HEIGHT,
      padding: [6, 12, 0, 0],
      legend: { show: false },
      cursor: { sync: { key: "readings" }, y: false, points: { size: 6 }, drag: { setScale: false } },
      scales: { y: { range: (_plot, least, most) => spread(least, most) } },
      axes: [
        {
          ...axis,
          size: 22,
          gap: 2,
          space: 80,
          grid: { show: false },
          values: (_plot, ticks) => ticks.map(tickInWords),
        },
        { ...axis, size: 52, gap: 4, space: 26 },
      ],
      series: [
        {},
        { stroke: colour("trace"), width: 1.6, points: { size: 4, fill: colour("trace") } },
        {
          stroke: colour("late"),
          width: 1.6,
          paths: () => null,
          points: { show: true, size: 8, width: 1.6, stroke: colour("late"), fill: colour("panel") },
        },
      ],
      hooks: {
        drawClear: [(plot) => shade(plot, this.#props?.outages ?? [], colour("outage"), colour("outage-edge"))],
      },
    };
    this.#plot = new uPlot(options, [[], [], []], this.#host);
    this.#move();
  }
}

function tickInWords(seconds: number): string {
  const time = clockTime(1_000 * seconds);
  return time.endsWith(":00") ? time.slice(0, -3) : time;
}

/** A little more than the values take, and enough that noise looks like noise. */
function spread(least: number | null, most: number | null): [number, number] {
  if (least === null || most === null) return [0, 1];
  const room = Math.max((most - least) * 0.15, Math.abs(most) * 0.002, 0.05);
  return [least - room, most + room];
}

function shade(plot: uPlot, outages: readonly Outage[], fill: string, edge: string): void {
  const { ctx, bbox } = plot;
  const clamp = (x: number) => Math.min(Math.max(x, bbox.left), bbox.left + bbox.width);
  ctx.save();
  for (const { from, to } of outages) {
    const left = clamp(plot.valToPos(from / 1_000, "x", true));
    const right = clamp(plot.valToPos((to ?? Date.now()) / 1_000, "x", true));
    if (right <= left) continue;
    ctx.fillStyle = fill;
    ctx.fillRect(left, bbox.top, right - left, bbox.height);
    ctx.fillStyle = edge;
    for (const x of [left, right]) ctx.fillRect(Math.round(x), bbox.top, devicePixelRatio, bbox.height);
  }
  ctx.restore();
}

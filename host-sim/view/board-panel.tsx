/** The board as it lies on the table: drawn from its data, with what is connected to it. */
import type { Board, BoardSensor } from "../../boards/board.js";
import { findBoard } from "../core/world/boards.js";
import type { NodeModel } from "./node-model.js";
import { textIn } from "./payload.js";
import type { Simulator } from "./simulator.js";
import { numberInWords } from "./words.js";

/** Something that hangs on the board. */
interface Part {
  readonly name: string;
  /** What it is. */
  readonly kind: string;
  readonly lines: readonly string[];
  /** Pins that it is wired to, as they are labelled. */
  readonly pins: readonly string[];
  readonly lit?: boolean;
}

const PIN_TOP = 64;
const PIN_STEP = 20;
const PINS = 12;
/** The first row beside which there is room for a name. */
const FREE_ROW = 4;
const PART_LEFT = 238;

export function BoardPanel({ node, simulator }: { node: NodeModel; simulator: Simulator | undefined }) {
  void node.version.value;
  const simulated = simulator?.state.value;
  const id = textIn(node.status, "board") ?? node.description.board;
  const board = simulated?.node === node.id ? simulated.board : id === undefined ? undefined : findBoard(id);
  const led = simulated === undefined ? undefined : (simulator?.led.value ?? "#000000");
  const isPowered = simulated?.power ?? node.presence === "online";
  return (
    <section class="panel board" aria-labelledby="board">
      <h2 id="board">{board?.name ?? id ?? "Board"}</h2>
      <Drawing node={node} board={board} led={led} isPowered={isPowered} />
    </section>
  );
}

interface DrawingProps {
  readonly node: NodeModel;
  readonly board: Board | undefined;
  readonly led: string | undefined;
  readonly isPowered: boolean;
}

function Drawing({ node, board, led, isPowered }: DrawingProps) {
  void node.version.value;
  const parts = partsOf(node, board);
  const used = [...new Set(parts.flatMap(({ pins }) => pins))];
  const pinY = (pin: string) => PIN_TOP + PIN_STEP * (FREE_ROW + used.indexOf(pin));
  let top = 14;
  const placed = parts.map((part) => {
    const height = 30 + 17 * Math.max(part.lines.length, 1);
    const at = top;
    top += height + 12;
    return { part, top: at, height };
  });
  const bottom = Math.max(312, top + 4);
  return (
    <svg
      viewBox={`0 0 400 ${bottom}`}
      role="img"
      aria-label={inWords(board, parts, led)}
      class={isPowered ? "" : "dead"}
    >
      {placed.flatMap(({ part, top, height }) =>
        part.pins.map((pin, index) => {
          const [x, y] = [172, pinY(pin)];
          const end = top + 18 + index * Math.min(12, (height - 26) / Math.max(part.pins.length - 1, 1));
          return (
            <path
              key={`${part.name} ${pin}`}
              class={`wire wire${used.indexOf(pin) % 4}`}
              d={`M${x} ${y}C${x + 40} ${y} ${PART_LEFT - 36} ${end} ${PART_LEFT} ${end}`}
            />
          );
        }),
      )}
      <rect class="pcb" x="12" y="12" width="168" height="290" rx="10" />
      {[0, 1].map((side) =>
        Array.from({ length: PINS }, (_, row) => (
          <circle key={`${side} ${row}`} class="pin" cx={side === 0 ? 20 : 172} cy={PIN_TOP + PIN_STEP * row} r="4" />
        )),
      )}
      {used.slice(0, PINS - FREE_ROW).map((pin) => (
        <text key={pin} class="silk small" x="163" y={pinY(pin) + 4} text-anchor="end">
          {pin}
        </text>
      ))}
      <path class="antenna" d="M44 40V22h18v12h14V22h14v12h14V22h14v12h14V22h14v18" />
      <rect class="shield" x="38" y="42" width="116" height="80" rx="4" />
      <text class="shield-text" x="96" y="88" text-anchor="middle">
        {board?.soc ?? "?"}
      </text>
      <Led board={board} led={led} />
      {board?.button && (
        <g>
          <rect class="button" x="36" y="222" width="30" height="26" rx="3" />
          <circle class="button-cap" cx="51" cy="235" r="8" />
          <text class="silk small" x="36" y="264">
            IO{board.button.pin}
          </text>
        </g>
      )}
      <rect class="usb" x="76" y="288" width="40" height="22" rx="4" />
      {placed.map(({ part, top, height }) => (
        <g
          key={`${part.kind} ${part.name}`}
          class={part.lit === undefined ? "part" : part.lit ? "part lit" : "part unlit"}
        >
          <rect x={PART_LEFT} y={top} width="154" height={height} rx="6" />
          <text class="part-name" x={PART_LEFT + 12} y={top + 20}>
            {cut(part.name, 11)}
          </text>
          <text class="part-kind" x={PART_LEFT + 144} y={top + 20} text-anchor="end">
            {cut(part.kind, 10)}
          </text>
          {part.lines.map((line, index) => (
            <text key={line} class="part-value" x={PART_LEFT + 12} y={top + 40 + 17 * index}>
              {cut(line, 22)}
            </text>
          ))}
        </g>
      ))}
    </svg>
  );
}

function Led({ board, led }: { board: Board | undefined; led: string | undefined }) {
  if (board?.led === undefined) return null;
  const isLit = led !== undefined && led !== "#000000";
  // A plain one has its own colour, whatever it is told.
  const colour = board.led.kind === "plain" ? "#5aa9ff" : led;
  return (
    <g>
      {isLit && <circle class="glow" cx="56" cy="160" r="26" fill={colour} />}
      <rect class="led" x="48" y="152" width="16" height="16" rx="3" />
      <circle cx="56" cy="160" r="5.5" fill={isLit ? colour : "var(--led-off)"} data-led={led} />
      <text class="silk small" x="36" y="192">
        LED IO{board.led.pin}
      </text>
    </g>
  );
}

function partsOf(node: NodeModel, board: Board | undefined): Part[] {
  const onBoard = board?.sensors ?? [];
  const ids = [
    ...new Set([...onBoard.map(({ id }) => id), ...node.description.sensors.keys(), ...node.readings.keys()]),
  ];
  const sensors = ids.slice(0, 6).map((id): Part => {
    const sensor = onBoard.find((one) => one.id === id);
    const values = [...(node.readings.get(id)?.values ?? [])];
    const lines = values.map(([quantity, value]) => `${numberInWords(value)} ${node.unitOf(id, quantity)}`);
    return {
      name: id,
      kind: sensor?.driver === "analog battery" ? "analog" : (sensor?.driver ?? "sensor"),
      lines: lines.length > 0 ? lines : ["–"],
      pins: pinsOf(board, sensor),
    };
  });
  const states = (kind: "input" | "output", names: readonly string[]) => {
    const known = kind === "input" ? node.inputs : node.outputs;
    return [...new Set([...names, ...known.keys()])].slice(0, 4).map((name): Part => {
      const state = known.get(name)?.state;
      return { name, kind, lines: [state ?? "–"], pins: [], lit: state === "on" };
    });
  };
  return [...sensors, ...states("input", node.description.inputs), ...states("output", node.description.outputs)];
}

function pinsOf(board: Board | undefined, sensor: BoardSensor | undefined): string[] {
  if (sensor === undefined || board === undefined || sensor.driver === "simulated") return [];
  if (sensor.driver === "analog battery") return [`ADC ${sensor.pin}`];
  const bus = board.I2C[sensor.bus];
  return bus === undefined ? [] : [`SDA ${bus.data}`, `SCL ${bus.clock}`];
}

function inWords(board: Board | undefined, parts: readonly Part[], led: string | undefined): string {
  const list = parts.map(({ name, kind, lines }) => `${kind} ${name}: ${lines.join(", ")}`).join("; ");
  const light = led === undefined || board?.led === undefined ? "" : led === "#000000" ? "; LED dark" : "; LED lit";
  return `${board?.name ?? "A board that is not known here"}${light}. ${list}`;
}

function cut(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

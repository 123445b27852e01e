/** The page as a whole: where it looks, and how that fares. */
import { Alerts } from "./alerts.js";
import { Bench, Packets } from "./bench.js";
import { BoardPanel } from "./board-panel.js";
import { Commands, Settings } from "./commands.js";
import { Health } from "./health.js";
import type { NodeModel } from "./node-model.js";
import { hrefOf, type Place } from "./place.js";
import { Readings } from "./readings.js";
import type { Simulator } from "./simulator.js";
import type { Connection, Watch } from "./watch.js";

interface Props {
  readonly place: Place;
  readonly watch: Watch;
  readonly simulator: Simulator | undefined;
}

export function App({ place, watch, simulator }: Props) {
  const node = watch.node.value;
  // The simulator has one node; where another is looked at, its switches would mislead.
  const simulated = simulator?.state.value?.node;
  const bench = simulated === undefined || simulated === node?.id ? simulator : undefined;
  return (
    <>
      <Head place={place} watch={watch} node={node} />
      {node === undefined ? (
        <Choice place={place} watch={watch} />
      ) : (
        <main>
          <Alerts node={node} />
          <div class="side">
            <BoardPanel node={node} simulator={bench} />
            {bench && <Bench simulator={bench} />}
            <Health node={node} />
          </div>
          <div class="wide">
            <Readings node={node} />
            <div class="pair">
              <Commands node={node} watch={watch} />
              <Settings node={node} watch={watch} />
            </div>
            {bench && <Packets simulator={bench} />}
          </div>
        </main>
      )}
    </>
  );
}

const CONNECTION: { readonly [state in Connection["state"]]: string } = {
  connecting: "connecting to the broker",
  connected: "connected to the broker",
  lost: "broker lost",
  refused: "cannot connect",
};

function Head({ place, watch, node }: { place: Place; watch: Watch; node: NodeModel | undefined }) {
  void node?.version.value;
  const { state, words } = watch.connection.value;
  const others = [...watch.nodes.value].filter(([id]) => id !== node?.id);
  const silent = node?.outages.open?.why === "silent";
  const presence = silent ? "silent" : (node?.presence ?? "unknown");
  const { reason, restartReason } = Object.fromEntries(node?.status ?? []);
  const detail = presence === "offline" ? reason : undefined;
  return (
    <header>
      <p class="brand">Motewire</p>
      {node && <h1>{node.id}</h1>}
      <div class="states" role="status" aria-live="polite">
        {node && (
          <span class={`pill ${presence}`} title={restartReason === undefined ? "" : `started by ${restartReason}`}>
            {presence}
            {detail === undefined ? "" : `, ${detail}`}
          </span>
        )}
        <span class={`link ${state}`}>
          {CONNECTION[state]}
          {words === "" ? "" : `: ${words}`}
        </span>
      </div>
      {others.length > 0 && node !== undefined && (
        <nav aria-label="Other nodes">
          {others.slice(0, 8).map(([id]) => (
            <a key={id} href={hrefOf(place, id)}>
              {id}
            </a>
          ))}
          {others.length > 8 && <span>and {others.length - 8} more</span>}
        </nav>
      )}
    </header>
  );
}

/** Before it is known which node to show. */
function Choice({ place, watch }: { place: Place; watch: Watch }) {
  const nodes = [...watch.nodes.value];
  return (
    <main class="choice">
      <h1>{nodes.length === 0 ? "Looking for nodes" : "Which node?"}</h1>
      {nodes.length === 0 ? (
        <p>A node appears here as soon as the broker knows its status, at motewire/…/status.</p>
      ) : (
        <ul>
          {nodes.map(([id, presence]) => (
            <li key={id}>
              <a href={hrefOf(place, id)}>{id}</a> <span class={`pill ${presence}`}>{presence}</span>
            </li>
          ))}
        </ul>
      )}
    </main>
  );
}

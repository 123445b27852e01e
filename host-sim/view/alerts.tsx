/** What the node warns of. */
import type { NodeModel } from "./node-model.js";
import { askPermission, permission } from "./notify.js";
import { clockTime, numberInWords } from "./words.js";

export function Alerts({ node }: { node: NodeModel }) {
  void node.version.value;
  const { alerts: rules, sensors } = node.description;
  const names = [...new Set([...rules.keys(), ...node.alerts.keys()])];
  if (names.length === 0) return null;
  const raised = names.filter((name) => node.alerts.get(name)?.raised);
  return (
    <section class={raised.length > 0 ? "alerts raised" : "alerts"} aria-label="Alerts">
      <ul aria-live="assertive">
        {raised.map((name) => {
          const { value, at } = node.alerts.get(name) ?? {};
          return (
            <li key={name}>
              <strong>{name}</strong>
              {value !== undefined && <span>{numberInWords(value)}</span>}
              <span class="rule">{rules.get(name)}</span>
              {at !== undefined && <span class="quiet">since {clockTime(at)}</span>}
            </li>
          );
        })}
      </ul>
      <p class="quiet">
        {raised.length === 0
          ? `Nothing is raised. Watched: ${names.map((name) => `${name} (${rules.get(name) || "no rule told"})`).join(", ")}.`
          : sensors.size > 0 && names.length > raised.length && `${names.length - raised.length} more, not raised.`}
      </p>
      <Permission />
    </section>
  );
}

function Permission() {
  const state = permission.value;
  if (state === "granted") return <p class="quiet">The system notifies you of each.</p>;
  if (state === "default")
    return (
      <button type="button" onClick={() => void askPermission()}>
        Notify me
      </button>
    );
  return (
    <p class="quiet">
      {state === "denied"
        ? "Notifications are off for this page in the browser's settings."
        : "No notifications here: browsers have them for https:// and this computer's own pages only."}
    </p>
  );
}

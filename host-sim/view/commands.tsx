/** Forms made from what the node says it can be told, and the answers. */
import { useState } from "preact/hooks";
import type { Field } from "./description.js";
import { choicesOf, controlOf, hintOf, readWritten } from "./forms.js";
import type { NodeModel } from "./node-model.js";
import type { Order } from "./orders.js";
import type { Scalar } from "./payload.js";
import type { Watch } from "./watch.js";
import { clockTime, spanInWords } from "./words.js";

/** Choices that are shown as buttons, at most. */
const MOST_BUTTONS = 4;

interface Props {
  readonly node: NodeModel;
  readonly watch: Watch;
}

export function Commands({ node, watch }: Props) {
  void node.version.value;
  const { settings, commands } = node.description;
  // The settings have a form of their own.
  const shown = commands.filter(({ name }) => settings.length === 0 || (name !== "settings" && name !== "interval"));
  return (
    <section class="panel" aria-labelledby="commands">
      <h2 id="commands">Commands</h2>
      {shown.map(({ name, fields }) => {
        const [field, ...others] = fields;
        return field?.choices !== undefined && field.choices.length <= MOST_BUTTONS && others.length === 0 ? (
          <Choices key={name} name={name} field={field} state={node.outputs.get(name)?.state} watch={watch} />
        ) : (
          <Form key={name} name={name} fields={fields} watch={watch} verb={name} />
        );
      })}
      <Answers orders={node.orders.list} />
    </section>
  );
}

export function Settings({ node, watch }: Props) {
  void node.version.value;
  const fields = node.description.settings;
  if (fields.length === 0) return null;
  return (
    <section class="panel" aria-labelledby="settings">
      <h2 id="settings">Settings</h2>
      {node.settings.size === 0 && <p class="quiet">The node has not told them yet.</p>}
      <Form name="settings" fields={fields} watch={watch} verb="Change" current={node.settings} needsOne />
    </section>
  );
}

interface ChoicesProps {
  readonly name: string;
  readonly field: Field;
  /** What the output of that name stands at. */
  readonly state: string | undefined;
  readonly watch: Watch;
}

/** A command that is one choice: a button for each. */
function Choices({ name, field, state, watch }: ChoicesProps) {
  const isConnected = watch.connection.value.state === "connected";
  return (
    <fieldset class="command choices">
      <legend>{name}</legend>
      {choicesOf(field).map((choice) => (
        <button
          key={choice}
          type="button"
          disabled={!isConnected}
          aria-pressed={choice === state}
          onClick={() => watch.command(name, [[field.name, choice]])}
        >
          {choice}
        </button>
      ))}
    </fieldset>
  );
}

interface FormProps {
  readonly name: string;
  readonly fields: readonly Field[];
  readonly watch: Watch;
  readonly verb: string;
  /** What the fields stand at. */
  readonly current?: ReadonlyMap<string, Scalar>;
  /** It makes no sense without any. */
  readonly needsOne?: boolean;
}

function Form({ name, fields, watch, verb, current, needsOne = false }: FormProps) {
  const [problem, setProblem] = useState("");
  const isConnected = watch.connection.value.state === "connected";
  const send = (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const written = fields.map((field) => [field.name, readWritten(field, valueIn(form, field.name))] as const);
    const wrong = written.find(([, { problem }]) => problem !== undefined)?.[1].problem;
    const values = written.flatMap(([field, { value }]) => (value === undefined ? [] : [[field, value] as const]));
    const nothing = needsOne && values.length === 0 ? "Write a new value first." : "";
    setProblem(wrong ?? nothing);
    if (wrong !== undefined || nothing !== "") return;
    watch.command(name, values);
    if (needsOne) form.reset();
  };
  return (
    <form class="command" onSubmit={send} aria-label={name} noValidate>
      {fields.map((field) => (
        <FieldOf key={field.name} form={name} field={field} current={current?.get(field.name)} />
      ))}
      <button type="submit" disabled={!isConnected}>
        {verb}
      </button>
      {problem !== "" && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
    </form>
  );
}

function valueIn(form: HTMLFormElement, name: string): string {
  const control = form.elements.namedItem(`field ${name}`);
  return control instanceof HTMLInputElement || control instanceof HTMLSelectElement ? control.value : "";
}

function FieldOf({ form, field, current }: { form: string; field: Field; current: Scalar | undefined }) {
  const { name, initial } = field;
  const id = `${form} ${name}`.replaceAll(" ", "-");
  const hint = hintOf(field);
  const facts = { id, name: `field ${name}`, "aria-describedby": hint === "" ? undefined : `${id}-hint` };
  const placeholder = String(current ?? initial ?? "");
  return (
    <div class="field">
      <label for={id}>{name}</label>
      {controlOf(field) === "choice" ? (
        <select {...facts}>
          <option value="">{placeholder === "" ? "–" : `${placeholder} (as it is)`}</option>
          {choicesOf(field).map((choice) => (
            <option key={choice}>{choice}</option>
          ))}
        </select>
      ) : (
        <input
          {...facts}
          inputMode={controlOf(field) === "number" ? "decimal" : "text"}
          placeholder={placeholder}
          autocomplete="off"
        />
      )}
      {hint !== "" && (
        <span class="hint" id={`${id}-hint`}>
          {hint}
        </span>
      )}
    </div>
  );
}

const WORDS: { readonly [state in Order["state"]]: string } = {
  sent: "sent",
  done: "done",
  refused: "refused",
  unanswered: "no answer",
};

function Answers({ orders }: { orders: readonly Order[] }) {
  return (
    <ol class="answers" aria-live="polite" aria-label="Answers">
      {orders.slice(0, 6).map(({ id, command, state, ms, words, sent }) => (
        <li key={id} class={state}>
          <time>{clockTime(sent)}</time> <strong>{command}</strong> <span class="state">{WORDS[state]}</span>
          {ms !== undefined && <span> in {spanInWords(ms)}</span>}
          {words !== "" && <span class="said"> {words}</span>}
        </li>
      ))}
    </ol>
  );
}

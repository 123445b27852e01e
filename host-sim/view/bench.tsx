/** What a person's hand can do to the simulated node, and the packets on its wire. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { Packet, SimulatedQuantity, Simulator } from "./simulator.js";
import { clockTime, numberInWords, packetInWords } from "./words.js";

export function Bench({ simulator }: { simulator: Simulator }) {
  const state = simulator.state.value;
  const problem = simulator.problem.value;
  return (
    <section class="panel bench" aria-labelledby="bench">
      <h2 id="bench">Simulator</h2>
      {problem !== "" && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      {state !== undefined && (
        <>
          <div class="switches">
            <Toggle label="Power" on={state.power} turn={(on) => simulator.send({ set: "power", on })} />
            <Toggle label="Wi-Fi" on={state.wifi} turn={(on) => simulator.send({ set: "wifi", on })} />
            {state.broker !== undefined && (
              <Toggle label="Broker" on={state.broker} turn={(on) => simulator.send({ set: "broker", on })} />
            )}
            {state.inputs.map(({ name, on }) => (
              <Toggle key={name} label={name} on={on} turn={(to) => simulator.send({ set: "input", name, on: to })} />
            ))}
          </div>
          <div class="buttons">
            {state.button && (
              <button type="button" onClick={() => simulator.send({ set: "button" })}>
                Push the button
              </button>
            )}
            {state.broker !== undefined && (
              <button
                type="button"
                onClick={() => simulator.send({ set: "broker", on: "restart" })}
                title="It forgets its sessions and what is retained"
              >
                Restart the broker
              </button>
            )}
          </div>
          {state.sensors.map((sensor) => (
            <Slider key={`${sensor.id}.${sensor.quantity}`} sensor={sensor} simulator={simulator} />
          ))}
        </>
      )}
    </section>
  );
}

function Toggle({ label, on, turn }: { label: string; on: boolean; turn: (on: boolean) => void }) {
  return (
    <label class="toggle">
      <input
        type="checkbox"
        role="switch"
        aria-checked={on}
        checked={on}
        onChange={(event) => turn(event.currentTarget.checked)}
      />
      <span>{label}</span>
    </label>
  );
}

/** What a sensor sees: moved, it is held there; released, it is the world's again. */
function Slider({ sensor, simulator }: { sensor: SimulatedQuantity; simulator: Simulator }) {
  const { id, quantity, unit, low, high, held } = sensor;
  const [moved, setMoved] = useState<number>();
  const waiting = useRef(0);
  // Its answer to an earlier movement must not move it back under the hand.
  useEffect(() => {
    if (!held || sensor.value === moved) setMoved(undefined);
  }, [sensor.value, held]);
  const value = moved ?? sensor.value;
  const hold = (to: number) => {
    setMoved(to);
    cancelAnimationFrame(waiting.current);
    waiting.current = requestAnimationFrame(() => simulator.send({ set: "sensor", id, quantity, value: to }));
  };
  const name = `${id} ${quantity}`;
  return (
    <div class={held ? "slider held" : "slider"}>
      <label for={name}>
        <span class="sensor">{id}</span> {quantity}
      </label>
      <output for={name}>
        {numberInWords(value)} {unit}
      </output>
      <input
        id={name}
        type="range"
        min={low}
        max={high}
        step={(high - low) / 1_000}
        value={value}
        aria-valuetext={`${numberInWords(value)} ${unit}${held ? ", held" : ""}`}
        onInput={(event) => hold(event.currentTarget.valueAsNumber)}
      />
      <button
        type="button"
        disabled={!held}
        onClick={() => simulator.send({ set: "sensor", id, quantity, value: null })}
      >
        Release
      </button>
    </div>
  );
}

export function Packets({ simulator }: { simulator: Simulator }) {
  const [isOpen, setOpen] = useState(false);
  const isThere = simulator.state.value?.packets ?? true;
  return (
    <details class="panel packets" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <h2>Packets</h2>
        <span class="quiet">between the node and the broker, the last 200</span>
      </summary>
      {!isThere && <p class="quiet">With --engine xs they are not to be seen.</p>}
      {isOpen && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and not every browser lets the keys at it otherwise
        <ol aria-label="Packets, the newest first" tabIndex={0}>
          {simulator.packets.value.map((packet) => (
            <PacketRow key={packet.number} packet={packet} />
          ))}
        </ol>
      )}
    </details>
  );
}

function PacketRow({ packet: { at, direction, length, packet, problem } }: { packet: Packet }) {
  return (
    <li class={direction}>
      <time>{clockTime(at)}</time>
      <span class="way">{direction === "sent" ? "→" : "←"}</span>
      <strong>{packet?.cmd.toUpperCase() ?? "not MQTT"}</strong>
      <span class="rest">{problem ?? packetInWords(packet)}</span>
      <span class="bytes">{length} B</span>
    </li>
  );
}

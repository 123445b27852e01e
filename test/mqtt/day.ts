/** A day of a client in short, with whatever goes wrong at one change of its store. */
import type { QoS } from "../../src/mqtt/api.js";
import { type Cut, PoweredClient, type Refusal } from "./powered.js";

/** Longer than the longest delay between two attempts and than every deadline. */
const REST = 300_000;
export const SENT = [
  ["in 0", 2],
  ["in 1", 1],
  ["in 2", 2],
  ["in 3", 2],
  ["in 4", 2],
] as const;

/** A backlog from the start, messages both ways, a lost connection, a broker without its sessions. */
export function story(fault: Cut | Refusal | undefined, { lostSession = false } = {}): PoweredClient {
  const bench = new PoweredClient(fault, { window: 2, backoff: { minimum: 100, maximum: 1000 } });
  const publish = (name: string, quality: QoS) => {
    bench.publish(name, quality);
    bench.restore();
  };
  const send = (index: number) => {
    const [payload, quality] = SENT[index] as (typeof SENT)[number];
    bench.send(payload, quality);
  };
  bench.restore();
  for (let n = 0; n < 6; n++) publish(`early ${n}`, n % 2 ? 1 : 2);
  bench.advance(5000);
  send(0);
  send(1);
  for (let n = 0; n < 4; n++) publish(`online ${n}`, n % 2 ? 2 : 1);
  bench.advance(5000);
  bench.station.cut();
  bench.advance(0);
  for (let n = 0; n < 5; n++) publish(`offline ${n}`, n % 2 ? 1 : 2);
  send(2);
  send(3);
  bench.advance(5000);
  if (lostSession) {
    bench.broker.forget();
    bench.advance(5000);
  }
  publish("late 0", 2);
  publish("late 1", 1);
  send(4);
  bench.advance(REST);
  return bench;
}

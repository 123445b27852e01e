/** Outboxes on a store in memory, and messages for them. */
import type { Durability, QoS } from "../../src/mqtt/api.js";
import { identifierFor } from "../../src/mqtt/inflight.js";
import { Outbox } from "../../src/mqtt/outbox.js";
import { SessionStore } from "../../src/mqtt/session-store.js";
import { encodePublish } from "../../src/mqtt/wire/encode.js";
import type { MapStore } from "../support/map-store.js";

export function outboxOn(store: MapStore | undefined, durability: Durability = "always", window = 2): Outbox {
  return new Outbox(store && new SessionStore(store), durability, window);
}

/** Accepts messages with these tokens, each its own payload. */
export function accept(outbox: Outbox, ...tokens: number[]): void {
  for (const token of tokens) outbox.accept(token, packetOf(token), undefined);
}

export function packetOf(token: number, quality: QoS = 2, payload = `${token}`): Uint8Array {
  return encodePublish("a", 1, payload, quality, false, identifierFor(token));
}

/** Sends all that is to be sent on this connection. @returns their tokens */
export function send(outbox: Outbox): number[] {
  const tokens: number[] = [];
  for (let entry = outbox.next(); entry !== undefined; entry = outbox.next()) {
    entry.attempted = true;
    tokens.push(entry.token);
  }
  return tokens;
}

/** An outbox after a loss of power, and the last token it found. */
export const found = (store: MapStore, risky = 0, parked: number[] = []) => {
  const outbox = outboxOn(store);
  const tokens = store
    .keys()
    .filter((key) => key.startsWith("o"))
    .map((key) => Number.parseInt(key.slice(1), 36));
  return { outbox, last: outbox.load(tokens.reverse(), parked, risky) };
};

export function damage(store: MapStore, key: string): void {
  const value = store.values.get(key) as Uint8Array;
  value[3] = (value[3] as number) ^ 1;
}

export const inMemory = ({ log }: Outbox) => Array.from({ length: log.length }, (_, index) => log.at(index).token);

export function published(outbox: Outbox): [number, string][] {
  const outcomes: [number, string][] = [];
  outbox.startOver((token, outcome) => outcomes.push([token, outcome]));
  return outcomes;
}

/**
 * What the broker does where the specification leaves it a choice, and what it may suffer from. All delays are drawn from
 * the broker's own randomness: an answer that is drawn a longer delay than the next one comes after it.
 */
import type { RandomStream } from "../world/random.js";

export interface Manners {
  /** Milliseconds from a packet to its answer, shortest and longest. Answers overtake each other. */
  delay: readonly [number, number];
  /** Messages with QoS 1 and 2 that it sends without waiting for their acknowledgements. */
  window: number;
  /** Messages with QoS 1 and 2 that it queues for one client; those that come when it is full are dropped. */
  queue: number;
  /** How it chooses packet identifiers: counting up, the lowest that is free, or any that is free. */
  identifiers: "counted" | "lowest" | "random";
  /** The highest QoS that it grants. */
  maximumQoS: 0 | 1 | 2;
  /** Refuses connections with CONNACK's return code 3 (server unavailable). */
  refusing: boolean;
  /** Packet types that it does not answer with, a set of bits (`1 << PUBACK`). */
  mute: number;
  /**
   * When it passes a QoS 2 message on: at PUBLISH, as aedes does (method B of section 4.3.3), or at PUBREL, as mosquitto does. Then a
   * message is lost with its session, and PUBRECs keep their order, because that of the messages comes from it.
   */
  passesOn: "publish" | "release";
  /**
   * Milliseconds until it reads what a connection brings, shortest and longest, drawn for each connection: connections are
   * handled in parallel, so that a CONNECT may be read before the DISCONNECT that was sent before it on another one.
   */
  reading: readonly [number, number];
}

/** A broker as there are: quick, or less so. */
export function drawManners(random: RandomStream): Manners {
  return {
    delay: [0, random.pick([0, 0, 5, 40, 400])],
    window: random.pick([1, 4, 20, 100]),
    queue: 1000,
    identifiers: random.pick(["counted", "lowest", "random"] as const),
    maximumQoS: 2,
    refusing: false,
    mute: 0,
    passesOn: random.pick(["publish", "release"] as const),
    reading: [0, random.pick([0, 0, 10, 100])],
  };
}

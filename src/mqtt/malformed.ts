/**
 * Watch on bytes that break a rule and that nothing of ours can have caused. The connection is closed at them, as the
 * specification demands [MQTT-4.8.0-1], and a broker that keeps them for us, as a session or a retained message, sends them
 * again with each connection: so anybody who may publish could mute a client for ever (aedes passes on a topic with U+0000).
 *
 * When that goes on, attempts wait the maximum; when it still goes on, the broker's session is discarded, and subscriptions
 * that may bring such a message rest, to be tried again later as parked messages are.
 */

import { MqttError } from "./errors.js";
import type { Subscriptions } from "./subscriptions.js";
import type { Decoder } from "./wire/decode.js";
import { PINGRESP, PUBACK, PUBCOMP, PUBREC, SUBACK, UNSUBACK } from "./wire/packet.js";

/** Closes in a row after which attempts wait the maximum, and as many more until the session is discarded. */
const PATIENCE = 5;
/**
 * Milliseconds after which a connection is no more part of the row. Long, because such a message may take its time on a slow
 * link, and stand behind others.
 */
const LASTING = 600_000;
/** Packets that answer something of ours, as a set of bits. */
const ANSWERS = (1 << PUBACK) | (1 << PUBREC) | (1 << PUBCOMP) | (1 << SUBACK) | (1 << UNSUBACK) | (1 << PINGRESP);

export interface MalformedOptions {
  readonly clean: boolean;
  readonly malformedSession: "discard" | "keep";
}

export class MalformedWatch {
  private readonly options: MalformedOptions;
  private readonly subscriptions: Subscriptions;
  private readonly report: (error: MqttError) => void;
  /** Closes in a row. */
  private closes = 0;
  private connectedAt = 0;

  constructor(options: MalformedOptions, subscriptions: Subscriptions, report: (error: MqttError) => void) {
    this.options = options;
    this.subscriptions = subscriptions;
    this.report = report;
  }

  connected(now: number): void {
    this.connectedAt = now;
  }

  /** Attempts are to wait the maximum. */
  get waits(): boolean {
    return this.closes >= PATIENCE;
  }

  /**
   * An accepted connection ends.
   * @param decoder where it stopped
   * @returns whether the broker's session is to be discarded
   */
  ending(cause: MqttError | undefined, decoder: Decoder, now: number): boolean {
    if (cause?.kind === "peer" && (ANSWERS & (1 << decoder.type)) === 0) return this.closed(decoder.topicKnown, now);
    this.closes = 0;
    return false;
  }

  private closed(topic: string | undefined, now: number): boolean {
    const { clean, malformedSession } = this.options;
    if ((now - this.connectedAt) >>> 0 >= LASTING) this.closes = 0;
    this.closes++;
    // Where a subscription has only just been tried again, once is enough.
    const known = topic !== undefined && this.subscriptions.bringing(topic, true).length > 0;
    if (this.closes === PATIENCE && !known) {
      this.say(
        "malformed-messages",
        `the broker sent malformed bytes on ${PATIENCE} connections: attempts wait the maximum`,
      );
    }
    if (this.closes < 2 * PATIENCE && !known) return false;
    this.closes = PATIENCE;
    const discards = malformedSession === "discard" && !clean;
    if (discards) {
      this.say(
        "session-discarded",
        "the session is discarded, and what the broker holds in it: it brings malformed bytes",
      );
    }
    if (topic !== undefined) {
      this.subscriptions.bringing(topic, false).forEach((filter) => {
        this.subscriptions.rest(filter, now, true);
        this.say(
          "subscription-rests",
          `the subscription to "${filter}" rests: it may be what brings a malformed message`,
        );
      });
    }
    return discards;
  }

  private say(code: string, message: string): void {
    this.report(new MqttError("peer", code, message));
  }
}

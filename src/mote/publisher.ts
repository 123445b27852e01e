import type { PayloadSource, QoS } from "../mqtt/api.js";
import type { Client } from "../mqtt/client.js";
import { MqttError } from "../mqtt/errors.js";
import { utf8Length } from "../mqtt/wire/utf8.js";
import type { Backlog } from "./backlog.js";
import type { Report } from "./errors.js";
import type { Journal } from "./journal.js";
import type { DropPolicy } from "./policy.js";
import type { Tally } from "./tally.js";
import type { Topics } from "./topics.js";

/** A quarter of `maximumQueued` is for what commands ask for. */
const COMMANDS_PART = 4;
/** Bytes reserved for a result before its command is obeyed, packet and all; a longer result is not stored. */
const RESULT_ROOM = 512;

/**
 * The one way out: hands messages to the client and deals with its bounds.
 *
 * What strangers can ask for, results and readings out of turn, has a share of the queue. Readings in turn, diagnostics and
 * the status have the rest. Neither takes room of the other's, nor has a message of the other's given up.
 */
export class Publisher {
  /** The highest that the broker takes, as far as is known. */
  maximumQoS: QoS = 2;
  /** The token of the message that was accepted last. */
  newest = 0;
  private readonly client: Client;
  private readonly backlog: Backlog;
  private readonly journal: Journal;
  private readonly tally: Tally;
  private readonly report: Report;
  private readonly policy: DropPolicy;
  /** The commands' share, in bytes. */
  private readonly share: number;
  /** What of it is taken: bytes by token. */
  private readonly commanded = new Map<number, number>();
  private commandedBytes = 0;
  /** Tokens of messages with QoS 0 that have not left. */
  private readonly unkept: number[] = [];
  /** A result was refused although its share had room: the store is full, or fails. Until a message has left. */
  private refused = false;

  /** @param maximumQueued as the client has it */
  constructor(
    client: Client,
    backlog: Backlog,
    journal: Journal,
    tally: Tally,
    report: Report,
    policy: DropPolicy,
    maximumQueued: number,
  ) {
    this.client = client;
    this.backlog = backlog;
    this.journal = journal;
    this.tally = tally;
    this.report = report;
    this.policy = policy;
    this.share = Math.max(RESULT_ROOM, Math.floor(maximumQueued / COMMANDS_PART));
  }

  /** With which QoS messages go out that are wanted with this one. */
  QoS(wanted: QoS): QoS {
    return wanted > this.maximumQoS ? this.maximumQoS : wanted;
  }

  /**
   * Whether a message that is sent now is what comes last on its topic. QoS 0 goes out behind all other messages, and where it
   * waits, newer ones with another QoS go before it.
   */
  comesLast(wanted: QoS): boolean {
    const { client } = this;
    return this.QoS(wanted) > 0 || (client.connected && client.unacknowledged === 0);
  }

  /**
   * Counts the results that an earlier start has left. Those that it may have sent already are not shown to anybody: they
   * count with the readings, and are the first to go.
   */
  find(topics: Topics): void {
    try {
      this.backlog.visit(({ topic, token, byteLength }) => {
        if (topics.isResult(topic)) this.hold(token, byteLength);
      });
    } catch (error) {
      this.report(error, "backlog");
    }
  }

  /** @returns the client's token; 0 when the message was not accepted, which has been reported */
  send(topic: string, payload: string, wanted: QoS, retain = false): number {
    try {
      return this.publish(topic, payload, this.QoS(wanted), retain);
    } catch (error) {
      this.report(error, `publish ${topic}`);
      return 0;
    }
  }

  /** As {@link send}, for what is made only once: a message that is not accepted is counted as given up. */
  sendOnce(topic: string, payload: string, wanted: QoS, retain = false): number {
    const token = this.send(topic, payload, wanted, retain);
    if (token === 0) this.tally.refuse();
    return token;
  }

  /** As {@link send}, for what can wait: gives nothing up for it, and a message that finds no room is no error. */
  offer(topic: string, payload: string | PayloadSource, wanted: QoS, retain = false): number {
    try {
      const QoS = this.QoS(wanted);
      return this.hand(topic, payload, QoS, retain, this.keepFree(QoS));
    } catch (error) {
      if (!isFull(error)) this.report(error, `publish ${topic}`);
      return 0;
    }
  }

  /** Whether there is room for the result of one more command. What is sent before {@link answer} leaves it. */
  get takesResult(): boolean {
    return !this.refused && this.commandedBytes + RESULT_ROOM <= this.share;
  }

  /** Sends what a command has caused. @returns the client's token; 0 when the share has no room, which is no error */
  offerCommanded(topic: string, payload: string, wanted: QoS, retain = false): number {
    const QoS = this.QoS(wanted);
    const byteLength = sizeOf(topic, payload);
    if (QoS > 0 && this.commandedBytes + byteLength + RESULT_ROOM > this.share) return 0;
    return this.handCommanded(topic, payload, QoS, byteLength, this.share, retain);
  }

  /**
   * Sends a result: with QoS 1 where room was reserved for it, else, or where the store refuses it, with QoS 0.
   * @param reserved {@link takesResult} was so before the command was looked at
   * @returns the client's token; 0 when it was not accepted
   */
  answer(topic: string, payload: string, reserved: boolean): number {
    const byteLength = sizeOf(topic, payload);
    const token = reserved && byteLength <= RESULT_ROOM ? this.handCommanded(topic, payload, 1, byteLength) : 0;
    // What has been obeyed takes the room that refusals leave.
    return token > 0 ? token : this.handCommanded(topic, payload, 0, byteLength, reserved ? 0 : this.share);
  }

  /** Nothing of a message is left in the client. @returns whether it was kept until it was acknowledged: not with QoS 0 */
  done(token: number): boolean {
    this.refused = false;
    const byteLength = this.commanded.get(token);
    if (byteLength !== undefined) {
      this.commanded.delete(token);
      this.commandedBytes -= byteLength;
    }
    const at = this.unkept.indexOf(token);
    if (at >= 0) this.unkept.splice(at, 1);
    return at < 0;
  }

  private hold(token: number, byteLength: number): void {
    this.commanded.set(token, byteLength);
    this.commandedBytes += byteLength;
  }

  /** What of the commands' share is not taken: other messages leave it. QoS 0 waits elsewhere. */
  private keepFree(QoS: QoS): number {
    return QoS === 0 ? 0 : Math.max(0, this.share - this.commandedBytes);
  }

  private hand(topic: string, payload: string | PayloadSource, QoS: QoS, retain: boolean, keepFree: number): number {
    const token = this.client.publish(topic, payload, { QoS, retain, keepFree });
    this.newest = token;
    if (QoS === 0) this.unkept.push(token);
    this.tally.taken++;
    this.journal.accepted(token, topic, payload, QoS, retain);
    return token;
  }

  private handCommanded(
    topic: string,
    payload: string,
    QoS: QoS,
    byteLength: number,
    free = this.share,
    retain = false,
  ): number {
    try {
      // Where QoS 0 waits, as much is left to the readings.
      const token = this.hand(topic, payload, QoS, retain, QoS === 0 ? free : 0);
      if (QoS > 0) this.hold(token, byteLength);
      return token;
    } catch (error) {
      if (QoS > 0) this.refused = true;
      if (QoS > 0 || !isFull(error)) this.report(error, `publish ${topic}`);
      return 0;
    }
  }

  private publish(topic: string, payload: string, QoS: QoS, retain: boolean): number {
    for (;;) {
      try {
        return this.hand(topic, payload, QoS, retain, this.keepFree(QoS));
      } catch (error) {
        // QoS 0 waits elsewhere: nothing of the log would make room for it.
        if (!isFull(error) || QoS === 0 || !this.makeRoom(topic)) throw error;
      }
    }
  }

  /** @returns whether anything was given up */
  private makeRoom(topic: string): boolean {
    const { backlog } = this;
    const { dropped } = backlog;
    backlog.spared = this.commanded;
    try {
      this.policy.makeRoom(topic, backlog);
    } finally {
      backlog.spared = undefined;
      this.tally.save();
    }
    return backlog.dropped > dropped;
  }
}

function isFull(error: unknown): boolean {
  return error instanceof MqttError && (error.code === "queue-full" || error.code === "store-full");
}

/** Bytes of the packet, QoS 1 or 2: the type, the remaining length in one byte or two, the topic's length, the identifier. */
function sizeOf(topic: string, payload: string): number {
  const length = 4 + utf8Length(topic) + utf8Length(payload);
  return length + (length > 127 ? 3 : 2);
}

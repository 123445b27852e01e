import type { Backlog, WaitingMessage } from "./backlog.js";

/** What to give up of the messages that wait and were never sent; those that were sent, nobody can give up. */
export interface DropPolicy {
  /**
   * A message found no room. Asked again as long as it gives something up and that is not enough. Messages that commands
   * have asked for are not shown: they take no room of others.
   * @param topic of the message
   * @throws MqttError when the store refuses
   */
  makeRoom(topic: string, backlog: Backlog): void;
  /** It is time to look for what is too old: the broker has accepted a connection, or an hour has passed. @throws as above */
  expire(backlog: Backlog): void;
}

/** What {@link OldestFirst} must know of messages. */
export interface Judge {
  /** A reading or diagnostics: given up before anything else is. */
  isTelemetry(topic: string): boolean;
  /** Milliseconds since the message was made; undefined when that cannot be known. */
  age(message: WaitingMessage): number | undefined;
}

/** Of the bytes that wait, so many parts are freed at once: looking for what to free costs reading all of it. */
const BATCH = 8;

/**
 * The node's policy. Full: telemetry goes first, oldest first, and then, oldest first too, whatever else waits. Too old:
 * telemetry goes. The newest message of each topic stays in both cases: for a topic that has just been published to that
 * is the one which finds no room. What a message of an unknown start is stamped with says nothing of its age: it stays
 * until its bytes are needed.
 */
export class OldestFirst implements DropPolicy {
  private readonly judge: Judge;
  private readonly maximumAge: number;

  /** @param maximumAge milliseconds */
  constructor(judge: Judge, maximumAge: number) {
    this.judge = judge;
    this.maximumAge = maximumAge;
  }

  makeRoom(topic: string, backlog: Backlog): void {
    const newest = new Newest();
    backlog.visit((message) => newest.take(message));
    newest.forget(topic);
    const batch = newest.byteLength / BATCH;
    const before = backlog.dropped;
    this.free(batch, true, newest, backlog);
    if (backlog.dropped === before) this.free(batch, false, newest, backlog);
  }

  private free(batch: number, onlyTelemetry: boolean, newest: Newest, backlog: Backlog): void {
    let freed = 0;
    backlog.drop((message) => {
      if (freed >= batch || newest.has(message)) return undefined;
      if (onlyTelemetry && !this.judge.isTelemetry(message.topic)) return undefined;
      freed += message.byteLength;
      return "full";
    });
  }

  expire(backlog: Backlog): void {
    const newest = new Newest();
    backlog.visit((message) => newest.take(message));
    if (newest.byteLength === 0) return;
    backlog.drop((message) => {
      if (newest.has(message) || !this.judge.isTelemetry(message.topic)) return undefined;
      const age = this.judge.age(message);
      return age !== undefined && age > this.maximumAge ? "age" : undefined;
    });
  }
}

/** The newest message of each topic among those that were taken, which come oldest first. */
class Newest {
  private readonly tokens = new Map<string, number>();
  byteLength = 0;

  take({ topic, token, byteLength }: WaitingMessage): void {
    this.tokens.set(topic, token);
    this.byteLength += byteLength;
  }

  forget(topic: string): void {
    this.tokens.delete(topic);
  }

  has({ topic, token }: WaitingMessage): boolean {
    return this.tokens.get(topic) === token;
  }
}

/**
 * An MQTT 3.1.1 client, as an application sees it.
 */
import type {
  ClientCallbacks,
  ClientOptions,
  ClientPlatform,
  MessageHandler,
  Payload,
  PayloadSource,
  PublishOptions,
  SubscribeOptions,
} from "./api.js";
import { Application } from "./application.js";
import { Bound } from "./bound.js";
import { ClientEvents, parkedError } from "./client-events.js";
import { Connection } from "./connection.js";
import { type MqttError, misuse } from "./errors.js";
import type { Outgoing } from "./inflight.js";
import { identifierFor } from "./inflight.js";
import { checkedQoS, settle } from "./options.js";
import { Protocol } from "./protocol.js";
import type { Verdict, WaitingMessage } from "./review.js";
import { Session } from "./session.js";
import { encodePublish } from "./wire/encode.js";
import { checkTopicFilter, checkTopicName } from "./wire/topic.js";

/** Identifiers that may be in use at the same time, so that a free one is found. [MQTT-2.3.1-2] */
const MAXIMUM_MESSAGES = 32_768;

export class Client {
  private readonly callbacks: ClientCallbacks;
  private readonly platform: ClientPlatform;
  private readonly application: Application;
  private readonly session: Session;
  private readonly protocol: Protocol;
  private readonly connection: Connection;
  /** Messages found parked in the store, to be reported. */
  private readonly parkedBefore: Outgoing[];
  private readonly logBound: Bound;
  private readonly qos0Bound: Bound;

  /** @throws MqttError of kind `misuse` that names the option */
  constructor(options: ClientOptions) {
    const { platform, store, durability = "always" } = options;
    if (platform === undefined) throw misuse("option", "option platform is missing: what the client runs on");
    platform.checkOptions?.("client", options);
    const settled = settle(options);
    this.callbacks = options;
    this.application = new Application(options);
    this.logBound = new Bound(settled.maximumQueued);
    this.qos0Bound = new Bound(settled.maximumQueued);
    // Where a foreign session is kept, a random start makes it unlikely to meet an identifier of its past.
    const first = settled.foreignSession === "random" ? 1 + Math.floor(platform.random() * 65_535) : 1;
    const identity = `${settled.id}@${settled.host}:${settled.port}`;
    const kept = durability === "never" || settled.clean ? undefined : store;
    const { window, maximumReceived } = settled;
    this.session = new Session({ store: kept, durability, identity, window, maximumReceived, first });
    this.platform = platform;
    this.parkedBefore = this.session.outbox.parked.slice();
    const events = new ClientEvents(options, this.application, this.session, this.rested.bind(this));
    this.protocol = new Protocol(settled, this.session, events);
    this.connection = new Connection(platform, settled, this.protocol, events);
    events.connection = this.connection;
  }

  /** Whether the broker has accepted the connection there is now. */
  get connected(): boolean {
    return this.protocol.connected;
  }

  /** Accepted messages that are not yet delivered, QoS 0 included. */
  get pending(): number {
    return this.unacknowledged + this.protocol.qos0;
  }

  /** Of the pending messages, those with QoS 1 and 2. */
  get unacknowledged(): number {
    return this.session.outbox.length;
  }

  // ---- what the application calls

  /** Begins to connect, and from then on connects again by itself. Subscribe before it: what is kept is then kept on. */
  open(): void {
    this.connection.open();
  }

  /**
   * Says whether there is a network; there is, until something else is said. When it goes, the connection is closed and
   * attempts rest; when it comes, one is made at once.
   */
  link(up: boolean): void {
    this.connection.link(up);
  }

  /**
   * Takes a message to be sent. With QoS 1 and 2 it is accepted when this returns: it is stored where there is a store, and
   * `onPublished` follows for it once, over however many connections. With QoS 0 it follows when the message is handed to
   * the socket or lost with the connection.
   * @param topic a topic name (section 4.7)
   * @param payload bytes, text, or a source to read them from piece by piece
   * @returns the token that `onPublished` will name
   * @throws MqttError and has taken nothing: `misuse`, or `resource` with code `queue-full`, `store-full`, `store-failed`,
   * `message-too-large`, or `offline` (QoS 0 while not connected); `onWritable` follows when there is room again
   */
  publish(topic: string, payload: Payload | PayloadSource, options: PublishOptions = {}): number {
    const { platform } = this;
    platform.checkOptions?.("publish", options);
    const topicLength = checkTopicName(topic);
    const QoS = checkedQoS(options.QoS);
    const { keepFree = 0 } = options;
    if (!Number.isSafeInteger(keepFree) || keepFree < 0) throw misuse("keepFree", "keepFree is no number of bytes");
    const content = payload instanceof ArrayBuffer ? new Uint8Array(payload) : payload;
    const source = typeof content === "string" || content instanceof Uint8Array ? undefined : checkedSource(content);
    const outbox = this.session.outbox;
    const bound = QoS > 0 ? this.logBound : this.qos0Bound;
    if (QoS === 0 && !this.connected) throw bound.refuse(0, "offline", "QoS 0 needs a connection");
    try {
      const token = this.session.nextToken();
      const id = identifierFor(token);
      const packet = encodePublish(topic, topicLength, content, QoS, options.retain === true, id, platform.allocate);
      if (this.pending >= MAXIMUM_MESSAGES)
        throw bound.refuse(packet.byteLength, "queue-full", `${this.pending} messages wait`);
      bound.check(packet.byteLength, QoS > 0 ? outbox.byteLength : this.protocol.qos0Bytes, keepFree);
      if (QoS > 0) outbox.accept(token, packet, source);
      else this.protocol.sendQoS0(token, packet, source);
      this.connection.kick();
      return token;
    } catch (error) {
      if ((error as MqttError).code === "store-full") this.logBound.refusedByStore(outbox.byteLength);
      throw error;
    }
  }

  /**
   * Visits the accepted QoS 1 and 2 messages that were never sent, oldest first, to make room or to complete what they say:
   * a drop policy is the application's. `visit` returns undefined to keep a message, null to drop it, or a payload to take
   * the place of its own. For a dropped message no `onPublished` follows.
   * @throws MqttError of kind `resource` when the store refuses; what was decided before stays decided
   */
  review(visit: (message: WaitingMessage) => Verdict): void {
    try {
      this.session.outbox.review(visit);
    } finally {
      this.session.sync();
    }
  }

  /** Tokens of messages that rest because the broker closed the connection whenever they were sent. */
  get parked(): number[] {
    return this.session.outbox.parked.map(({ token }) => token);
  }

  /** Filters that rest because the connection ended whenever they were asked for; {@link subscribe} asks for one at once. */
  get resting(): string[] {
    return this.session.subscriptions.resting;
  }

  /**
   * Has messages that match `filter` handed to `handler`, now and after every reconnect. A second call for the same filter
   * replaces the first. `onSubscribed` tells what the broker made of it.
   * @throws MqttError of kind `misuse`; then nothing was changed
   */
  subscribe(filter: string | readonly string[], options: SubscribeOptions, handler: MessageHandler): void {
    this.platform.checkOptions?.("subscribe", options);
    const QoS = checkedQoS(options.QoS);
    if (typeof handler !== "function") throw misuse("handler", "subscribe needs a handler");
    const subscriptions = this.session.subscriptions;
    const filters = listOf(filter);
    filters.forEach(checkTopicFilter);
    filters.forEach((one) => {
      subscriptions.add(one, QoS, handler);
    });
    this.connection.kick();
  }

  /**
   * Ends subscriptions; handlers are not called any more. The broker is told of filters, too, that this run never subscribed:
   * its session may hold them from before. `onUnsubscribed` follows once it has confirmed that.
   * @throws MqttError of kind `misuse`; then nothing was changed
   */
  unsubscribe(filter: string | readonly string[]): void {
    const subscriptions = this.session.subscriptions;
    const filters = listOf(filter);
    filters.forEach(checkTopicFilter);
    filters.forEach((one) => {
      subscriptions.remove(one);
    });
    this.connection.kick();
  }

  /**
   * Ends the connection in order: sends what can be sent now and DISCONNECT, so that the broker keeps its will to itself.
   * What is not delivered then stays accepted. `onDisconnected` follows, without an error.
   */
  close(): void {
    this.connection.close();
  }

  // ---- what the connection and the protocol tell

  /** Says what was found in the store, and calls `onWritable` once a message that was refused would be taken. */
  private rested(): void {
    const application = this.application;
    this.session.takeDamage().forEach((damage) => {
      application.report(damage);
    });
    // That they rest may have been said by a program that power was taken from before anybody could read it.
    this.parkedBefore.splice(0).forEach((message) => {
      application.report(parkedError(message, false, undefined));
    });
    if (this.pending >= MAXIMUM_MESSAGES) return;
    const log = this.logBound.offers(this.session.outbox.byteLength);
    const qos0 = this.connected && this.qos0Bound.offers(this.protocol.qos0Bytes);
    if (log || qos0) application.call(this.callbacks.onWritable, undefined, undefined);
  }
}

function listOf(filter: string | readonly string[]): readonly string[] {
  return typeof filter === "string" ? [filter] : filter;
}

function checkedSource(source: PayloadSource): PayloadSource {
  if (!Number.isSafeInteger(source?.byteLength) || source.byteLength < 0 || typeof source.read !== "function") {
    throw misuse("payload", "the payload is neither text nor bytes nor a source with byteLength and read");
  }
  return source;
}

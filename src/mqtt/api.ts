/**
 * The client's contract: the shapes that an application exchanges with it. Types only.
 *
 * Option and callback names are those of ECMA-419 clause 25 (MQTT client) where it has them.
 */
import type { Clock, KeyValue, OpenSocket, Random, Resolve } from "../platform.js";
import type { MqttError } from "./errors.js";

/** Quality of service: at most once, at least once, exactly once. MQTT 3.1.1 section 4.3. */
export type QoS = 0 | 1 | 2;

/** An application message that has arrived, or a piece of one. */
export interface Message {
  readonly topic: string;
  /** The bytes that are here. A view of the receive buffer: valid during the call only, copy what you keep. */
  readonly payload: Uint8Array;
  readonly QoS: QoS;
  /** The broker kept this message for new subscribers. Section 3.3.1.3. */
  readonly retain: boolean;
  /** The broker may have sent it before. Section 3.3.1.1. */
  readonly duplicate: boolean;
  /** Bytes of the whole payload. */
  readonly byteLength: number;
  /** Where in the whole payload these bytes stand. */
  readonly offset: number;
  /** More pieces follow. A message that fits the receive buffer comes in one piece. */
  readonly more: boolean;
  /**
   * Names this hand-over: the same on all pieces of a message, and on a QoS 2 message that is handed over a second time
   * because power was lost before its handler's completion was stored.
   */
  readonly token: number;
}

/**
 * Takes a message. When it returns, the message (or the piece) counts as processed. A throw is reported as `onError` with
 * the code `callback-threw` and counts as processed too, for else the broker would send the message for ever. A promise is not
 * waited for: that one was returned is reported once as `async-handler`, and its rejection as `callback-threw`.
 */
export type MessageHandler = (message: Message) => void;

/**
 * A payload too large to be held: read when there is room to send it, from the start again when it must be sent again. It
 * must be readable until the message's outcome is told, with QoS 2 beyond PUBREC too.
 */
export interface PayloadSource {
  /** Bytes in all; at most {@link MAXIMUM_REMAINING_LENGTH} less the packet's other fields. */
  readonly byteLength: number;
  /**
   * Fills `into` with the bytes that stand at `offset`. Called with room for no more than what is left.
   * A throw ends the connection and gives the message up, reported as `source-failed`: half a packet cannot be taken back.
   */
  read(into: Uint8Array, offset: number): void;
}

/** Bytes, or text that is sent as UTF-8. */
export type Payload = string | Uint8Array | ArrayBuffer;

export interface PublishOptions {
  /** Default 0. */
  QoS?: QoS;
  /** Default false. */
  retain?: boolean;
  /**
   * Bytes of `maximumQueued` that must stay free when this message is taken; else it is refused as `queue-full`. So messages of
   * one kind leave room for those of another. Default 0.
   */
  keepFree?: number;
}

export interface SubscribeOptions {
  /** The highest QoS the broker shall deliver with. Default 0. */
  QoS?: QoS;
}

/** The message the broker publishes when this client vanishes. Section 3.1.2.5. */
export interface Will extends Pick<PublishOptions, "QoS" | "retain"> {
  topic: string;
  message: string | Uint8Array | ArrayBuffer;
}

/** What of the platform the client uses. */
export interface ClientPlatform {
  readonly clock: Clock;
  readonly resolve: Resolve;
  readonly openSocket: OpenSocket;
  readonly random: Random;
  /** Makes arrays for packets, all of whose bytes are written then. Default: `new Uint8Array`. */
  readonly allocate?: ((byteLength: number) => Uint8Array) | undefined;
  /**
   * Checks names and types of options that no compiler may have seen, before anything else looks at them. Default: nobody does.
   * @throws MqttError of kind `misuse`
   */
  readonly checkOptions?: ((call: OptionsOf, options: object) => void) | undefined;
}

/** Whose options: the constructor's, or a method's. */
export type OptionsOf = "client" | "publish" | "subscribe";

/** How a message left the client. */
export type Outcome =
  /** QoS 0: handed to the socket. QoS 1: PUBACK. QoS 2: PUBCOMP. */
  | "delivered"
  /**
   * As `delivered`, of a copy that was published again: the broker had lost its session in between, or may have (power was
   * lost, or a CONNECT was not answered, while the QoS 2 message was on its way). It may have the message twice.
   */
  | "may-be-duplicated"
  /**
   * QoS 0 whose connection was lost before it was sent; a source that failed; or what the version before had stored between
   * PUBREC and PUBCOMP, without its payload, when the broker has lost the session: whether it was passed on is not known.
   */
  | "lost";

/** All that the client calls. Each is optional; none is called from inside a method of the client. */
export interface ClientCallbacks {
  /**
   * The broker accepted the connection.
   * @param sessionPresent whether the broker still held the session (section 3.2.2.2)
   */
  onConnected?(sessionPresent: boolean): void;
  /**
   * The connection has ended or an attempt has failed.
   * @param error why; undefined after {@link close}
   * @param delay milliseconds until the next attempt; undefined when there will be none before the network is back
   */
  onDisconnected?(error: MqttError | undefined, delay: number | undefined): void;
  /** A message that was accepted by `publish` is done with. */
  onPublished?(token: number, outcome: Outcome): void;
  /** The broker has answered a subscription. @param granted the QoS, or undefined when it was refused */
  onSubscribed?(filter: string, granted: QoS | undefined): void;
  /** The broker has confirmed that a subscription is gone. */
  onUnsubscribed?(filter: string): void;
  /** A message for which no subscription of ours has a handler. @param count bytes in `message.payload` */
  onReadable?(count: number, message: Message): void;
  /** A message was cut off after some of its pieces had been handed over: forget them. */
  onAborted?(message: Message): void;
  /** After a `publish` that was refused for want of room: there is room again. */
  onWritable?(): void;
  /**
   * Something went wrong that did not end the connection; `error.kind` says whose it is. Codes: `callback-threw`,
   * `async-handler` (a callback returned a promise, which nobody waits for),
   * `takeover-suspected` (closed by the broker again and again soon after CONNACK, while nothing of ours was the reason;
   * attempts now wait the maximum), `message-parked` (the connection ended whenever that message was sent, by the broker
   * or by its wrong answer, or it was never answered, while others passed; it rests and is tried again later),
   * `qos-2-refused` (the same, for a broker that took no QoS 2 message yet: all such rest), `subscription-parked` (the same,
   * for a filter: until it is asked for again, or the application subscribes again),
   * `topic-too-long` (a message was acknowledged and not handed over, for the receive buffer has no room for its topic; once for
   * each of the last eight such topics, and once a minute at most), `message-skipped` (the same for a QoS 2 message that could not be
   * held on ten connections over ten minutes), `malformed-messages` (the broker sent malformed bytes that
   * nothing of ours can have caused on five connections in a row; attempts now wait the maximum), `session-discarded` (on five
   * more: the broker's session is discarded, see {@link ClientOptions.malformedSession}), `subscription-rests` (that subscription
   * may be what brings them: it is not asked for, and tried again after ten minutes, then after twice as long each time),
   * `store-damaged` (a stored value was set aside), `store-full` and `store-failed` (what is known of the session is in
   * memory only, until the store takes it; with durability `offline`, messages too when the connection ended).
   */
  onError?(error: MqttError): void;
}

/**
 * When messages and the session are written to the store.
 * - `always`: before `publish` returns, before PUBREC and PUBCOMP are sent.
 * - `offline`: what is accepted while there is no connection at once, the rest when the connection ends. Fewer writes; what
 *   is in flight is lost when power fails during a connection, and an incoming QoS 2 message may then be handed over twice.
 * - `never`: the session lives in memory; a restart forgets it.
 */
export type Durability = "always" | "offline" | "never";

export interface ClientOptions extends ClientCallbacks {
  platform: ClientPlatform;
  host: string;
  /** Default 1883. */
  port?: number;
  /** The client identifier, UTF-8. May be empty only with `clean`. Section 3.1.3.1. */
  id: string;
  user?: string;
  password?: string | Uint8Array | ArrayBuffer;
  will?: Will;
  /** Milliseconds; 0 turns it off. Default 60,000, at most 65,535,000. Section 3.1.2.10. */
  keepAlive?: number;
  /** Clean session: neither side remembers anything. Default false. Section 3.1.2.4. */
  clean?: boolean;
  /** Where the session is kept. Without it durability is `never`. */
  store?: KeyValue;
  /** Default `always` with a store. */
  durability?: Durability;
  /**
   * What to do when the broker holds a session and this client has none of its own (its store was lost): `discard` it with
   * an extra clean connection (default), or keep it, start packet identifiers at `random` and take what it delivers.
   */
  foreignSession?: "discard" | "random";
  /**
   * What to do when the broker has sent malformed bytes that nothing of ours can have caused on ten connections in a row:
   * `discard` the session that may hold them with an extra clean connection (default), and with it what the broker holds for
   * this client, or `keep` it and go on with an attempt every {@link backoff} maximum.
   */
  malformedSession?: "discard" | "keep";
  /** Milliseconds within which the link must open and CONNACK and every acknowledgement must arrive. Default 20,000. */
  responseTimeout?: number;
  /** Reconnect: the delay is random from 0 to minimum·2^n, at most maximum. Default 1,000 and 60,000 ms. */
  backoff?: { minimum?: number; maximum?: number };
  /** Milliseconds that a session must last for the backoff to start over. Default 30,000. */
  stableTime?: number;
  /**
   * Sends messages right behind CONNECT, without waiting for CONNACK (section 3.1.4), which saves a node that wakes, publishes
   * and sleeps a round trip. Only those with QoS 1, and only when the session is known to both sides (or `clean`), none of
   * what waits was ever sent, and all of it fits the window and one write; otherwise CONNACK is waited for. A broker that
   * refuses such a connection may reset it, by which its reason is lost: the error then says so, and the next attempt waits.
   * Default false.
   */
  pipelining?: boolean;
  /**
   * QoS 1 and 2 messages sent and not yet acknowledged, at most. Default 8. Brokers close the connection on more QoS 2 than
   * they like: mosquitto on more than 20 (its `max_inflight_messages`), aedes on more than 1,000.
   */
  window?: number;
  /** Bytes of accepted messages held at most, of each of: QoS 1 and 2 together; QoS 0. Default 16,384. */
  maximumQueued?: number;
  /**
   * Incoming QoS 2 identifiers held at most, two bytes each; a broker that has more under way at once is left. Some set
   * themselves no limit (aedes), so leave room. Default 1,024.
   */
  maximumReceived?: number;
  /**
   * Bytes; a longer incoming message is handed over in pieces, and one whose topic does not fit not at all (`topic-too-long`).
   * Default 2,048.
   */
  receiveBuffer?: number;
  /** Bytes; the longest single `write`. Default 2,048. */
  transmitBuffer?: number;
}

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
  /** The bytes of this piece: a view of the receive buffer, valid during the call only. Copy what you keep. */
  readonly payload: Uint8Array;
  readonly QoS: QoS;
  /** The broker kept this message for new subscribers. Section 3.3.1.3. */
  readonly retain: boolean;
  /** The broker may have sent it before. Section 3.3.1.1. */
  readonly duplicate: boolean;
  /** Bytes of the whole payload. */
  readonly byteLength: number;
  /** The place of these bytes in the whole payload. */
  readonly offset: number;
  /** More pieces follow. A message that fits the receive buffer comes in one piece. */
  readonly more: boolean;
  /**
   * Names this hand-over. All pieces of a message have the same token. So has a QoS 2 message that is handed over a second
   * time, because power was lost before its handler's completion was stored.
   */
  readonly token: number;
}

/**
 * Takes a message. When the handler returns, the message (or the piece) counts as processed. When it throws, the message
 * counts as processed too, because otherwise the broker would send it for ever; `onError` gets the code `callback-threw`.
 * Nobody waits for a promise. Returning one is reported once as `async-handler`, and its rejection as `callback-threw`.
 */
export type MessageHandler = (message: Message) => void;

/**
 * A payload that is too large for memory. The client reads it when there is room to send it. To send it again, the client
 * reads it from the start again. It must be readable until the message's outcome is told, with QoS 2 also beyond PUBREC.
 */
export interface PayloadSource {
  /** Bytes in all; at most {@link MAXIMUM_REMAINING_LENGTH} less the packet's other fields. */
  readonly byteLength: number;
  /**
   * Fills `into` with the bytes at `offset`. `into` is never longer than the rest of the payload.
   * A throw ends the connection, because half a packet cannot be taken back. The message is given up, which is reported as
   * `source-failed`.
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
   * Bytes of `maximumQueued` that must stay free when this message is taken. Otherwise it is refused as `queue-full`. So
   * messages of one kind leave room for those of another. Default 0.
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

/** The parts of the platform that the client uses. */
export interface ClientPlatform {
  readonly clock: Clock;
  readonly resolve: Resolve;
  readonly openSocket: OpenSocket;
  readonly random: Random;
  /** Makes arrays for packets. The client writes all their bytes. Default: `new Uint8Array`. */
  readonly allocate?: ((byteLength: number) => Uint8Array) | undefined;
  /**
   * Checks names and types of options before anything else reads them, for programs that no compiler has checked. Default:
   * no check.
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
   * As `delivered`, but the message was published again, and the broker may have it twice. The broker had lost its session in
   * between, or may have lost it: power was lost, or a CONNECT was not answered, while the QoS 2 message was on its way.
   */
  | "may-be-duplicated"
  /**
   * One of three: a QoS 0 message whose connection was lost before it was sent; a message whose source failed; or a message
   * that the version before had stored between PUBREC and PUBCOMP, without its payload, and whose session the broker has lost.
   * Nobody knows whether the broker has passed on the last kind.
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
  /** A message has come that no subscription of ours has a handler for. @param count bytes in `message.payload` */
  onReadable?(count: number, message: Message): void;
  /** A message was cut off after some of its pieces had been handed over: forget them. */
  onAborted?(message: Message): void;
  /** There is room again, after a `publish` that was refused because there was none. */
  onWritable?(): void;
  /**
   * Something went wrong that did not end the connection. `error.kind` says whose error it is. Codes:
   * - `callback-threw`.
   * - `async-handler`: a callback returned a promise. Nobody waits for it.
   * - `takeover-suspected`: the broker closed the connection again and again soon after CONNACK, and nothing of ours was the
   *   reason. Attempts now wait the maximum.
   * - `message-parked`: the connection ended whenever that message was sent, by the broker or by its wrong answer, or the
   *   message was never answered, while others passed. It rests and is tried again later.
   * - `qos-2-refused`: the same, at a broker that has not taken any QoS 2 message yet. All QoS 2 messages rest.
   * - `subscription-parked`: the same for a filter. It rests until it is asked for again, or the application subscribes again.
   * - `topic-too-long`: a message was acknowledged and not handed over, because its topic does not fit the receive buffer.
   *   Reported once for each of the last eight such topics, and once a minute at most.
   * - `message-skipped`: the same for a QoS 2 message that could not be held on ten connections over ten minutes.
   * - `malformed-messages`: on five connections in a row the broker sent malformed bytes that nothing of ours can have caused.
   *   Attempts now wait the maximum.
   * - `session-discarded`: the broker did so on five more. Its session is discarded, see
   *   {@link ClientOptions.malformedSession}.
   * - `subscription-rests`: that subscription may bring the malformed bytes. It is not asked for, and is tried again after ten
   *   minutes, then after twice as long each time.
   * - `store-damaged`: a stored value was set aside.
   * - `store-full`, `store-failed`: what is known of the session is in memory only, until the store takes it. With durability
   *   `offline` this includes the messages, when the connection has ended.
   */
  onError?(error: MqttError): void;
}

/**
 * When messages and the session are written to the store.
 * - `always`: before `publish` returns, before PUBREC and PUBCOMP are sent.
 * - `offline`: messages that are accepted without a connection are written at once, the rest when the connection ends. There
 *   are fewer writes. When power fails during a connection, the messages in flight are lost, and an incoming QoS 2 message may
 *   be handed over twice.
 * - `never`: the session lives in memory. A restart forgets it.
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
   * What to do when the broker holds a session and this client has none of its own, because its store was lost.
   * - `discard` (default): discard the broker's session with an extra clean connection.
   * - `random`: keep it, start packet identifiers at random, and take what it delivers.
   */
  foreignSession?: "discard" | "random";
  /**
   * What to do when the broker has sent malformed bytes on ten connections in a row, and nothing of ours can have caused them.
   * - `discard` (default): discard the session that may hold them, with an extra clean connection. What the broker holds for
   *   this client goes with it.
   * - `keep`: keep the session, and go on with an attempt every {@link backoff} maximum.
   */
  malformedSession?: "discard" | "keep";
  /** Milliseconds within which the link must open and CONNACK and every acknowledgement must arrive. Default 20,000. */
  responseTimeout?: number;
  /** Reconnect: the delay is random from 0 to minimum·2^n, at most maximum. Default 1,000 and 60,000 ms. */
  backoff?: { minimum?: number; maximum?: number };
  /** Milliseconds that a session must last for the backoff to start over. Default 30,000. */
  stableTime?: number;
  /**
   * Sends messages right behind CONNECT, without waiting for CONNACK (section 3.1.4). This saves a round trip for a node that
   * wakes, publishes and sleeps. The client does so only with QoS 1 messages, and only when
   * - both sides know the session, or `clean` is set;
   * - no waiting message was ever sent;
   * - all of them fit the window and one write.
   *
   * Otherwise it waits for CONNACK. A broker that refuses such a connection may reset it, and its reason is lost. The error then
   * says so, and the next attempt waits. Default false.
   */
  pipelining?: boolean;
  /**
   * How many QoS 1 and 2 messages may be sent and not yet acknowledged. Default 8. Brokers close the connection at too many
   * QoS 2 messages: mosquitto at more than 20 (its `max_inflight_messages`), aedes at more than 1,000.
   */
  window?: number;
  /** Bytes of accepted messages that are held at most: for QoS 1 and 2 together, and again for QoS 0. Default 16,384. */
  maximumQueued?: number;
  /**
   * How many incoming QoS 2 identifiers are held, with two bytes each. The client leaves a broker that has more under way at
   * once. Some brokers have no limit (aedes), so leave room. Default 1,024.
   */
  maximumReceived?: number;
  /**
   * Bytes. A longer incoming message is handed over in pieces. A message whose topic does not fit is not handed over
   * (`topic-too-long`). Default 2,048.
   */
  receiveBuffer?: number;
  /** Bytes of the longest single `write`. Default 2,048. */
  transmitBuffer?: number;
}

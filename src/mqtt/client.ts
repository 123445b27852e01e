/**
 * An MQTT 3.1.1 client: binds the protocol engine to a socket and a clock, keeps the connection and makes it again.
 */
import type { Socket, Timer } from "../platform.js";
import type {
  ClientCallbacks,
  ClientOptions,
  ClientPlatform,
  Message,
  MessageHandler,
  Payload,
  PayloadSource,
  PublishOptions,
  QoS,
  SubscribeOptions,
} from "./api.js";
import { encodePublish } from "./encode.js";
import { MqttError, misuse, resource, transport } from "./errors.js";
import { checkedQoS, type Settled, settle } from "./options.js";
import { Protocol, type ProtocolEvents } from "./protocol.js";
import { Reconnect } from "./reconnect.js";
import { Session } from "./session.js";
import { checkTopicFilter, checkTopicName } from "./topic.js";

/** Not opened, or closed. */
const CLOSED = 0;
/** For the next attempt, or for the network. */
const WAITING = 1;
/** For an address, then for the socket. */
const OPENING = 2;
/** The socket is open; the protocol engine knows the rest. */
const OPEN = 3;

/** Connections that may follow at once on one another to be rid of a foreign session. */
const AT_ONCE = 2;

/** Identifiers that may be in use at the same time, so that a free one is found. [MQTT-2.3.1-2] */
const MAXIMUM_MESSAGES = 32_768;

export class Client {
  readonly #callbacks: ClientCallbacks;
  readonly #platform: ClientPlatform;
  readonly #options: Settled;
  readonly #session: Session;
  readonly #protocol: Protocol;
  readonly #reconnect: Reconnect;

  #state = CLOSED;
  #linkUp = true;
  #closing = false;
  #socket: Socket | undefined;
  /** Bytes the socket takes now. */
  #room = 0;
  /** Counts attempts: what an earlier one's socket or resolver still says is not for this one. */
  #attempt = 0;
  #atOnce = 0;
  #connectedAt: number | undefined;
  #stable = false;
  /** Bytes of the message that was refused last for want of room, with QoS 1 or 2 and with QoS 0; -1 when none was. */
  #starvedLog = -1;
  #starvedFleeting = -1;

  #timer: Timer | undefined;
  #timerDue = 0;
  #flushTimer: Timer | undefined;
  /** Code of ours is running that will flush when it is done. */
  #busy = false;

  /** @throws MqttError of kind `misuse` that names the option */
  constructor(options: ClientOptions) {
    const settled = settle(options);
    const { platform, store, durability = "always" } = options;
    this.#callbacks = options;
    this.#platform = platform;
    this.#options = settled;
    // Where a foreign session is kept, a random start makes it unlikely to meet an identifier of its past.
    const first = settled.foreignSession === "random" ? 1 + Math.floor(platform.random() * 65_535) : 1;
    const identity = `${settled.id}@${settled.host}:${settled.port}`;
    const kept = durability === "never" || settled.clean ? undefined : store;
    this.#session = new Session(kept, identity, settled.maximumReceived, first);
    this.#protocol = new Protocol(settled, this.#session, this.#events());
    this.#reconnect = new Reconnect(settled.minimumDelay, settled.maximumDelay, platform.random);
  }

  /** Whether the broker has accepted the connection there is now. */
  get connected(): boolean {
    return this.#protocol.connected;
  }

  /** Accepted messages that are not yet delivered, QoS 0 included. */
  get pending(): number {
    return this.#session.outgoing.length + this.#protocol.fleeting;
  }

  // ---- what the application calls

  /** Begins to connect, and from then on connects again by itself. Subscribe before it: what is kept is then kept on. */
  open(): void {
    this.#closing = false;
    this.#protocol.stay();
    if (this.#state !== CLOSED) return;
    this.#state = WAITING;
    if (this.#linkUp) this.#wait(0);
  }

  /**
   * Says whether there is a network; there is, until something else is said. When it goes, the connection is closed and
   * attempts rest; when it comes, one is made at once.
   */
  link(up: boolean): void {
    if (up === this.#linkUp) return;
    this.#linkUp = up;
    if (up) this.#reconnect.networkBack();
    if (this.#state === CLOSED) return;
    // A timer, because what follows may call back.
    if (up || this.#state !== WAITING) this.#wait(0);
    else this.#disarm();
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
    const topicLength = checkTopicName(topic);
    const QoS = checkedQoS(options.QoS);
    const content = payload instanceof ArrayBuffer ? new Uint8Array(payload) : payload;
    const source = typeof content === "string" || content instanceof Uint8Array ? undefined : checkedSource(content);
    const session = this.#session;
    if (QoS === 0 && !this.connected) throw this.#refused("offline", "QoS 0 needs a connection", QoS, 0);
    const token = session.nextToken();
    const id = QoS > 0 ? session.identifierFor(token) : 0;
    const packet = encodePublish(topic, topicLength, content, QoS, options.retain === true, id);
    const queued = QoS > 0 ? session.outgoing.byteLength : this.#protocol.fleetingBytes;
    const { maximumQueued } = this.#options;
    if (packet.byteLength > maximumQueued) {
      throw resource(
        "message-too-large",
        `the message takes ${packet.byteLength} bytes, more than maximumQueued (${maximumQueued}): use a source`,
      );
    }
    if (queued + packet.byteLength > maximumQueued || this.pending >= MAXIMUM_MESSAGES) {
      throw this.#refused("queue-full", `${this.pending} messages of ${queued} bytes wait`, QoS, packet.byteLength);
    }
    if (QoS > 0) session.accept(token, id, packet, source);
    else this.#protocol.sendFleeting(token, packet, source);
    this.#kick();
    return token;
  }

  /**
   * Has messages that match `filter` handed to `handler`, now and after every reconnect. A second call for the same filter
   * replaces the first. `onSubscribed` tells what the broker made of it.
   * @throws MqttError of kind `misuse`; then nothing was changed
   */
  subscribe(filter: string | readonly string[], options: SubscribeOptions, handler: MessageHandler): void {
    const QoS = checkedQoS(options.QoS);
    if (typeof handler !== "function") throw misuse("handler", "subscribe needs a handler");
    const filters = typeof filter === "string" ? [filter] : filter;
    for (const one of filters) checkTopicFilter(one);
    for (const one of filters) this.#session.subscriptions.add(one, QoS, handler);
    this.#kick();
  }

  /** Ends subscriptions; handlers are not called any more. A filter that is not subscribed is ignored. */
  unsubscribe(filter: string | readonly string[]): void {
    for (const one of typeof filter === "string" ? [filter] : filter) this.#session.subscriptions.remove(one);
    this.#kick();
  }

  /**
   * Ends the connection in order: sends what can be sent now and DISCONNECT, so that the broker keeps its will to itself.
   * What is not delivered then stays accepted. `onDisconnected` follows, without an error.
   */
  close(): void {
    if (this.#state === CLOSED || this.#closing) return;
    this.#closing = true;
    this.#protocol.leave();
    if (this.connected) this.#kick();
    else this.#wait(0);
  }

  // ---- connecting

  /** Sets the one timer that every state has. */
  #wait(delay: number): void {
    this.#disarm();
    const { clock } = this.#platform;
    this.#timerDue = (clock.now() + delay) | 0;
    this.#timer = clock.setTimer(() => {
      this.#timer = undefined;
      this.#run(() => this.#timedOut());
    }, delay);
  }

  #disarm(): void {
    if (this.#timer !== undefined) this.#platform.clock.clearTimer(this.#timer);
    this.#timer = undefined;
  }

  #timedOut(): void {
    if (this.#closing && !this.connected) this.#ended(undefined);
    else if (!this.#linkUp) this.#ended(transport("link-down", "the network is gone"));
    else if (this.#state === OPEN) this.#protocol.tick(this.#platform.clock.now());
    else if (this.#state === OPENING)
      this.#ended(transport("connect-timeout", `no connection to ${this.#name} in time`));
    else {
      for (const damage of this.#session.damage.splice(0)) this.#report(damage);
      this.#connect();
    }
  }

  get #name(): string {
    return `${this.#options.host}:${this.#options.port}`;
  }

  #connect(): void {
    const { host, port, responseTimeout } = this.#options;
    const attempt = ++this.#attempt;
    this.#state = OPENING;
    this.#stable = false;
    this.#connectedAt = undefined;
    this.#wait(responseTimeout);
    const current = (action: () => void) => {
      if (attempt === this.#attempt) this.#run(action);
    };
    this.#platform.resolve(host, (address) =>
      current(() => {
        if (address === undefined) throw transport("unresolved", `there is no address for ${host}`);
        this.#socket = this.#platform.openSocket({
          host,
          address,
          port,
          onWritable: (room) => current(() => this.#writable(room)),
          onReadable: () => current(() => this.#readable()),
          onClose: (reason) => current(() => this.#closedByPeer(reason)),
        });
      }),
    );
  }

  #writable(room: number): void {
    this.#room = room;
    if (this.#state !== OPENING) return;
    this.#state = OPEN;
    this.#protocol.open(this.#platform.clock.now());
  }

  #closedByPeer(reason: string | undefined): void {
    const detail = reason === undefined ? "" : `: ${reason}`;
    throw this.#state === OPEN
      ? transport("connection-closed", `the connection to ${this.#name} was closed${detail}`)
      : transport("connection-failed", `no connection to ${this.#name}${detail}`);
  }

  /** The connection is over, or the attempt has failed. */
  #ended(cause: MqttError | undefined): void {
    const wasConnected = this.connected;
    const again = this.#protocol.finished && this.#protocol.reconnectAtOnce && this.#atOnce++ < AT_ONCE;
    this.#attempt++;
    this.#disarm();
    this.#room = 0;
    const socket = this.#socket;
    this.#socket = undefined;
    try {
      socket?.close();
    } catch {
      // It is of no use any more, whatever it says.
    }
    this.#protocol.closed();
    if (this.#closing) {
      this.#state = CLOSED;
      this.#closing = false;
      this.#call(() => this.#callbacks.onDisconnected?.(undefined, undefined));
      return;
    }
    this.#state = WAITING;
    if (again) {
      this.#connect();
      return;
    }
    const error =
      cause ?? new MqttError("peer", "foreign-session", "the broker does not discard a session as it is told");
    const suspected = this.#judge(error, wasConnected);
    const delay = this.#linkUp ? this.#reconnect.delay() : undefined;
    if (delay !== undefined) this.#wait(delay);
    if (suspected) {
      this.#report(new MqttError("peer", "takeover-suspected", "another client seems to use this client's identifier"));
    }
    this.#call(() => this.#callbacks.onDisconnected?.(error, delay));
  }

  /** Tells the backoff how it went. @returns whether a take-over is now suspected for the first time */
  #judge(error: MqttError, wasConnected: boolean): boolean {
    const before = this.#reconnect.takeoverSuspected;
    if (this.#noteStable()) return false;
    return this.#reconnect.ended(wasConnected && error.code === "connection-closed") && !before;
  }

  /** @returns whether the session has lasted long enough for the backoff to start over */
  #noteStable(): boolean {
    if (this.#stable) return true;
    if (this.#connectedAt === undefined) return false;
    const lasted = (this.#platform.clock.now() - this.#connectedAt) >>> 0;
    if (lasted < this.#options.stableTime) return false;
    this.#stable = true;
    this.#reconnect.stable();
    return true;
  }

  // ---- bytes

  /** Runs what the platform has called for, and all that follows from it. Nothing is thrown back: a device would restart. */
  #run(action: () => void): void {
    this.#busy = true;
    try {
      action();
      this.#flush();
    } catch (error) {
      this.#ended(
        error instanceof MqttError ? error : transport("socket", `the socket failed: ${String(error)}`, error),
      );
    }
    this.#busy = false;
    this.#offerRoom();
  }

  /** Sees to it that what has become due to be sent is sent, after the application's code has returned. */
  #kick(): void {
    if (this.#busy || this.#flushTimer !== undefined || this.#state !== OPEN) return;
    this.#flushTimer = this.#platform.clock.setTimer(() => {
      this.#flushTimer = undefined;
      this.#run(nothing);
    }, 0);
  }

  #flush(): void {
    if (this.#state !== OPEN) return;
    const protocol = this.#protocol;
    const { clock } = this.#platform;
    for (;;) {
      const choked = protocol.choked;
      while (this.#room > 0) {
        const bytes = protocol.output(this.#room, clock.now());
        if (bytes === undefined) break;
        this.#room = (this.#socket as Socket).write(bytes);
      }
      if (!choked || protocol.choked) break;
      protocol.resume();
      this.#read();
    }
    if (protocol.finished) this.#ended(undefined);
    else this.#arm(clock.now());
  }

  #readable(): void {
    this.#read();
    this.#noteStable();
  }

  #read(): void {
    while (this.#socket !== undefined && !this.#protocol.choked && !this.#protocol.finished) {
      const count = this.#socket.read(this.#protocol.room());
      if (count === 0) return;
      this.#protocol.received(count, this.#platform.clock.now());
    }
  }

  /** Sets the timer where the engine's next deadline comes before the one that is set. */
  #arm(now: number): void {
    const delay = this.#protocol.deadline(now);
    if (delay < 0) return;
    if (this.#timer !== undefined && ((this.#timerDue - now) | 0) <= delay) return;
    this.#wait(delay);
  }

  // ---- what the engine tells

  #events(): ProtocolEvents {
    const callbacks = this.#callbacks;
    const call = (handler: MessageHandler, message: Message) => this.#call(() => handler(message));
    return {
      connected: (sessionPresent) => {
        this.#atOnce = 0;
        this.#connectedAt = this.#platform.clock.now();
        this.#call(() => callbacks.onConnected?.(sessionPresent));
      },
      published: (token, outcome) => this.#call(() => callbacks.onPublished?.(token, outcome)),
      subscribed: (filter, granted) => this.#call(() => callbacks.onSubscribed?.(filter, granted)),
      unsubscribed: (filter) => this.#call(() => callbacks.onUnsubscribed?.(filter)),
      message: (message) => {
        if (this.#session.subscriptions.dispatch(message, call) > 0) return;
        this.#call(() => callbacks.onReadable?.(message.payload.byteLength, message));
      },
      aborted: (message) => this.#call(() => callbacks.onAborted?.(message)),
    };
  }

  /** Calls the application. What it throws is its own, and reported to it. */
  #call(callback: () => void): void {
    try {
      callback();
    } catch (error) {
      this.#report(new MqttError("misuse", "callback-threw", `a callback threw: ${String(error)}`, error));
    }
  }

  #report(error: MqttError): void {
    try {
      this.#callbacks.onError?.(error);
    } catch {
      // Whoever is to be told of errors has failed at it: there is nobody else to tell.
    }
  }

  #refused(code: string, why: string, QoS: QoS, byteLength: number): MqttError {
    if (QoS > 0) this.#starvedLog = byteLength;
    else this.#starvedFleeting = byteLength;
    return resource(code, why);
  }

  /** Calls `onWritable` once a message that was refused would be taken. */
  #offerRoom(): void {
    const { maximumQueued } = this.#options;
    const log = this.#starvedLog >= 0 && this.#session.outgoing.byteLength + this.#starvedLog <= maximumQueued;
    const fleeting =
      this.#starvedFleeting >= 0 &&
      this.connected &&
      this.#protocol.fleetingBytes + this.#starvedFleeting <= maximumQueued;
    if (log) this.#starvedLog = -1;
    if (fleeting) this.#starvedFleeting = -1;
    if (log || fleeting) this.#call(() => this.#callbacks.onWritable?.());
  }
}

function nothing(): void {}

function checkedSource(source: PayloadSource): PayloadSource {
  if (!Number.isSafeInteger(source?.byteLength) || source.byteLength < 0 || typeof source.read !== "function") {
    throw misuse("payload", "the payload is neither text nor bytes nor a source with byteLength and read");
  }
  return source;
}

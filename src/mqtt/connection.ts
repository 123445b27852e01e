/**
 * The connection's life: finds the broker, opens the socket, moves bytes between it and the protocol, keeps the
 * protocol's deadlines, and makes the connection again when it has ended.
 */
import type { Socket, Timer } from "../platform.js";
import type { ClientPlatform } from "./api.js";
import { MqttError, transport } from "./errors.js";
import type { Settled } from "./options.js";
import type { Protocol } from "./protocol.js";
import { Reconnect } from "./reconnect.js";

/** Not opened, or closed. */
const CLOSED = 0;
/** For the next attempt, or for the network. */
const WAITING = 1;
/** For an address, then for the socket. */
const OPENING = 2;
/** The socket is open; the protocol knows the rest. */
const OPEN = 3;

export interface ConnectionEvents {
  /** As `ClientCallbacks.onDisconnected`. */
  disconnected(error: MqttError | undefined, delay: number | undefined): void;
  error(error: MqttError): void;
  /** Tells the outcomes there are, once they last. @throws MqttError of kind `resource` */
  settle(): void;
  /** Something has happened, and all that follows from it has been done. */
  rested(): void;
}

export class Connection {
  private readonly platform: ClientPlatform;
  private readonly options: Settled;
  private readonly protocol: Protocol;
  private readonly events: ConnectionEvents;
  private readonly reconnect: Reconnect;

  private state = CLOSED;
  private linkUp = true;
  private closing = false;
  private socket: Socket | undefined;
  /** Bytes the socket takes now. */
  private room = 0;
  /** Counts attempts: what an earlier one's socket or resolver still says is not for this one. */
  private attempt = 0;
  /** When the attempt that is being made counts as failed. */
  private attemptEnds = 0;

  private timer: Timer | undefined;
  private timerDue = 0;
  private flushTimer: Timer | undefined;
  /** Code of ours is running that will flush when it is done. */
  private busy = false;

  constructor(platform: ClientPlatform, options: Settled, protocol: Protocol, events: ConnectionEvents) {
    this.platform = platform;
    this.options = options;
    this.protocol = protocol;
    this.events = events;
    this.reconnect = new Reconnect(options, platform.random);
  }

  // ---- what the client calls

  open(): void {
    this.closing = false;
    this.protocol.stay();
    if (this.state !== CLOSED) return;
    this.state = WAITING;
    if (this.linkUp) this.wait(0);
  }

  link(up: boolean): void {
    if (up === this.linkUp) return;
    this.linkUp = up;
    if (up) this.reconnect.networkBack();
    if (this.state === CLOSED) return;
    // A timer, because what follows may call back.
    if (up || this.state !== WAITING) this.wait(0);
    else this.disarm();
  }

  close(): void {
    if (this.state === CLOSED || this.closing) return;
    this.closing = true;
    this.protocol.leave();
    this.wait(0);
  }

  /** The engine has seen CONNACK. */
  accepted(): void {
    this.reconnect.connected(this.platform.clock.now());
  }

  /** Sees to it that what has become due to be sent is sent, after the application's code has returned. */
  kick(): void {
    if (this.busy || this.flushTimer !== undefined || this.state !== OPEN) return;
    this.flushTimer = this.platform.clock.setTimer(() => {
      this.flushTimer = undefined;
      this.run(nothing);
    }, 0);
  }

  // ---- connecting

  /** Sets the one timer that every state has. */
  private wait(delay: number): void {
    this.disarm();
    const clock = this.platform.clock;
    this.timerDue = (clock.now() + delay) | 0;
    this.timer = clock.setTimer(() => {
      this.timer = undefined;
      this.run(() => this.timedOut());
    }, delay);
  }

  private disarm(): void {
    if (this.timer !== undefined) this.platform.clock.clearTimer(this.timer);
    this.timer = undefined;
  }

  private timedOut(): void {
    if (this.closing && !this.protocol.connected) {
      if (this.state === OPEN) this.send();
      this.ended(undefined);
    } else if (!this.linkUp) this.ended(transport("link-down", "the network is gone"));
    else if (this.state === OPEN) this.protocol.tick(this.platform.clock.now());
    else if (this.state === OPENING) this.attemptTimedOut();
    else this.connect();
  }

  private attemptTimedOut(): void {
    // The timer may have been set for something else in between that was taken back.
    const left = (this.attemptEnds - this.platform.clock.now()) | 0;
    if (left > 0) this.wait(left);
    else throw transport("connect-timeout", `no connection to ${this.name} in time`);
  }

  private get name(): string {
    return `${this.options.host}:${this.options.port}`;
  }

  private connect(): void {
    const { host, port, responseTimeout } = this.options;
    const attempt = ++this.attempt;
    this.state = OPENING;
    this.reconnect.attempt();
    this.wait(responseTimeout);
    this.attemptEnds = this.timerDue;
    const current = (action: () => void) => {
      if (attempt === this.attempt) this.run(action);
    };
    this.platform.resolve(host, (address, others) =>
      current(() => {
        if (address === undefined) throw transport("unresolved", `there is no address for ${host}`);
        this.socket = this.platform.openSocket({
          host,
          address,
          others,
          port,
          onWritable: (room) => current(() => this.writable(room)),
          onReadable: () => current(() => this.readable()),
          onClose: (reason) => current(() => this.closedByPeer(reason)),
        });
      }),
    );
  }

  private writable(room: number): void {
    this.room = room;
    if (this.state !== OPENING) return;
    this.state = OPEN;
    this.protocol.open(this.platform.clock.now());
  }

  private closedByPeer(reason: string | undefined): void {
    const lost = ", and with it the reason, if it was refused: messages had been sent behind CONNECT";
    const detail = (reason === undefined ? "" : `: ${reason}`) + (this.protocol.unanswered ? lost : "");
    throw this.state === OPEN
      ? transport("connection-closed", `the connection to ${this.name} was closed${detail}`)
      : transport("connection-failed", `no connection to ${this.name}${detail}`);
  }

  /** The connection is over, or the attempt has failed. */
  private ended(cause: MqttError | undefined): void {
    const now = this.platform.clock.now();
    // With something in flight, that may be the reason; with nothing, somebody else with our identifier.
    const closedByPeer = this.protocol.connected && cause?.code === "connection-closed";
    const mayBeOurs = this.protocol.ending(cause, now);
    const again = this.protocol.finished && this.protocol.reconnectAtOnce;
    this.attempt++;
    this.room = 0;
    const socket = this.socket;
    this.socket = undefined;
    try {
      socket?.close();
    } catch {
      // It is of no use any more, whatever it says.
    }
    try {
      this.protocol.closed();
    } catch (error) {
      this.events.error(error as MqttError);
    }
    // Behind what may call the application, which may set the timer by close() or link().
    this.disarm();
    if (this.closing) {
      this.state = CLOSED;
      this.events.disconnected(undefined, undefined);
      return;
    }
    this.state = WAITING;
    if (again) {
      this.connect();
      return;
    }
    const suspected = this.reconnect.ended(now, closedByPeer, mayBeOurs);
    const delay = this.linkUp ? this.reconnect.delay(this.protocol.mustWait) : undefined;
    if (delay !== undefined) this.wait(delay);
    if (suspected) {
      this.events.error(
        new MqttError("peer", "takeover-suspected", "another client seems to use this client's identifier"),
      );
    }
    this.events.disconnected(cause, delay);
  }

  // ---- bytes

  /** Runs what the platform has called for, and all that follows from it. Nothing is thrown back: a device would restart. */
  private run(action: () => void): void {
    this.busy = true;
    try {
      action();
      // Before answers leave, so that one sync is for both.
      this.events.settle();
      this.flush();
    } catch (error) {
      this.ended(
        error instanceof MqttError ? error : transport("socket", `the socket failed: ${String(error)}`, error),
      );
    }
    this.busy = false;
    this.events.rested();
  }

  private flush(): void {
    if (this.state !== OPEN) return;
    const protocol = this.protocol;
    const clock = this.platform.clock;
    for (;;) {
      const choked = protocol.choked;
      this.send();
      if (!choked || protocol.choked) break;
      protocol.resume();
      this.read();
    }
    if (protocol.finished) this.ended(undefined);
    else this.arm(clock.now());
  }

  private send(): void {
    while (this.room > 0) {
      const bytes = this.protocol.output(this.room, this.platform.clock.now());
      if (bytes === undefined) return;
      this.room = (this.socket as Socket).write(bytes);
    }
  }

  private readable(): void {
    this.read();
    this.reconnect.alive(this.platform.clock.now());
  }

  private read(): void {
    while (this.socket !== undefined && !this.protocol.choked && !this.protocol.finished) {
      const count = this.socket.read(this.protocol.room());
      if (count === 0) return;
      try {
        this.protocol.received(count, this.platform.clock.now());
      } catch (error) {
        // What was taken before it is answered, so that the broker need not send that again.
        if ((error as MqttError).kind === "resource") this.send();
        throw error;
      }
    }
  }

  /** Sets the timer where the protocol's next deadline comes before the one that is set. */
  private arm(now: number): void {
    const delay = this.protocol.deadline(now);
    if (delay < 0) return;
    if (this.timer !== undefined && ((this.timerDue - now) | 0) <= delay) return;
    this.wait(delay);
  }
}

function nothing(): void {}

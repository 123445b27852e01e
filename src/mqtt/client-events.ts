/**
 * What protocol and connection tell, handed to the application. Methods of one object, for on XS each closure would take
 * slots and a copy of its code.
 */
import type { ClientCallbacks, Message, MessageHandler, Outcome, QoS } from "./api.js";
import type { Application } from "./application.js";
import type { Connection, ConnectionEvents } from "./connection.js";
import { MqttError } from "./errors.js";
import type { Outgoing } from "./inflight.js";
import type { ProtocolEvents } from "./protocol.js";
import type { Session } from "./session.js";
import { isPublish, viewPublish } from "./wire/encode.js";

export class ClientEvents implements ProtocolEvents, ConnectionEvents {
  /** Set once it is made, before there is anything to tell. */
  connection: Connection | undefined;
  private readonly onRested: () => void;
  /** Outcomes that are not to be told before the store has made them last: else each might come again after a power cut. */
  private readonly outcomes: (readonly [token: number, outcome: Outcome])[] = [];
  private readonly callbacks: ClientCallbacks;
  private readonly application: Application;
  private readonly session: Session;
  private readonly handle: (handler: MessageHandler, message: Message) => void;

  constructor(callbacks: ClientCallbacks, application: Application, session: Session, rested: () => void) {
    this.callbacks = callbacks;
    this.application = application;
    this.session = session;
    this.onRested = rested;
    this.handle = (handler, message) => application.call(handler, message, undefined);
  }

  connected(sessionPresent: boolean): void {
    this.connection?.accepted();
    this.application.call(this.callbacks.onConnected, sessionPresent, undefined);
  }

  disconnected(error: MqttError | undefined, delay: number | undefined): void {
    this.settleIfPossible();
    this.application.call(this.callbacks.onDisconnected, error, delay);
  }

  published(token: number, outcome: Outcome): void {
    if (this.session.defers) this.outcomes.push([token, outcome]);
    else this.application.call(this.callbacks.onPublished, token, outcome);
  }

  settle(): void {
    const { application, callbacks, outcomes } = this;
    if (outcomes.length === 0) return;
    this.session.sync();
    outcomes.splice(0).forEach(([token, outcome]) => {
      application.call(callbacks.onPublished, token, outcome);
    });
  }

  /** A store that fails is asked again when something else happens. */
  private settleIfPossible(): void {
    try {
      this.session.sync();
      this.settle();
    } catch (error) {
      this.error(error as MqttError);
    }
  }

  rested(): void {
    this.settleIfPossible();
    this.onRested();
  }

  subscribed(filter: string, granted: QoS | undefined): void {
    this.application.call(this.callbacks.onSubscribed, filter, granted);
  }

  unsubscribed(filter: string): void {
    this.application.call(this.callbacks.onUnsubscribed, filter, undefined);
  }

  message(message: Message): void {
    if (this.session.subscriptions.dispatch(message, this.handle) > 0) return;
    this.application.call(this.callbacks.onReadable, message.payload.byteLength, message);
  }

  parked(message: Outgoing, forQoS2: boolean, why: MqttError | undefined): void {
    this.error(parkedError(message, forQoS2, why));
  }

  filterParked(filter: string, why: MqttError): void {
    const what = `the subscription to "${filter}" rests: the connection ended each time it was asked for`;
    this.error(new MqttError("peer", "subscription-parked", what + because(why), why));
  }

  aborted(message: Message): void {
    this.application.call(this.callbacks.onAborted, message, undefined);
  }

  error(error: MqttError): void {
    this.application.report(error);
  }
}

export function parkedError({ packet, token }: Outgoing, isForQoS2: boolean, why: MqttError | undefined): MqttError {
  const what = isPublish(packet) ? ` to "${viewPublish(packet).topic}"` : "";
  const when = isForQoS2 ? "at QoS 2" : `each time it was sent${because(why)}`;
  const code = isForQoS2 ? "qos-2-refused" : "message-parked";
  return new MqttError("peer", code, `message ${token}${what} rests: the connection ended ${when}`, why);
}

/** What ended the connection, in brackets. */
function because(why: MqttError | undefined): string {
  return why === undefined ? "" : ` (${why.message})`;
}

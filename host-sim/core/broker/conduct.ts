/**
 * What a broker can see of a client's conduct over the connections of one session: identifiers, DUP, order, and that
 * nothing is sent twice that need not be. Sections 2.3.1, 3.3.1.1, 4.3, 4.4 and 4.6.
 */
import { Rejected } from "./reader.js";

/** A PUBLISH with QoS 1 or 2 whose hand-shake the broker has not ended. */
interface Open {
  readonly print: number;
  /** Counts the messages of the session, in the order of their first arrival. */
  readonly order: number;
  /** The connection on which it came last. */
  connection: number;
  /** The client has sent PUBREL for it. */
  released: boolean;
}

export class Conduct {
  readonly #open = new Map<number, Open>();
  /** Hand-shakes that the broker has ended, of which the client may not have heard: until their identifier is used anew. */
  readonly #ended = new Map<number, Open>();
  /** Identifiers that PUBREL came for on this connection, since PUBREC was last sent for them. */
  readonly #releases = new Set<number>();
  /** PUBREC was sent for them on this connection, in this order. */
  #received: number[] = [];
  #connection = 0;
  #messages = 0;
  /** Order of the last PUBLISH that was sent again on this connection, and that message. */
  #last = 0;
  #lastPrint = 0;
  /** The last that was sent for the first time on this connection, by topic and QoS. */
  readonly #fresh = new Map<string, Open>();
  /** Messages on this connection that the broker has not acknowledged to the end. */
  #inFlight = 0;

  /** Connections of the session so far. */
  get connections(): number {
    return this.#connection;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  connected(): void {
    this.#connection++;
    this.#last = 0;
    this.#fresh.clear();
    this.#inFlight = 0;
    this.#received = [];
    this.#releases.clear();
  }

  /** Whether a PUBLISH with this identifier is under way. */
  uses(id: number): boolean {
    return this.#open.has(id);
  }

  /**
   * A PUBLISH with QoS 1 or 2 has come.
   * @param stream its topic and QoS
   * @returns the fingerprint of a message that it should have come before, because it was first sent before it: of another
   * that was sent again, or of a new one in its stream [MQTT-4.6.0-1]; undefined: all is in order
   * @throws Rejected
   */
  publish(id: number, print: number, stream: string, duplicate: boolean): number | undefined {
    let open = this.#open.get(id);
    if (open === undefined) {
      const ended = this.#ended.get(id);
      this.#ended.delete(id);
      if (duplicate && ended?.print === print) {
        open = ended;
        this.#open.set(id, ended);
      }
    }
    if (open === undefined) {
      if (duplicate && this.#connection === 1) {
        throw new Rejected("MQTT-3.3.1-1", `PUBLISH ${id} has DUP 1, but the session is new: nothing was sent before`);
      }
      const fresh = { print, order: ++this.#messages, connection: this.#connection, released: false };
      this.#open.set(id, fresh);
      this.#fresh.set(stream, fresh);
      this.#inFlight++;
      return undefined;
    }
    if (open.print !== print) {
      throw new Rejected("MQTT-2.3.1-2", `packet identifier ${id} is used for another message while it is in use`);
    }
    if (open.released) throw new Rejected("MQTT-4.3.3-1", `PUBLISH ${id} is sent again after its PUBREL`);
    if (open.connection === this.#connection) {
      throw new Rejected("MQTT-4.4.0-1", `PUBLISH ${id} is sent twice on one connection`);
    }
    if (!duplicate) throw new Rejected("MQTT-3.3.1-1", `PUBLISH ${id} is sent again with DUP 0`);
    open.connection = this.#connection;
    this.#inFlight++;
    if (open.order < this.#last) return this.#lastPrint;
    const fresh = this.#fresh.get(stream);
    if (fresh !== undefined && open.order < fresh.order) return fresh.print;
    this.#last = open.order;
    this.#lastPrint = print;
    return undefined;
  }

  /** The broker sends PUBACK or PUBCOMP. */
  ended(id: number): void {
    const open = this.#open.get(id);
    this.#releases.delete(id);
    if (open === undefined) return;
    this.#open.delete(id);
    this.#ended.set(id, open);
    if (open.connection === this.#connection) this.#inFlight--;
  }

  /** The broker sends PUBREC. */
  sendsPubrec(id: number): void {
    this.#received.push(id);
    this.#releases.delete(id);
  }

  /** PUBREL has come. @throws Rejected */
  pubrel(id: number): void {
    const at = this.#received.indexOf(id);
    if (at < 0) {
      if (this.#connection === 1) {
        throw new Rejected("MQTT-4.3.3-1", `PUBREL ${id} comes without a PUBREC, and the session is new`);
      }
      if (this.#releases.has(id)) throw new Rejected("MQTT-4.4.0-1", `PUBREL ${id} is sent twice on one connection`);
    } else {
      // Those before it were sent before it, so they must have been answered before it.
      if (at > 0) throw new Rejected("MQTT-4.6.0-4", `PUBREL ${id} comes before that for ${this.#received[0]}`);
      this.#received.shift();
    }
    this.#releases.add(id);
    const open = this.#open.get(id);
    if (open !== undefined) {
      if (open.connection !== this.#connection) {
        open.connection = this.#connection;
        this.#inFlight++;
      }
      open.released = true;
    }
  }
}

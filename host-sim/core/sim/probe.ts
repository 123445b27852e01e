/**
 * An application that uses the client as hard as its interface lets it: every QoS both ways, large and empty payloads,
 * small windows and buffers, filters that come and go, and long silences in which it only listens.
 */
import type { ClientOptions, Message, QoS } from "../../../src/mqtt/api.js";
import { Client } from "../../../src/mqtt/client.js";
import type { Platform } from "../../../src/platform.js";
import type { RandomStream } from "../world/random.js";
import { type Program, saysParked, type Witness } from "./program.js";

export interface ProbeOptions {
  readonly id: string;
  readonly host: string;
  readonly port: number;
  /** Milliseconds from one reading to the next. */
  readonly interval: number;
  /** Same at every start: the program's constants. */
  readonly character: ProbeCharacter;
  /** What it does; goes on from start to start. */
  readonly random: RandomStream;
  /** Numbers its messages, over all starts. */
  readonly counter: { next: number };
}

/** What of the client's options a probe is built with. */
export interface ProbeCharacter {
  readonly window: number;
  readonly keepAlive: number;
  readonly maximumQueued: number;
  readonly receiveBuffer: number;
  readonly transmitBuffer: number;
  readonly responseTimeout: number;
  readonly pipelining: boolean;
  /** Longest payload. */
  readonly longest: number;
}

export function drawCharacter(random: RandomStream): ProbeCharacter {
  return {
    window: random.pick([1, 2, 8, 20]),
    keepAlive: random.pick([5000, 20_000, 60_000]),
    maximumQueued: random.pick([2000, 16_384]),
    receiveBuffer: random.pick([64, 200, 2048]),
    transmitBuffer: random.pick([7, 64, 512, 2048]),
    responseTimeout: random.pick([5000, 20_000]),
    longest: random.pick([40, 300, 1500]),
    pipelining: random.chance(0.5),
  };
}

/** Listens only, for so long, every so often. */
const SILENCE = 300_000;
const SILENCES = 3_600_000;

export function probeFilters(id: string): readonly { readonly filter: string; readonly QoS: QoS }[] {
  return [
    { filter: `probe/${id}/in/0/#`, QoS: 0 },
    { filter: `probe/${id}/in/1/+`, QoS: 1 },
    { filter: `probe/${id}/in/2/+`, QoS: 2 },
  ];
}

export function probe(platform: Platform, witness: Witness, options: ProbeOptions): Program {
  return new Probe(platform, witness, options);
}

class Probe implements Program {
  readonly id: string;
  readonly window: number;
  readonly maximumQueued: number;
  readonly receiveBuffer: number;
  readonly keepAlive: number;
  readonly #platform: Platform;
  readonly #witness: Witness;
  readonly #options: ProbeOptions;
  readonly #client: Client;
  readonly #toggled: string;
  /** Wanted filters that are not granted. */
  readonly #subscribing = new Set<string>();
  readonly #unsubscribing = new Set<string>();
  readonly #wanted = new Set<string>();
  readonly #readers = new Map<number, Uint8Array>();

  constructor(platform: Platform, witness: Witness, options: ProbeOptions) {
    const { id, character } = options;
    this.id = id;
    this.#platform = platform;
    this.#witness = witness;
    this.#options = options;
    this.window = character.window;
    this.maximumQueued = character.maximumQueued;
    this.receiveBuffer = character.receiveBuffer;
    this.keepAlive = character.keepAlive;
    this.#toggled = `probe/${id}/toggled/#`;
    this.#client = new Client(this.#clientOptions());
  }

  get filters(): ReadonlySet<string> {
    return this.#wanted;
  }

  get resting(): readonly string[] {
    return this.#client.resting;
  }

  get pending(): number {
    return this.#client.pending;
  }

  start(): void {
    const { openLink, clock } = this.#platform;
    for (const { filter, QoS } of probeFilters(this.id)) this.#subscribe(filter, QoS);
    const { parked } = this.#client;
    if (parked.length > 0) this.#witness.parked(parked);
    const link = openLink({
      onChanged: (state) => {
        this.#witness.link(state);
        this.#client.link(state === "up");
      },
    });
    this.#client.link(link.state === "up");
    this.#client.open();
    const beat = (): void => {
      clock.setTimer(beat, this.#options.interval);
      this.#beat();
    };
    clock.setTimer(beat, this.#options.interval);
  }

  #clientOptions(): ClientOptions {
    const { clock, resolve, openSocket, machine, session } = this.#platform;
    const { id, host, port, character } = this.#options;
    const { longest: _, ...limits } = character;
    const witness = this.#witness;
    return {
      platform: { clock, resolve, openSocket, random: machine.random },
      host,
      port,
      id,
      user: "probe",
      password: Uint8Array.of(0, 1, 2, 255),
      will: { topic: `probe/${id}/will`, message: "", QoS: 2 },
      store: session,
      ...limits,
      onConnected: (sessionPresent) => {
        if (!sessionPresent) for (const filter of this.#wanted) this.#subscribing.add(filter);
        witness.connected(sessionPresent);
        this.#tellRequests();
      },
      onDisconnected: (error, delay) => witness.disconnected(error?.message ?? "closed", delay),
      onPublished: (token, outcome) => witness.published(token, outcome),
      onSubscribed: (filter) => {
        this.#subscribing.delete(filter);
        this.#tellRequests();
      },
      onUnsubscribed: (filter) => {
        this.#unsubscribing.delete(filter);
        this.#tellRequests();
      },
      onReadable: (_count, message) => this.#received(message),
      onAborted: ({ token }) => void this.#readers.delete(token),
      onError: (error) => {
        if (saysParked(error)) witness.parked(this.#client.parked);
        witness.error(error, "mqtt");
      },
    };
  }

  #beat(): void {
    const { random, counter } = this.#options;
    const draw = random.random();
    if (this.#isSilent()) return;
    if (draw < 0.04) this.#toggle();
    const burst = draw > 0.97 ? random.integer(2, 12) : 1;
    for (let index = 0; index < burst; index++) {
      const number = counter.next++;
      const QoS = random.pick([0, 1, 1, 2, 2] as const);
      this.#publish(`probe/${this.id}/out/${random.integer(0, 1)}`, this.#payload(number), QoS);
    }
  }

  #isSilent(): boolean {
    const now = this.#platform.clock.now() >>> 0;
    return now % SILENCES < SILENCE;
  }

  /** Its number, and behind it bytes of any value. */
  #payload(number: number): Uint8Array {
    const { random, character } = this.#options;
    const length = random.chance(0.2) ? random.integer(6, character.longest) : random.integer(6, 40);
    const payload = new Uint8Array(length);
    for (let index = 0, rest = number; index < 6; index++, rest = Math.floor(rest / 256)) payload[index] = rest & 0xff;
    for (let index = 6; index < length; index++) payload[index] = index * 37 + number;
    return payload;
  }

  #publish(topic: string, payload: Uint8Array, QoS: QoS): void {
    let token: number;
    try {
      token = this.#client.publish(topic, payload, { QoS });
    } catch (error) {
      this.#witness.error(error as Error, "publish");
      return;
    }
    this.#witness.accepted(token, topic, payload, QoS);
  }

  #subscribe(filter: string, QoS: QoS): void {
    this.#wanted.add(filter);
    this.#subscribing.add(filter);
    this.#unsubscribing.delete(filter);
    this.#client.subscribe(filter, { QoS }, (message) => this.#received(message));
  }

  #toggle(): void {
    const filter = this.#toggled;
    if (this.#wanted.delete(filter)) {
      this.#subscribing.delete(filter);
      this.#unsubscribing.add(filter);
      this.#client.unsubscribe(filter);
    } else this.#subscribe(filter, this.#options.random.pick([0, 1, 2] as const));
    this.#tellRequests();
  }

  #tellRequests(): void {
    this.#witness.requests(this.#subscribing.size, this.#unsubscribing.size);
  }

  /** Puts the pieces of a message together. */
  #received({ token, topic, payload, QoS, retain, byteLength, offset, more }: Message): void {
    if (!more && offset === 0) {
      this.#witness.handed(token, topic, payload, QoS, retain);
      return;
    }
    const whole = offset === 0 ? new Uint8Array(byteLength) : this.#readers.get(token);
    if (whole === undefined) {
      this.#witness.error(new Error(`a piece of message ${token} comes without those before it`), "receive");
      return;
    }
    whole.set(payload, offset);
    if (more) this.#readers.set(token, whole);
    else {
      this.#readers.delete(token);
      this.#witness.handed(token, topic, whole, QoS, retain);
    }
  }
}

import type { ClientOptions, Message, Outcome, QoS } from "../mqtt/api.js";
import { Client } from "../mqtt/client.js";
import type { MqttError } from "../mqtt/errors.js";
import type { LinkState, NetworkLink, Platform } from "../platform.js";
import { application } from "./application.js";
import { Applied } from "./applied.js";
import { Backlog } from "./backlog.js";
import { Commands } from "./commands.js";
import { Counters } from "./counters.js";
import { Departure } from "./departure.js";
import { Diagnostics } from "./diagnostics.js";
import { asError, guarded, type Report } from "./errors.js";
import { Indicator } from "./indicator.js";
import { newInstance } from "./instance.js";
import type { Journal } from "./journal.js";
import { Metronome } from "./metronome.js";
import type { MoteOptions } from "./options.js";
import { ownCommands } from "./own-commands.js";
import { OwnNode } from "./own-node.js";
import { ownSettings } from "./own-settings.js";
import type { Parts } from "./parts.js";
import { type DropPolicy, type Judge, OldestFirst } from "./policy.js";
import { lastWill, Presence } from "./presence.js";
import { Publisher } from "./publisher.js";
import { QuietJournal } from "./quiet-journal.js";
import { Restarter } from "./restarter.js";
import { SettingsStore } from "./settings.js";
import { Stamper } from "./stamp.js";
import { Tally } from "./tally.js";
import { Telemetry } from "./telemetry.js";
import { Topics } from "./topics.js";
import { Uptime } from "./uptime.js";

export type { MoteOptions } from "./options.js";

const HOUR = 3_600_000;
const DAY = 86_400_000;
const MAXIMUM_AGE = 7 * DAY;
const MAXIMUM_QUEUED = 16_384;
const COMMAND_BURST = 16;
const COMMAND_INTERVAL = 1000;
const RESTART_INTERVAL = 60_000;
const NOTHING = application({});

/** Bytes: the longest command there may be, in one piece, with its topic. */
const RECEIVE_BUFFER = 1280;
/** Bytes: what is longer goes out in parts. */
const TRANSMIT_BUFFER = 512;

/** Milliseconds that a commanded restart waits for what is under way to be delivered. */
const RESTART_GRACE = 5000;
/** Milliseconds in which the last bytes, those of DISCONNECT, leave the machine before it restarts. */
const RESTART_PAUSE = 200;

/**
 * The sensor node: joins the network, keeps connected to the broker, publishes readings, status and diagnostics, obeys
 * commands. Made anew at every start of the machine, and used once.
 */
export class Mote {
  readonly id: string;
  private readonly platform: Platform;
  private readonly journal: Journal;
  private readonly report: Report;
  private readonly client: Client;
  private readonly settings: SettingsStore;
  private readonly counters = new Counters();
  private readonly tally: Tally;
  private readonly backlog: Backlog;
  private readonly policy: DropPolicy;
  private readonly stamper: Stamper;
  private readonly publisher: Publisher;
  private readonly indicator: Indicator;
  private readonly presence: Presence;
  private readonly applied: Applied;
  private readonly telemetry: Telemetry;
  private readonly own: OwnNode;
  private readonly diagnostics: Diagnostics;
  private readonly commands: Commands;
  private readonly restarter: Restarter;
  private readonly departure: Departure;
  private readonly sampling: Metronome;
  private readonly diagnosing: Metronome;
  private readonly expiring: Metronome;
  private link: NetworkLink | undefined;
  private connections = 0;
  /** Messages given up when it was last looked at. */
  private dropped = 0;

  /**
   * Counts this start in the settings' store and loads the MQTT session; opens nothing yet.
   * @throws Error when an option is wrong (RangeError, MqttError of kind `misuse`)
   */
  constructor(platform: Platform, options: MoteOptions) {
    const { clock, machine } = platform;
    const { firmware, defaults = {}, override = {}, maximumQueued = MAXIMUM_QUEUED } = options;
    const { commandBurst = COMMAND_BURST, commandInterval = COMMAND_INTERVAL } = options;
    const { restartInterval = RESTART_INTERVAL, application: declared = NOTHING } = options;
    const journal = new QuietJournal(options.journal);
    const report: Report = (error, where) => journal.error(asError(error), where);
    this.platform = platform;
    this.journal = journal;
    this.report = report;
    this.id = options.id ?? `mote-${machine.id}`;
    const topics = new Topics(this.id);
    this.settings = new SettingsStore(platform.settings, defaults, override, report, ownSettings(declared));
    const instance = newInstance(platform.settings, machine.random, report);
    const uptime = new Uptime(clock);

    const client = new Client(this.clientOptions(options, maximumQueued, topics, instance));
    const stamper = new Stamper(clock, uptime, instance);
    const tally = new Tally(platform.settings, report);
    tally.found = client.pending;
    const backlog = new Backlog(client, journal, tally, this.gaveUp.bind(this));
    const policy = options.dropPolicy ?? oldestFirst(topics, stamper, options.maximumAge);
    const publisher = new Publisher(client, backlog, journal, tally, report, policy, maximumQueued);
    publisher.find(topics);
    const settings = this.settings.current;
    const counters = this.counters;
    const parts: Parts = { clock, uptime, instance, topics, settings, stamper, publisher, tally, counters, report };
    this.client = client;
    this.tally = tally;
    this.backlog = backlog;
    this.policy = policy;
    this.stamper = stamper;
    this.publisher = publisher;
    this.indicator = new Indicator(platform.led, clock, report);
    const facts = { firmware, board: platform.board, restartReason: machine.restartReason };
    this.presence = new Presence(topics, instance, facts, client, publisher, clock, uptime, report);
    const own = new OwnNode(this.id, declared, parts, this.settings, client);
    const ownTable = ownCommands(declared, own);
    const described = { firmware, settings: this.settings, commands: ownTable };
    const applied = new Applied(declared, platform, parts, described, own, this.retell.bind(this));
    const telemetry = new Telemetry(applied, declared, parts);
    own.access = { applied, telemetry, sample: this.sample.bind(this) };
    this.own = own;
    this.applied = applied;
    this.telemetry = telemetry;
    this.diagnostics = new Diagnostics(machine, parts);
    const rest = machine.restartReason === "power on" ? 0 : restartInterval;
    this.restarter = new Restarter(platform.settings, uptime, rest, report, this.restart.bind(this));
    this.departure = new Departure(client, this.presence, clock, report, this.rest.bind(this));
    this.sampling = new Metronome(clock, uptime, report, "sampling", this, this.sampleInTurn);
    this.diagnosing = new Metronome(clock, uptime, report, "diagnostics", this, this.diagnoseInTurn);
    this.expiring = new Metronome(clock, uptime, report, "backlog", this, this.tidy);
    this.commands = new Commands(this.commanded(), parts, journal, ownTable, commandBurst, commandInterval);
    client.subscribe(topics.commands, { QoS: 1 }, this.received.bind(this));
  }

  /** Joins the network, connects and samples, from now on. */
  start(): void {
    const { openLink, onButton } = this.platform;
    const { interval, diagnosticsInterval } = this.settings.current;
    const link = openLink({ onChanged: guarded(this.report, "link", this, this.linked) });
    this.link = link;
    if (link.state === "up") this.journal.link("up", link.address ?? "");
    this.client.link(link.state === "up");
    this.client.open();
    this.look();
    onButton?.(guarded(this.report, "button", this, this.sample));
    this.applied.open();
    this.telemetry.start();
    this.sampling.start(interval, 0);
    this.diagnosing.start(diagnosticsInterval);
    this.expiring.start(HOUR);
  }

  /**
   * Ends the node in order: publishes the offline status, waits until what is accepted is delivered, disconnects.
   * @param grace milliseconds to wait at most; after them what is not delivered stays in the store
   * @param done called once, when all is closed; never from inside this method
   */
  stop(grace: number, done: () => void): void {
    this.leave("stopped", grace, done);
  }

  /**
   * The client's window is what keeps a backlog from flooding the broker: no more than so many messages are under way, and
   * the next goes when one is acknowledged, so the broker sets the pace. A new reading waits behind the backlog, for the
   * order of its topic, but never for long: a backlog is no more than `maximumQueued`, which is some dozens of readings.
   */
  private clientOptions(options: MoteOptions, maximumQueued: number, topics: Topics, instance: string): ClientOptions {
    const { host, port, user, password } = options.broker;
    const { durability } = options;
    const { clock, resolve, openSocket, machine, session } = this.platform;
    const report = this.report;
    return {
      platform: { clock, resolve, openSocket, random: machine.random },
      host,
      port,
      id: this.id,
      ...(user !== undefined && { user }),
      ...(password !== undefined && { password }),
      will: lastWill(topics, instance),
      store: session,
      maximumQueued,
      ...(durability !== undefined && { durability }),
      receiveBuffer: RECEIVE_BUFFER,
      transmitBuffer: TRANSMIT_BUFFER,
      onConnected: guarded(report, "connected", this, this.connected),
      onDisconnected: guarded(report, "disconnected", this, this.disconnected),
      onPublished: guarded(report, "published", this, this.published),
      onWritable: guarded(report, "writable", this, this.writable),
      onError: guarded(report, "mqtt", this, this.failed),
      onSubscribed: guarded(report, "subscribed", this, this.subscribed),
    };
  }

  /** What commands may do to the node. */
  private commanded() {
    const { settings, indicator, restarter, applied } = this;
    return {
      settings,
      settingsChanged: this.settingsChanged.bind(this),
      sample: this.sampleCommanded.bind(this),
      identify: indicator.identify.bind(indicator),
      restart: restarter.begin.bind(restarter),
      restartAnswered: restarter.answered.bind(restarter),
      switch: applied.switch.bind(applied),
    };
  }

  private linked(state: LinkState, detail: string): void {
    this.journal.link(state, detail);
    if (this.departure.closing) return;
    this.client.link(state === "up");
    this.look();
  }

  private connected(sessionPresent: boolean): void {
    this.connections++;
    this.journal.connected(sessionPresent);
    // Before anything of it is sent.
    this.tidy();
    if (this.tally.dropped > this.dropped) this.diagnostics.beat();
    this.dropped = this.tally.dropped;
    this.presence.connected();
    if (!sessionPresent) this.telemetry.forget();
    this.applied.connected(sessionPresent);
    this.diagnose();
    this.look();
  }

  private subscribed(filter: string, granted: QoS | undefined): void {
    if (granted === undefined) this.report(new Error(`the broker refuses the subscription to ${filter}`), "mqtt");
  }

  private disconnected(error: MqttError | undefined, delay: number | undefined): void {
    this.journal.disconnected(error?.message ?? "closed", delay);
    this.look();
    this.departure.disconnected(error);
  }

  private published(token: number, outcome: Outcome): void {
    this.journal.published(token, outcome);
    if (outcome === "lost") this.tally.lost++;
    else this.tally.delivered++;
    this.done(token, outcome);
    this.departure.update();
  }

  private received(message: Message): void {
    // One that comes in pieces is told of once.
    if (message.offset === 0) this.journal.received(message.topic, message.payload, message.QoS, message.retain);
    this.commands.handle(message);
  }

  private gaveUp(token: number): void {
    this.done(token, "lost");
  }

  /** Nothing of a message is left in the client. */
  private done(token: number, outcome: Outcome): void {
    this.applied.published(token, outcome, this.publisher.done(token));
    this.presence.published(token, outcome);
    this.restarter.published(token, outcome);
  }

  /** Mends what can be mended by now of what waits, and gives up what is too old. */
  private tidy(): void {
    this.mend();
    try {
      this.policy.expire(this.backlog);
    } catch (error) {
      this.report(error, "backlog");
    }
    this.tally.save();
  }

  private mend(): void {
    try {
      this.stamper.mend(this.backlog);
    } catch (error) {
      this.report(error, "backlog");
    }
  }

  private writable(): void {
    this.presence.update();
    if (this.client.connected) this.applied.update();
    this.diagnose();
  }

  private failed(error: MqttError): void {
    this.report(error, "mqtt");
    if (error.code === "message-parked" || error.code === "qos-2-refused") this.applied.rests();
    if (error.code === "takeover-suspected") this.presence.suspectTakeOver();
    else if (error.code === "qos-2-refused" && this.publisher.maximumQoS === 2) {
      this.publisher.maximumQoS = 1;
      this.report(new Error("the broker takes no QoS 2: messages go out with QoS 1 until the next start"), "mqtt");
    }
  }

  private look(): void {
    if (this.client.connected) this.indicator.show("online");
    else this.indicator.show(this.link?.state === "up" ? "connecting" : "joining");
  }

  private sampleInTurn(skipped: number): void {
    this.counters.skipped += skipped;
    this.sample();
  }

  private diagnoseInTurn(): void {
    this.diagnostics.beat();
    this.diagnose();
  }

  private sampleCommanded(): number {
    return this.sampleAll(true);
  }

  private sample(): void {
    this.sampleAll(false);
  }

  private retell(): void {
    if (this.departure.begun) return;
    this.telemetry.retell();
    this.sample();
  }

  private sampleAll(commanded: boolean): number {
    if (this.departure.begun) return 0;
    this.mend();
    const accepted = this.telemetry.sample(commanded);
    this.indicator.error(this.telemetry.faulty);
    return accepted;
  }

  private diagnose(): void {
    if (!this.client.connected || this.departure.begun) return;
    this.diagnostics.publish(this.client, this.link, this.connections - 1);
  }

  private settingsChanged(): void {
    const { interval, diagnosticsInterval } = this.settings.current;
    // A grid stays as it is unless it is what was changed.
    if (interval !== this.sampling.interval) this.sampling.start(interval);
    if (diagnosticsInterval !== this.diagnosing.interval) this.diagnosing.start(diagnosticsInterval);
  }

  private restart(): void {
    if (this.departure.begun) return;
    const { clock, machine } = this.platform;
    // Nothing catches what this callback throws: where a restart fails, or is made by throwing, it shall end the node.
    this.leave("restart", RESTART_GRACE, () => void clock.setTimer(() => machine.restart(), RESTART_PAUSE));
  }

  private leave(reason: "stopped" | "restart", grace: number, done: () => void): void {
    if (!this.departure.begun) {
      this.own.stop();
      this.telemetry.stop();
      this.sampling.stop();
      this.diagnosing.stop();
      this.expiring.stop();
      this.commands.close(reason === "restart" ? "the node is restarting" : "the node is stopping");
      this.presence.leave(reason);
    }
    this.departure.begin(grace, done);
  }

  /** Puts away what is left when the client is closed. */
  private rest(): void {
    this.tally.save();
    this.indicator.off();
    this.link?.close();
    this.applied.close();
  }
}

function oldestFirst(topics: Topics, stamper: Stamper, maximumAge = MAXIMUM_AGE): DropPolicy {
  if (!(maximumAge > 0)) throw new RangeError(`maximumAge is ${maximumAge}: must be milliseconds, more than 0`);
  const judge: Judge = { isTelemetry: topics.isTelemetry.bind(topics), age: stamper.age.bind(stamper) };
  return new OldestFirst(judge, maximumAge);
}

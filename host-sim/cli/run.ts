/** `run`: one sensor node in real time, on a broker of its own or on yours, watched from outside. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createWebSocketStream, type WebSocket } from "ws";
import { type BrokerAddress, writeBrokerUrl } from "../../src/platforms/broker-url.js";
import { nodejsPlatform } from "../../src/platforms/nodejs/index.js";
import { root } from "../xs/engine/paths.js";
import { type LoadedApplication, loadApplication } from "./application.js";
import { type EmbeddedBroker, startBroker } from "./broker.js";
import { checkApplication } from "./check-application.js";
import { Control } from "./control.js";
import { type AnyDevice, Device } from "./device.js";
import type { Renderer, Started, Summary } from "./events.js";
import { freeId } from "./free-id.js";
import { JsonLines } from "./json.js";
import { flashLine, lanAddresses, newLogin } from "./lan.js";
import { Log } from "./log.js";
import { Observer } from "./observer.js";
import { servePage } from "./page-server.js";
import { removeSession } from "./raw-mqtt.js";
import { Recorder } from "./recorder.js";
import { type RunOptions, readRunOptions, runHelp } from "./run-options.js";
import { Saved } from "./saved.js";
import { type DeviceStorage, openStorage } from "./storage.js";
import { inputsOf, sensorsOf } from "./surroundings.js";
import { switchOf } from "./switch.js";
import { type Terminal, TIME_IS_OVER } from "./terminal.js";
import { newToken } from "./token.js";
import { tunnel } from "./tunnel.js";
import { UsageError } from "./usage.js";
import { whenWatched } from "./watched-start.js";
import { watchedWire } from "./wire.js";

/** Milliseconds at the end for the node to deliver what it has accepted, where a person ends it, and where its time is over. */
const GRACE = { asked: 20_000, over: 4_000 };
/** Milliseconds after that for the observer to see it. */
const OBSERVING = 5_000;

/** @returns the exit code. @throws UsageError */
export async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  const options = readRunOptions(args, Math.floor(Math.random() * 0x1_0000_0000), process.env.MOTEWIRE_PASSWORD);
  if (options === undefined) {
    terminal.print(`${runHelp}\n`);
    return 0;
  }
  const storage = openStorage(options.store, options.board);
  try {
    const application = await loadApplication(options.app);
    checkApplication(application, options.board);
    const addresses = options.lan ? lanAddresses() : [];
    if (options.lan && addresses.length === 0)
      throw new UsageError("--lan: this computer has no address on a network: connect it to one, or leave --lan out");
    const login = options.lan ? newLogin() : undefined;
    const embedded = options.broker === undefined ? await startBroker(undefined, login) : undefined;
    const broker = embedded === undefined ? (options.broker as BrokerAddress) : addressOf(embedded);
    try {
      return await runOn(broker, embedded, addresses, application, options, storage, terminal);
    } finally {
      await embedded?.close();
    }
  } finally {
    storage.close();
  }
}

async function runOn(
  broker: BrokerAddress,
  embedded: EmbeddedBroker | undefined,
  addresses: readonly string[],
  application: LoadedApplication,
  options: RunOptions,
  storage: DeviceStorage,
  terminal: Terminal,
): Promise<number> {
  const { board, seed, json, store, duration } = options;
  const write = (text: string) => terminal.write(text);
  const renderer: Renderer = json ? new JsonLines(write) : new Log(write, terminal.colored, terminal.columns);
  const recorder = new Recorder(renderer);
  const isOurs = embedded !== undefined;
  const isLasting = isOurs || store !== undefined;
  const id = options.id ?? (await freeId(broker, `mote-${storage.machineId}`, isLasting));
  const { version: firmware } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

  const observer = new Observer({
    broker,
    filter: `motewire/${id}/#`,
    persistent: !isOurs,
    onSeen: (topic, payload, QoS) => recorder.ledger.seen(topic, payload, QoS),
    onProblem: (problem) => recorder.problem(problem, "observer"),
  });
  recorder.onConnected = () => observer.nodeConnected();
  const { openSocket: open } = nodejsPlatform({ window: board.socket.window, path: broker.path });
  const openSocket = whenWatched(open, observer, () => embedded?.starts ?? 1);
  const deviceOptions = {
    id,
    board,
    seed,
    storage,
    application,
    broker,
    override: options.settings,
    firmware,
    recorder,
    openSocket: watchedWire(openSocket, (event) => {
      control.packet(event);
      if (options.wire) recorder.show(event);
    }),
    onLed: (colour: number) => control.led(colour),
  };
  const device: AnyDevice =
    options.engine === "xs"
      ? await (await import("./xs-device.js")).XsDevice.build({
          ...deviceOptions,
          observer,
          onBuilding: terminal.notice,
        })
      : new Device(deviceOptions);
  let current = application;
  const control = new Control({
    node: id,
    board,
    wifi: device.wifi,
    power: device.power,
    get sensors() {
      return sensorsOf(current.declared, device);
    },
    get inputs() {
      return inputsOf(current.declared, device.pins);
    },
    pushButton: device.pushButton,
    packets: options.engine !== "xs",
    broker:
      embedded &&
      switchOf(
        () => embedded.running,
        (on) => (on ? embedded.restart() : embedded.close()),
      ),
  });
  const token = newToken();
  const page = await servePage({
    origins: options.origins,
    addresses,
    token,
    mqtt: (socket, isTrusted) =>
      embedded === undefined ? tunnel(socket, broker) : handOver(socket, embedded, isTrusted),
    mqttNeedsToken: !isOurs,
    control: (socket) => control.join(socket),
  });
  recorder.begin();

  const { user } = broker;
  const [host = broker.host] = addresses;
  recorder.show({
    event: "started",
    board: board.id,
    id,
    broker: writeBrokerUrl({ ...broker, host }),
    ...(user === undefined ? {} : { user }),
    embedded: isOurs,
    ...(isOurs ? { webSocket: writeBrokerUrl(page.webSocket) } : {}),
    page: `${page.urls[0]}#${token}`,
    ...lanFacts(options, embedded, host, application.file, page.urls, token),
    seed,
    firmware,
  });
  device.start();
  const saved = new Saved(() => again());
  const again = async () => {
    try {
      const next = await loadApplication(application.file);
      checkApplication(next, board);
      current = next;
      recorder.restart("the application was saved");
      await device.replace(current);
      control.changed();
    } catch (error) {
      recorder.problem((error as Error).message, "application");
    }
    saved.watch(current.sources);
  };
  if (options.watch) saved.watch(application.sources);

  const why = await terminal.ended(duration);
  saved.close();
  recorder.show({ event: "stopping", reason: why });
  const grace = why === TIME_IS_OVER ? (recorder.connected ? GRACE.over : 0) : GRACE.asked;
  await Promise.race([settle(device, observer, recorder, grace), terminal.forced()]);

  if (!recorder.everConnected)
    recorder.problem(recorder.lastFailure ?? `the network was not joined before ${why}`, "never connected");
  const { ledger } = recorder;
  if (ledger.isBlind && ledger.balance().lost > 0 && observer.granted !== undefined)
    recorder.problem(`saw nothing at all: may it read motewire/${id}/#?`, "observer");
  const summary = recorder.summary(observer);
  renderer.show(summary);
  // A device whose storage is forgotten will not come back for what the broker has kept for it.
  const forget = !isOurs && store === undefined && recorder.everConnected;
  await Promise.race([
    Promise.all([page.close(), observer.end(), forget ? removeSession(broker, id) : undefined]),
    terminal.forced(),
  ]);
  return exitCode(summary, recorder.everConnected, store !== undefined);
}

function addressOf({ host, port, login }: EmbeddedBroker): BrokerAddress {
  return { host, port, ...login };
}

/** What others need to come in, where they may. */
function lanFacts(
  { board }: RunOptions,
  embedded: EmbeddedBroker | undefined,
  host: string,
  app: string | undefined,
  urls: readonly string[],
  token: string,
): Pick<Started, "lan"> {
  if (embedded?.login === undefined) return {};
  const { port, login } = embedded;
  const flash = flashLine(board.id, app, { host, port, ...login });
  return { lan: { pages: urls.map((url) => `${url}#${token}`), ...login, ...(flash === undefined ? {} : { flash }) } };
}

function handOver(socket: WebSocket, embedded: EmbeddedBroker, isTrusted: boolean): void {
  if (embedded.running) embedded.take(createWebSocketStream(socket), isTrusted);
  else socket.close(1013, "the broker is stopped");
}

/** Ends the node in order, and waits until the observer has seen what the node says it has delivered. */
async function settle(device: AnyDevice, observer: Observer, recorder: Recorder, grace: number): Promise<void> {
  // Nobody has been there to deliver to.
  await device.stop(recorder.everConnected ? grace : 0);
  if (!recorder.everConnected) return;
  await recorder.settle(observer, Math.min(OBSERVING, grace));
}

/** @param isKept what is pending at the end goes with the next run */
function exitCode({ lost, duplicated, pending }: Summary, everConnected: boolean, isKept: boolean): number {
  if (!everConnected) return 3;
  return lost === 0 && (duplicated ?? 0) === 0 && (pending === 0 || isKept) ? 0 : 1;
}

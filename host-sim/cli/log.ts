/** The log: what the node does, for a person to read along. */
import pc from "picocolors";
import { visible } from "../../src/platforms/quoted.js";
import type { Accepted, Renderer, SimEvent, Started, Summary } from "./events.js";
import { folded } from "./folded.js";
import { hintFor } from "./hints.js";
import { clockTime, isRefusal, messageText, packetText, span, subjectOf, subjectShown } from "./log-text.js";
import { qrLines } from "./qr.js";
import { CLOSED } from "./recorder.js";
import { watchLines } from "./watch-lines.js";

type Colors = ReturnType<typeof pc.createColors>;
type Color = (text: string) => string;

/** Columns of the time, the subject, and the message; what comes after them is not bound, and has room in so many. */
const TIME = 9;
const SUBJECT = 13;
const MESSAGE = 38;
const OUTCOME = 34;
/** What stands before a message. */
const BESIDE = TIME + 2 + SUBJECT;

/** A message that is not acknowledged after so long is shown as waiting, in ms. */
const PATIENCE = 1_000;

/** What the LED says in these colours; src/mote/indicator.ts has them. */
const LIGHTS: Readonly<Record<string, string>> = Object.freeze({
  "#ffffff": "flashes white   this is the device",
  "#ff0000": "flashes red   something is wrong",
});

/** An accepted message that has not been shown as acknowledged yet. */
interface Open {
  readonly message: Accepted;
  timer: NodeJS.Timeout | undefined;
  shown: boolean;
}

export class Log implements Renderer {
  readonly #write: (text: string) => void;
  readonly #colors: Colors;
  readonly #open = new Map<number, Open>();
  #connected = false;
  /** The LED says something that is worth a line. */
  #lit = false;
  #now = 0;
  #lastHint = "";
  readonly #columns: number | undefined;
  readonly #messageWidth: number;

  /** @param columns of the terminal; undefined: a line is as long as it is */
  constructor(write: (text: string) => void, colored: boolean, columns?: number) {
    this.#write = write;
    this.#colors = pc.createColors(colored);
    this.#columns = columns;
    this.#messageWidth = Math.max(0, Math.min(MESSAGE, (columns ?? Number.POSITIVE_INFINITY) - BESIDE - OUTCOME));
  }

  show(happened: SimEvent): void {
    const event = shown(happened);
    if (event.event === "summary") {
      this.#summary(event);
      return;
    }
    const c = this.#colors;
    this.#now = event.t;
    switch (event.event) {
      case "started":
        this.#banner(event);
        break;
      case "wifi": {
        const facts = [event.detail, event.address, event.rssi === undefined ? undefined : `${event.rssi} dBm`];
        const text = [event.state, ...facts].filter((part) => part !== undefined && part !== "").join("   ");
        this.#line("Wi-Fi", c.blue, event.state === "up" ? text : c.dim(text));
        break;
      }
      case "connected":
        this.#connected = true;
        this.#lastHint = "";
        this.#line("broker", c.green, `connected   ${event.sessionPresent ? "session resumed" : "new session"}`);
        break;
      case "disconnected":
        this.#disconnected(event.reason, event.delay);
        break;
      case "accepted":
        this.#accepted(event);
        break;
      case "acknowledged": {
        const open = this.#take(event.token);
        if (open === undefined) break;
        const late = open.shown ? "after" : "in";
        const how = event.QoS === 0 ? "sent" : `acknowledged ${late} ${span(event.ms)}`;
        this.#message(open.message, event.mayBeDuplicated ? `${how}, may be there twice` : how);
        break;
      }
      case "revised": {
        const open = this.#open.get(event.token);
        // What waits is shown when it is delivered, and then as it was sent.
        if (open !== undefined)
          this.#open.set(event.token, { ...open, message: { ...open.message, payload: event.payload } });
        break;
      }
      case "dropped": {
        const open = this.#take(event.token);
        const { kind, name } = subjectOf(event.topic);
        const text = messageText(kind, event.payload);
        const why = event.reason === "full" ? "given up: no room" : "given up: too old";
        const QoS = open === undefined ? "" : `QoS ${open.message.QoS}  `;
        this.#line(subjectShown(kind, name), c.red, `${text.padEnd(this.#messageWidth)}  ${c.red(`${QoS}${why}`)}`);
        break;
      }
      case "received": {
        const { name } = subjectOf(event.topic);
        const text = `${c.bold(name)}   ${visible(event.payload)}`;
        this.#line("command", c.yellow, event.retain ? `${text}   ${c.dim("retained")}` : text);
        break;
      }
      case "command":
      case "result":
        // Seen already as the message that has arrived, and yet to be seen as the one that is acknowledged.
        break;
      case "error":
        this.#line("error", c.red, `${event.where}: ${event.message}`);
        if (event.stack !== undefined) this.#note(/^ +at .*$/m.exec(event.stack)?.[0].trim() ?? "");
        this.#hint(event.message, event.code);
        break;
      case "led":
        this.#led(event.colour);
        break;
      case "heap": {
        const share = `${event.slots} slots, ${event.chunks} bytes of chunks, ${event.stackSlots} of the stack`;
        this.#line(
          "XS heap",
          c.magenta,
          `${event.used} of ${event.size} bytes   ${c.dim(`${event.label}   ${share}`)}`,
        );
        break;
      }
      case "power":
        this.#cutOff();
        this.#line("device", c.magenta, `power ${event.on ? "on" : "cut"}`);
        break;
      case "restart":
        this.#cutOff();
        this.#line("device", c.magenta, `restarts   ${event.reason}`);
        break;
      case "stopping":
        this.#line("device", c.magenta, `stops   ${event.reason}${c.dim("   Ctrl-C again ends it at once")}`);
        break;
      case "wire": {
        const arrow = event.direction === "sent" ? "→" : "←";
        const text = event.packet === undefined ? `not MQTT: ${event.problem}` : packetText(event.packet);
        this.#line("wire", c.dim, c.dim(`${arrow} ${text}  (${event.length} bytes)`));
      }
    }
  }

  /** Only what a person looks out for: the other colours say what other lines say already. */
  #led(colour: string): void {
    const known = LIGHTS[colour];
    if (known !== undefined || this.#lit) this.#line("LED", this.#colors.yellow, known ?? "as before");
    this.#lit = known !== undefined;
  }

  #line(subject: string, color: Color, text: string): void {
    const time = this.#colors.dim(clockTime(this.#now).padStart(TIME));
    this.#print(`${time}  ${color(subject.padEnd(SUBJECT))}${text}`, BESIDE);
  }

  #print(text: string, indent: number): void {
    this.#write(`${folded(text, this.#columns, indent)}\n`);
  }

  #hint(message: string, code?: string): void {
    const hint = hintFor(message, code);
    // Every attempt fails for the same reason until somebody has done something about it: said once.
    if (hint === undefined || hint === this.#lastHint) return;
    this.#lastHint = hint;
    this.#note(hint);
  }

  /** A line that belongs to the one before it. */
  #note(text: string): void {
    this.#print(`${" ".repeat(BESIDE)}${this.#colors.dim(text)}`, BESIDE);
  }

  /** What is not acknowledged will not be for a while. */
  #cutOff(): void {
    this.#connected = false;
    for (const token of [...this.#open.keys()]) this.#wait(token);
  }

  #disconnected(reason: string, delay: number | undefined): void {
    this.#cutOff();
    const c = this.#colors;
    if (reason === CLOSED) {
      this.#line("broker", c.green, "disconnected");
      return;
    }
    const next = delay === undefined ? "" : c.dim(`   tries again in ${span(delay)}`);
    this.#line("broker", c.red, `${reason}${next}`);
    this.#hint(reason);
  }

  #accepted(message: Accepted): void {
    const { token } = message;
    const open: Open = { message, timer: undefined, shown: false };
    this.#open.set(token, open);
    if (!this.#connected) this.#wait(token);
    else open.timer = setTimeout(() => this.#wait(token), PATIENCE).unref();
  }

  /** Shows a message as one that waits for its acknowledgement, once. */
  #wait(token: number): void {
    const open = this.#open.get(token);
    if (open === undefined || open.shown) return;
    open.shown = true;
    clearTimeout(open.timer);
    this.#message(open.message, "waits for the broker");
  }

  #take(token: number): Open | undefined {
    const open = this.#open.get(token);
    this.#open.delete(token);
    clearTimeout(open?.timer);
    return open;
  }

  #message({ topic, payload, QoS }: Accepted, how: string): void {
    const c = this.#colors;
    const { kind, name } = subjectOf(topic);
    const text = kind === "result" ? `${name}   ${messageText(kind, payload)}` : messageText(kind, payload);
    const subject = subjectShown(kind, name);
    const colors: Readonly<Record<string, Color>> = {
      reading: c.cyan,
      status: c.green,
      result: c.yellow,
      output: c.yellow,
      input: c.magenta,
      alert: c.red,
    };
    const padded = text.padEnd(this.#messageWidth);
    const shown = isRefusal(kind, payload) ? c.red(padded) : padded;
    this.#line(subject, colors[kind] ?? c.gray, `${shown}  ${c.dim(`QoS ${QoS}  ${how}`)}`);
  }

  #banner({ board, id, broker, user, embedded, webSocket, page, lan, seed, firmware }: Started): void {
    const c = this.#colors;
    const { watch, command } = watchLines(broker, user, id, lan?.password);
    const flash = lan?.flash;
    const rows = [
      ["broker", `${c.bold(broker)}${embedded ? c.dim("   embedded, ends with this program") : ""}`],
      ...(lan === undefined
        ? []
        : ([["login", `${c.bold(`${lan.user} ${lan.password}`)}${c.dim("   user, password")}`]] as const)),
      ...(lan?.pages ?? (page === undefined ? [] : [page])).map((url) => ["page", c.bold(url)] as const),
      ...(webSocket === undefined ? [] : [["socket", `${webSocket}${c.dim("   for pages of your own")}`] as const]),
      ["watch", watch],
      ["command", command],
      ...(flash === undefined ? [] : [["flash", flash] as const]),
      ["seed", `${seed}${c.dim("   --seed makes the same world again")}`],
      ["end", "Ctrl-C"],
    ] as const;
    this.#print(`\n  ${c.bold("Motewire")} ${firmware}   ${id}, board ${board}\n`, 2);
    for (const [name, text] of rows) {
      const isForShell = text === watch || text === command || text === flash;
      const folds = folded(`  ${c.dim(name.padEnd(9))}${text}`, this.#columns && this.#columns - 2, 11);
      // It is there to be copied.
      this.#write(`${isForShell ? folds.replaceAll("\n", " \\\n") : folds}\n`);
    }
    // Only a terminal is read by a camera.
    if (lan !== undefined && page !== undefined && this.#columns !== undefined)
      for (const line of qrLines(page, this.#columns - 4)) this.#write(`  ${line}\n`);
    this.#print("", 0);
  }

  #summary({
    published,
    acknowledged,
    received,
    lost,
    duplicated,
    reconnects,
    restarts,
    dropped,
    refused,
    pending,
    seconds,
  }: Summary): void {
    const c = this.#colors;
    const good = (count: number | null) =>
      count === null ? c.red("?".padStart(7)) : (count === 0 ? c.green : c.red)(String(count).padStart(7));
    const plain = (count: number) => String(count).padStart(7);
    const rows: [string, string, string][] = [
      ["published", plain(published), "messages that the client has taken"],
      ["acknowledged", plain(acknowledged), pending === 0 ? "" : `${pending} still to be delivered`],
      ["received", plain(received), "messages for the node"],
      ["lost", good(lost), lost === null ? "could not be observed" : "not seen by an observer on the broker"],
      ["duplicated", good(duplicated), duplicated === null ? "could not be told" : "with QoS 2 and seen twice"],
      ...(dropped === 0
        ? []
        : [["dropped", c.red(plain(dropped)), "given up before they were sent"] as [string, string, string]]),
      ...(refused === 0
        ? []
        : [["not taken", c.red(plain(refused)), "readings that found no room"] as [string, string, string]]),
      ["reconnects", plain(reconnects), ""],
      ["restarts", plain(restarts), "of the simulated device"],
    ];
    this.#print(`\n  ${c.bold(`After ${seconds} s`)}\n`, 2);
    for (const [name, count, meaning] of rows)
      this.#print(`  ${name.padEnd(13)}${count}   ${meaning === "" ? "" : c.dim(meaning)}`.trimEnd(), 25);
    this.#print("", 0);
  }
}

/**
 * Text from the network may hold what a terminal obeys: it is shown instead. Payloads are read first, and what they say is
 * shown so; all else is words already.
 */
function shown(event: SimEvent): SimEvent {
  const fields = Object.entries(event).map(([name, value]) => [
    name,
    typeof value === "string" && name !== "payload" && name !== "stack" ? visible(value) : value,
  ]);
  return Object.fromEntries(fields) as SimEvent;
}

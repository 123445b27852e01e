import { DIGITS, isMadeOf } from "./characters.js";
import { quoted } from "./errors.js";

/** Above every node's topics. */
const ROOT = "motewire";
/** Of a name that is a level of a topic. */
export const LEVEL_CHARACTERS = `ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz${DIGITS}_-`;

/**
 * The topic scheme, whole. What the payloads hold is in messages.ts.
 *
 * | topic                              | who publishes | QoS        | retained | payload                |
 * | ---------------------------------- | ------------- | ---------- | -------- | ---------------------- |
 * | `motewire/<node>/status`           | node, or its last will | 1 | yes      | {@link StatusMessage}      |
 * | `motewire/<node>/description`      | node          | 0          | yes      | {@link DescriptionMessage} |
 * | `motewire/<node>/reading/<sensor>` | node          | setting    | setting  | {@link ReadingMessage}     |
 * | `motewire/<node>/input/<name>`     | node          | 1          | yes      | {@link StateMessage}       |
 * | `motewire/<node>/output/<name>`    | node          | 1          | yes      | {@link StateMessage}       |
 * | `motewire/<node>/alert/<name>`     | node          | 1          | yes      | {@link StateMessage}       |
 * | `motewire/<node>/diagnostics`      | node          | setting    | no       | {@link DiagnosticsMessage} |
 * | `motewire/<node>/topic/<name>`     | node          | declared   | declared | the application's own  |
 * | `motewire/<node>/command/<name>`   | you           | 0, 1 or 2  | no: ignored when retained | {@link CommandMessage} |
 * | `motewire/<node>/result/<name>`    | node          | 1; 0 where no room is kept for it | no | {@link ResultMessage} |
 *
 * Commands are subscribed to with QoS 1. QoS 2 would gain nothing: every command may be obeyed twice without harm, but
 * for `restart`, which is known by its id, and several brokers have no QoS 2.
 */
export class Topics {
  /** Of all of them. */
  readonly prefix: string;
  private readonly readings: string;
  private readonly results: string;
  private readonly inputs: string;
  private readonly owns: string;
  readonly status: string;
  readonly diagnostics: string;
  readonly description: string;
  /** The filter for every command. */
  readonly commands: string;

  /** @throws RangeError when `node` cannot be a topic level and client identifier with every broker */
  constructor(node: string) {
    // NATS refuses topics with dots and spaces. Section 3.1.3.1 binds a broker to take letters and digits only, yet all
    // known ones take these two signs.
    if (!isMadeOf(node, LEVEL_CHARACTERS, 64)) {
      throw new RangeError(`the node's id is ${quoted(node)}: must be 1 to 64 characters of A-Z a-z 0-9 _ -`);
    }
    this.prefix = `${ROOT}/${node}/`;
    this.readings = `${this.prefix}reading/`;
    this.results = `${this.prefix}result/`;
    this.status = `${this.prefix}status`;
    this.inputs = `${this.prefix}input/`;
    this.owns = `${this.prefix}topic/`;
    this.diagnostics = `${this.prefix}diagnostics`;
    this.description = `${this.prefix}description`;
    this.commands = `${this.prefix}command/+`;
  }

  reading(sensor: string): string {
    return this.readings + sensor;
  }

  input(name: string): string {
    return this.inputs + name;
  }

  output(name: string): string {
    return `${this.prefix}output/${name}`;
  }

  alert(name: string): string {
    return `${this.prefix}alert/${name}`;
  }

  /** One of the application's own. */
  own(name: string): string {
    return this.owns + name;
  }

  /** Whether it is one of readings, inputs or diagnostics, of this node, or one of the application's own. */
  isTelemetry(topic: string): boolean {
    return (
      topic === this.diagnostics ||
      topic.startsWith(this.readings) ||
      topic.startsWith(this.inputs) ||
      topic.startsWith(this.owns) ||
      !topic.startsWith(this.prefix)
    );
  }

  result(name: string): string {
    return this.results + name;
  }

  /** Whether it is one of results, of this node. */
  isResult(topic: string): boolean {
    return topic.startsWith(this.results);
  }

  /** The command's name in the topic of a message that {@link commands} fits. */
  commandName(topic: string): string {
    return topic.slice(this.commands.length - 1);
  }
}

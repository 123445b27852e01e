/** The longest that a stranger can have a node read. */

/** Bytes of a command's payload at most. */
const PAYLOAD = 1024;
/** Bytes of the node's receive buffer: fixed header, topic with its length, identifier. */
const BUFFER = 1280;
const HEADERS = 1 + 2 + 2 + 2;

export interface LongestCommand {
  readonly what: string;
  readonly topic: string;
  readonly payload: string;
  /** What its result says. */
  readonly result: RegExp;
}

/** Commands that fill what a command may take, each in a way of its own. */
export function longestCommands(node: string): readonly LongestCommand[] {
  const prefix = `motewire/${node}/command/`;
  const id = "x".repeat(64);
  const sample = `${prefix}sample`;
  const named = (topic: string, bytes: number) => topic + "n".repeat(bytes - topic.length);
  const filled = (unit: string) => {
    const head = `{"id":"${id}","note":"`;
    const units = Math.floor((PAYLOAD - head.length - 2) / Buffer.byteLength(unit));
    return `${head}${unit.repeat(units)}"}`.padEnd(PAYLOAD - units * (Buffer.byteLength(unit) - unit.length));
  };
  const fields = () => {
    let text = `{"id":"${id}"`;
    for (let n = 0; text.length < PAYLOAD - 9; n++) text += `,"${n.toString(36)}":0`;
    return `${text}}`;
  };
  return [
    { what: "one long text", topic: sample, payload: filled("x"), result: /note.* is unknown/ },
    { what: "characters of two bytes", topic: sample, payload: filled("é"), result: /note.* is unknown/ },
    { what: "characters of four bytes", topic: sample, payload: filled("😀"), result: /note.* is unknown/ },
    { what: "escapes", topic: sample, payload: filled("\\u0001"), result: /note.* is unknown/ },
    { what: "many fields", topic: sample, payload: fields(), result: /must be at most 32/ },
    { what: "a number", topic: sample, payload: `{"id":"${id}","note":${"9".repeat(900)}}`, result: /is unknown/ },
    { what: "the longest name", topic: named(prefix, BUFFER - HEADERS), payload: "", result: /is unknown/ },
  ];
}

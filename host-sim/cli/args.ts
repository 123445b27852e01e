/** Command lines: tables of flags, from which they are read and explained. */
import { parseArgs } from "node:util";
import { masked } from "../../src/platforms/broker-url.js";
import { UsageError } from "./usage.js";

/** One flag: everything that is particular about it. */
export interface Flag<Options> {
  /** Without the dashes. */
  readonly name: string;
  /** What stands for its value in the help; without it the flag takes none. */
  readonly value?: string;
  readonly help: string;
  /** Puts it into the options. @throws UsageError that begins with the flag's name */
  read(text: string, into: Options): void;
}

/**
 * Reads flags into `options`. Of a flag that is given twice the last one counts.
 * @returns whether help was asked for; then nothing else was looked at
 * @throws UsageError
 */
export function readFlags<Options>(
  args: readonly string[],
  flags: readonly Flag<Options>[],
  options: Options,
): boolean {
  const { tokens } = parseArgs({
    args: [...args],
    options: {
      help: { type: "boolean", short: "h" },
      ...Object.fromEntries(flags.map(({ name, value }) => [name, { type: value ? "string" : "boolean" } as const])),
    },
    // The words for what is wrong are ours.
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  if (tokens.some((token) => token.kind === "option" && token.name === "help")) return true;
  for (const token of tokens) {
    if (token.kind === "positional") throw new UsageError(`unexpected "${masked(token.value)}": flags begin with --`);
    if (token.kind !== "option") continue;
    const flag = flags.find(({ name }) => name === token.name);
    if (flag === undefined) throw new UsageError(`unknown flag ${masked(token.rawName)}: known are ${namesOf(flags)}`);
    flag.read(givenValue(flag, token.value, token.inlineValue === true), options);
  }
  return false;
}

function givenValue<Options>(
  { name, value: meaning }: Flag<Options>,
  value: string | undefined,
  inline: boolean,
): string {
  if (meaning === undefined) {
    if (value !== undefined) throw new UsageError(`--${name} takes no value`);
    return "";
  }
  // Another flag where the value should be: it was forgotten.
  if (value === undefined || value === "" || (!inline && value.startsWith("--")))
    throw new UsageError(`--${name} needs a value: --${name} ${meaning}`);
  return value;
}

function namesOf<Options>(flags: readonly Flag<Options>[]): string {
  return [...flags.map(({ name }) => name), "help"].map((name) => `--${name}`).join(", ");
}

/** One aligned line a flag. */
export function describeFlags<Options>(flags: readonly Flag<Options>[]): string {
  const rows = [
    ...flags.map(({ name, value, help }) => [value === undefined ? `--${name}` : `--${name} ${value}`, help]),
    ["--help", "show this"],
  ] as [string, string][];
  const width = Math.max(...rows.map(([flag]) => flag.length));
  return rows.map(([flag, help]) => `  ${flag.padEnd(width)}  ${help}`).join("\n");
}

/** Reads the commands of a shell as far as our pages use them. */

export interface Command {
  /** Where it stands: the page and the line. */
  readonly at: string;
  /** The program and what follows it, without variables set before it. */
  readonly words: readonly string[];
}

/**
 * The commands in `code`: one a line, or several with `&&` between them. A backslash at the end of a line goes on with the next
 * one. A `#` begins a comment.
 * @throws Error for a quote without its end
 */
export function commandsOf(path: string, line: number, code: string): Command[] {
  const found: Command[] = [];
  let text = "";
  code.split("\n").forEach((part, index) => {
    if (part.endsWith("\\")) {
      text += part.slice(0, -1);
      return;
    }
    const at = `${path}:${line + index}`;
    let words: string[] = [];
    for (const word of [...wordsOf(at, text + part), "&&"]) {
      if (word !== "&&") words.push(word);
      else if (words.length > 0) {
        const first = words.findIndex((one) => !/^[A-Z_]+=/.test(one));
        if (first >= 0) found.push({ at, words: words.slice(first) });
        words = [];
      }
    }
    text = "";
  });
  return found;
}

function wordsOf(at: string, text: string): string[] {
  const words: string[] = [];
  let rest = text.trimStart();
  while (rest !== "" && !rest.startsWith("#")) {
    // Quotes stand around a whole word, or around what follows a `=`.
    const [all, plain = "", , single, double] = /^([^\s'"]*)('([^']*)'|"([^"]*)")?(?=\s|$)/.exec(rest) ?? [];
    if (all === undefined || all === "") throw new Error(`${at}: cannot be read as a command: ${rest}`);
    words.push(plain + (single ?? double ?? ""));
    rest = rest.slice(all.length).trimStart();
  }
  return words;
}

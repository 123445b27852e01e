/** Finds what our pages name and what is not there: files, folders, headings, invariants. */
import { existsSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { type Page, proseOf, root } from "./documents.js";

/** Folders of ours that a path in a page begins with. */
const ROOMS = /^(src|host-sim|test|boards|scripts|docs|examples)\//;
/** Pages that speak of the Moddable SDK's folders of the same name. */
const OTHERS: Readonly<Record<string, RegExp>> = { "docs/upstream.md": /^examples\/io\// };

/** @returns links of the page that lead nowhere, each as `page:line: words` */
export function brokenLinks(page: Page): string[] {
  return found(page, /\]\(([^)\s]+)\)/g, (link) => {
    if (/^[a-z]+:/.test(link)) return undefined;
    const [file = "", heading] = link.split("#");
    const path = file === "" ? page.path : posix.join(posix.dirname(page.path), file);
    if (path !== page.path && !existsSync(join(root, path))) return `there is no ${path}`;
    if (heading === undefined) return undefined;
    const text = path === page.path ? page.text : readFileSync(join(root, path), "utf8");
    return headingsOf(text).includes(heading) ? undefined : `${path} has no heading #${heading}`;
  });
}

/** @returns paths between backticks that are not there; `<id>` stands for any board's */
export function missingPaths(page: Page): string[] {
  return found(page, /`([^`\s]+)`/g, (code) => {
    const path = code.replace(/:\d+$/, "").replaceAll("<id>", "lin");
    if (!ROOMS.test(path) || path.includes("…") || OTHERS[page.path]?.test(path)) return undefined;
    // A module is named without its ending, too.
    return [path, `${path}.ts`].some((one) => existsSync(join(root, one))) ? undefined : `there is no ${path}`;
  });
}

/** Names of former times, and what has taken their place. */
const FORMER: readonly (readonly [RegExp, string])[] = [
  [/\bsrc\/node\b/, "src/mote"],
  [/\bsrc\/device\b/, "src/platforms/moddable"],
  [/\bhost-sim\/node\b/, "host-sim/cli or src/platforms/nodejs"],
  [/\bSensorNode\b/, "Mote"],
  [/\bmotewire\/node\b(?!js)/, "motewire/nodejs"],
];

/** @returns uses of names that are no more */
export function formerNames({ path, text }: Page): string[] {
  return text.split("\n").flatMap((line, index) =>
    FORMER.filter(([name]) => name.test(line)).map(([name, now]) => {
      return `${path}:${index + 1}: ${name.exec(line)?.[0]} is called ${now} now`;
    }),
  );
}

function found(page: Page, pattern: RegExp, problem: (text: string) => string | undefined): string[] {
  return proseOf(page)
    .split("\n")
    .flatMap((line, index) =>
      [...line.matchAll(pattern)].flatMap(([, text = ""]) => {
        const words = problem(text);
        return words === undefined ? [] : [`${page.path}:${index + 1}: ${words}`];
      }),
    );
}

/** As GitHub makes them of headings. */
function headingsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

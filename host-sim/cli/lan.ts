/** This computer as others on its network reach it (`--lan`): at which addresses, and with which login. */
import { randomInt } from "node:crypto";
import { existsSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { dirname, join, relative } from "node:path";
import { root } from "../xs/engine/paths.js";
import { shellQuoted } from "./watch-lines.js";

/** What the broker demands of everybody, the simulated node too. */
export interface Login {
  readonly user: string;
  readonly password: string;
}

/** Without those that look like another when somebody types them from a screen. */
const LETTERS = "abcdefghjkmnpqrstuvwxyz23456789";

/** A login for one run: 59 random bits, in groups that a person can type on a phone, and that a shell takes as they are. */
export function newLogin(): Login {
  const group = () => Array.from({ length: 4 }, () => LETTERS[randomInt(LETTERS.length)]).join("");
  return { user: "motewire", password: [group(), group(), group()].join("-") };
}

/** The IPv4 addresses of this computer's networks, a home's or an office's first; not those of this computer alone. */
export function lanAddresses(interfaces = networkInterfaces()): string[] {
  const found = Object.values(interfaces).flatMap((addresses = []) =>
    addresses.filter(({ family, internal }) => family === "IPv4" && !internal).map(({ address }) => address),
  );
  return found.sort((a, b) => rank(a) - rank(b));
}

/** Addresses of private networks (RFC 1918) are what phones and boards share; 169.254 is a computer that got none. */
function rank(address: string): number {
  if (address.startsWith("192.168.")) return 0;
  if (address.startsWith("10.") || /^172\.(1[6-9]|2\d|3[01])\./.test(address)) return 1;
  return address.startsWith("169.254.") ? 3 : 2;
}

/**
 * The command that flashes a board with an application, to use this computer's broker.
 * @param app the application's file; undefined: the firmware's own
 * @returns undefined where there is no manifest beside the file
 */
export function flashLine(
  board: string,
  app: string | undefined,
  { host, port, user, password }: Login & { readonly host: string; readonly port: number },
): string | undefined {
  const folder = app === undefined ? root : dirname(app);
  if (!existsSync(join(folder, "manifest.json"))) return undefined;
  const boards = relative(folder, join(root, "boards", board));
  const place = relative(process.cwd(), folder);
  return [
    ...(place === "" ? [] : [`cd ${shellWord(place)} &&`]),
    `mcconfig -d -m -p esp32:${shellWord(boards.startsWith(".") ? boards : `./${boards}`)}`,
    "wifi_ssid='…' wifi_password='…'",
    `mqtt_host=${host} mqtt_port=${port} mqtt_user=${user} mqtt_password=${password}`,
  ].join(" ");
}

function shellWord(word: string): string {
  return /^[\w./-]+$/.test(word) ? word : shellQuoted(word);
}

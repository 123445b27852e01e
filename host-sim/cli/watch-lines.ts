/** The two lines that the log shows to be copied into a shell: what is installed there must run them. */
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

export interface WatchLines {
  /** Shows what the node says. */
  readonly watch: string;
  /** Tells it something. */
  readonly command: string;
}

/**
 * With mosquitto's programs where they are there, else with those of MQTT.js, which `npm ci` has put here.
 * @param broker its URL, without user and password
 * @param password where it may be shown
 */
export function watchLines(broker: string, user: string | undefined, id: string, password = "…"): WatchLines {
  const { protocol, hostname, port, pathname, search } = new URL(broker);
  const isTcp = protocol === "mqtt:";
  const login = user === undefined ? "" : ` -u ${shellQuoted(user)} -P ${shellQuoted(password)}`;
  const road = isTcp ? "" : `-C ws --path ${shellQuoted(pathname + search)} `;
  const at = `${road}-h ${hostname.replace(/^\[|\]$/g, "")} -p ${port === "" ? 80 : port}${login}`;
  // Mosquitto's know no WebSocket.
  const has = isTcp && isOnPath("mosquitto_sub") && isOnPath("mosquitto_pub");
  const [sub, pub] = has ? ["mosquitto_sub", "mosquitto_pub"] : ["npx mqtt sub", "npx mqtt pub"];
  return {
    watch: `${sub} ${at} -v -t ${shellQuoted(`motewire/${id}/#`)}`,
    command: `${pub} ${at} -t motewire/${id}/command/interval -m '{"interval":"2s"}'`,
  };
}

/** A word for a shell, as it is. */
export function shellQuoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

function isOnPath(program: string): boolean {
  return (process.env.PATH ?? "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

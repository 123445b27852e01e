/** Numbers, times and packets for a person. */

/** With as many places as it can have and keep its width: 21.37, 101.3, 100 865. */
export function numberInWords(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e9 || (size > 0 && size < 0.001)) return value.toPrecision(4);
  const [whole = "", places] = value.toFixed(size >= 1_000 ? 0 : size >= 100 ? 1 : 2).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, "\u202f");
  return places === undefined ? grouped : `${grouped}.${places}`;
}

export function clockTime(at: number): string {
  return new Date(at).toLocaleTimeString([], { hour12: false });
}

/** 340 ms, 4.2 s, 3 min, 5 h */
export function spanInWords(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  if (ms < 3_600_000) return `${Math.round(ms / 60_000)} min`;
  return `${(ms / 3_600_000).toFixed(1)} h`;
}

/** A packet's fields as mqtt-packet names them, those first that tell most. */
export function packetInWords(packet: unknown): string {
  if (typeof packet !== "object" || packet === null) return "";
  const { cmd, topic, payload, ...rest } = packet as { readonly [name: string]: unknown };
  const parts = Object.entries(rest)
    .filter(([name, value]) => value !== false && value !== "" && name !== "protocolId" && name !== "protocolVersion")
    .map(([name, value]) => `${name} ${typeof value === "object" ? JSON.stringify(value) : value}`);
  return [topic, ...parts, payload].filter((part) => part !== undefined && part !== "").join("  ");
}

/** The node's journal as it arrives from XS (host-sim/xs/device/journal.ts). */

import type { Journal } from "../../src/mote/journal.js";
import type { PayloadSource } from "../../src/mqtt/api.js";
import type { ErrorKind } from "../../src/mqtt/errors.js";
import { MqttError } from "../../src/mqtt/errors.js";
import type { Value } from "../xs/engine/program.js";

/** @returns a function that says whether what it was told belongs to the journal */
export function xsJournal(journal: Journal): (name: string, values: readonly Value[]) => boolean {
  const { error, ...rest } = journal as unknown as Record<string, (...values: unknown[]) => void>;
  let pieces: Uint8Array[] = [];
  return (name, values) => {
    // JSON has no undefined.
    const given: unknown[] = values.map((value) => value ?? undefined);
    if (name === "piece") {
      pieces.push(given[0] as Uint8Array);
      return true;
    }
    if (name === "accepted" && given[2] === undefined) {
      given[2] = sourceOf(Buffer.concat(pieces));
      pieces = [];
    }
    if (name === "error") {
      const [message, where, kind, code] = given as [string, string, ErrorKind?, string?];
      error?.(kind === undefined ? new Error(message) : new MqttError(kind, code ?? "", message), where);
      return true;
    }
    rest[name]?.(...given);
    return rest[name] !== undefined;
  };
}

function sourceOf(bytes: Buffer): PayloadSource {
  return {
    byteLength: bytes.length,
    read: (into, offset) => void bytes.copy(into, 0, offset),
  };
}

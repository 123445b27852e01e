/** A datasheet for people. */
import { ERASE_CYCLES } from "../../core/storage/flash-life.js";
import { span } from "../log-text.js";
import type { Datasheet } from "./measure.js";

/** Rows of name, figure, and how it was found. */
export function datasheetText(sheet: Datasheet): string {
  const { application, board, memory, bytecode, wire, flash, outage } = sheet;
  const of = (part: number) => `${Math.round((100 * part) / memory.size)} % of ${count(memory.size)}`;
  const rows: readonly (readonly [name: string, figure: string, how: string])[] = [
    ["memory, started", `${count(memory.started)} B`, of(memory.started)],
    ["memory, connected", `${count(memory.connected)} B`, of(memory.connected)],
    ["memory, at most", `${count(memory.most)} B`, of(memory.most)],
    ["stack, at most", `${count(memory.stack)} slots`, `of ${count(memory.stackSize)}`],
    ["bytecode", `${count(bytecode.application)} B`, `of ${count(bytecode.all)} with node and client`],
    ["messages a day", count(wire.messages), "that the client has taken"],
    ["sent a day", `${count(wire.sent)} B`, "payload of TCP"],
    ["received a day", `${count(wire.received)} B`, "payload of TCP"],
    ["flash writes a day", count(flash.writes), `${count(flash.entries)} entries of 32 B`],
    [
      "flash lasts",
      flash.days === null ? "not written" : `${count(flash.days)} days`,
      `${count(flash.partition)} B of NVS, erased ${count(ERASE_CYCLES)} times`,
    ],
    [
      "longest outage",
      outage === null ? "a week" : span(outage),
      outage === null ? "nothing is given up within it" : "then the first reading is given up",
    ],
  ];
  const name = Math.max(...rows.map(([text]) => text.length));
  const figure = Math.max(...rows.map(([, text]) => text.length));
  return [
    `${application ?? "the firmware's own application"} on ${board}`,
    "",
    ...rows.map(([what, value, how]) => `  ${what.padEnd(name)}  ${value.padStart(figure)}  ${how}`),
    "",
    "Counted on XS with 64-bit pointers in the board's memory, over a day in virtual",
    "time, with a broker that answers at once, and inputs that rest. A device takes",
    "a little less memory.",
  ].join("\n");
}

function count(number: number): string {
  return number.toLocaleString("en-US");
}

/** Runs the vectors that the parent has, one after the other: `call` is asked for until there is none. */
import { call } from "./calls.js";

export default function main(): void {
  for (let index = 0; ; index++) {
    const text = host.ask("call", index) as string | undefined;
    if (text === undefined) return;
    host.tell("result", index, call(JSON.parse(text)));
  }
}

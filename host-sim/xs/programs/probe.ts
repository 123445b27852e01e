import { encodeConnect } from "../../../src/mqtt/encode.js";
export default function main(): void {
  host.measure("a");
  trace(`${typeof encodeConnect}\n`);
  host.measure("b");
  try {
    host.ask("x");
  } catch (e) {
    trace((e as Error).message + "\n");
  }
  host.measure("c");
  trace(JSON.stringify(JSON.parse('{"a":[1,2,{"b":3}]}')) + "\n");
  host.measure("d");
  trace("abc".replaceAll("b", "x") + "\n");
  host.measure("e");
  trace(String(/^[a-z0-9._-]{1,15}$/.test("abc")) + "\n");
  host.measure("f");
  const s = [3, 1, 2];
  s.sort((a, b) => a - b);
  host.measure("g");
}

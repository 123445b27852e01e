/** Our codec at the work of workload.ts, each between two looks at memory: what counts instructions counts from look to look. */
import { decoding, encoding } from "../../codec/workload.js";
import { turns } from "./turns.js";

export default function main(): void {
  turns([
    ...encoding().map((work) => ({ ...work, name: `encode ${work.name}` })),
    ...decoding().map((work) => ({ ...work, name: `decode ${work.name}` })),
  ]);
}

/** mqtt-packet at the same work. Bundled with what it needs of Node.js. */
import { decoding, encoding } from "../../codec/peer.js";
import { turns } from "./turns.js";

export default function main(): void {
  turns([...encoding().map((work) => ({ ...work, name: `encode ${work.name}` })), ...decoding().map((work) => ({ ...work, name: `decode ${work.name}` }))]);
}

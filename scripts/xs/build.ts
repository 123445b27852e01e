/** `npm run xs -- build`: builds the XS host, for those who want to see that it builds. Tests and `--engine xs` do so themselves. */
import { buildHost } from "../../host-sim/xs/engine/build.js";

const started = performance.now();
const host = await buildHost();
console.log(`${host.bits}-bit, ${((performance.now() - started) / 1000).toFixed(1)} s: ${host.command}`);

// `npm run xs -- <what>`: the host on which the simulator and the tests run the device's engine.
import { choose } from "./choose.js";

await choose("xs", {
  build: () => import("./xs/build.js"),
  check: () => import("./xs/check.js"),
  compare: () => import("./xs/compare.js"),
});

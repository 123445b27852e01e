// `npm run conformance -- <what>`: the statements of MQTT 3.1.1, and what shows that the client does as they demand.
import { choose } from "./choose.js";

await choose("conformance", {
  render: () => import("./conformance/render.js"),
  bites: () => import("./conformance/bites.js"),
});

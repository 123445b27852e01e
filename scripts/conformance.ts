// Renders docs/conformance.md from test/conformance/statements.
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { render } from "../test/conformance/render.js";

const path = fileURLToPath(new URL("../docs/conformance.md", import.meta.url));
writeFileSync(path, render());
console.log(`wrote ${path}`);

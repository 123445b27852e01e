// Renders docs/conformance.md from test/support/conformance/statements.
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { readSources } from "../../test/support/breaking.js";
import { render } from "../../test/support/conformance/render.js";

const root = fileURLToPath(new URL("../../", import.meta.url));
const path = `${root}docs/conformance.md`;
writeFileSync(path, render(readSources(root)));
console.log(`wrote ${path}`);

/** How a person starts this program: in a checkout, or where the package is installed. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { root } from "../xs/engine/paths.js";

export const isCheckout = existsSync(join(root, "host-sim", "cli"));

export const PROGRAM = isCheckout ? "npm run sim --" : "npx motewire";

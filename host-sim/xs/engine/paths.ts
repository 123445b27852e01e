import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository. */
export const root = fileURLToPath(new URL("../../..", import.meta.url));

/** What is fetched and built: made anew when it is gone, and not in git. `MOTEWIRE_XS_CACHE` has it elsewhere. */
export const cacheFolder = process.env.MOTEWIRE_XS_CACHE || join(root, ".cache", "xs");

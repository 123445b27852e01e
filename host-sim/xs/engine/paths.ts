import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository. */
export const root = fileURLToPath(new URL("../../..", import.meta.url));

/** What is fetched and built: made anew when it is gone, and not in git. */
export const cacheFolder = join(root, ".cache", "xs");

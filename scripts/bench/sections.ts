/** All benchmarks, in the order they run. Another one is another row. */
import type { Section } from "./section.js";
import { throughput } from "./throughput/section.js";

export const sections: readonly Section[] = [throughput];

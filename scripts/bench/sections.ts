/** All benchmarks, in the order they run. Another one, on another engine say, is another row. */
import { codec } from "./codec/section.js";
import { opening } from "./opening/section.js";
import type { Section } from "./section.js";
import { simulator } from "./simulator/section.js";
import { throughput } from "./throughput/section.js";
import { xs } from "./xs/section.js";

export const sections: readonly Section[] = [throughput, codec, opening, simulator, xs];

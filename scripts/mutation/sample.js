// Stryker plugin: with MOTEWIRE_MUTATION_SAMPLE=N only every Nth function is changed, those of the rest are left out. All of them
// take hours; a sample tells the score within a few percent.
import { declareValuePlugin, PluginKind } from "@stryker-mutator/api/plugin";

const SAMPLE = Number(process.env.MOTEWIRE_MUTATION_SAMPLE ?? 1);

/** Of where it begins: the same functions each time, from all over the files. */
function lot({ start }, fileName) {
  let state = 17;
  for (const char of `${fileName.split("/").pop()} ${start.line}`)
    state = (Math.imul(state, 31) + char.codePointAt(0)) >>> 0;
  return Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) >>> 7;
}

/** A function that stands in no other. */
function isOuterFunction(path) {
  return path.isFunction() && path.getFunctionParent() === null;
}

function isLeftOut(path) {
  const fileName = path.hub?.file?.opts?.filename ?? "";
  return isOuterFunction(path) && lot(path.node.loc, fileName) % SAMPLE !== 0;
}

export const strykerPlugins = [
  declareValuePlugin(PluginKind.Ignore, "sample", {
    shouldIgnore: (path) => (SAMPLE > 1 && isLeftOut(path) ? "not in the sample" : undefined),
  }),
];

/**
 * Loads the build for Node.js. Where it is missing, one sentence says why and names the command that brings it: the error
 * of Node.js names a file that nobody has heard of.
 */
const { existsSync } = require("node:fs");
const { join } = require("node:path");

const root = join(__dirname, "../..");

/** @param {unknown} error of whoever has loaded a module of the build */
function explained(error) {
  if (existsSync(join(root, "dist"))) return error;
  // A checkout can be built where it is; an installed package has nothing to be built with.
  const why = existsSync(join(root, "tsconfig.build.json"))
    ? `run "npm run build" in ${root}`
    : 'it was installed with scripts off; run "npm install --ignore-scripts=false" with its address again';
  return new Error(`motewire is not built: ${why}`, { cause: error });
}

/** @param {() => unknown} load */
function built(load) {
  try {
    return load();
  } catch (error) {
    throw explained(error);
  }
}

module.exports = { built, explained };

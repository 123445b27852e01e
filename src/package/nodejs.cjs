// What `require("motewire/nodejs")` loads in Node.js.
const { built } = require("./built.cjs");

module.exports = built(() => require("../../dist/host-sim/node/platform.js"));

// What `require("motewire/nodejs")` loads in Node.js.
const { built } = require("./built.cjs");

module.exports = built(() => require("../../dist/src/platforms/nodejs/index.js"));

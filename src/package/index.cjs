// What `require("motewire")` loads in Node.js.
const { built } = require("./built.cjs");

module.exports = built(() => require("../../dist/src/mqtt/index.js"));

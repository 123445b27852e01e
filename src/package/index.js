// What `import "motewire"` loads in Node.js. Bundlers take the build itself.
import { explained } from "./built.cjs";

const module = await import("../../dist/src/mqtt/index.js").catch((error) => {
  throw explained(error);
});

export const { Client, MqttError, checkTopicFilter, checkTopicName, matches } = module;

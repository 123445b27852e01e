// What `import "motewire/nodejs"` loads in Node.js. Bundlers take the build itself.
import { explained } from "./built.cjs";

const module = await import("../../dist/src/platforms/nodejs/index.js").catch((error) => {
  throw explained(error);
});

export const {
  brokerAt,
  FileStore,
  nodejsClock,
  nodejsPlatform,
  openTcpSocket,
  readBrokerUrl,
  resolve,
  tcpOpener,
  websocketOpener,
  writeBrokerUrl,
} = module;

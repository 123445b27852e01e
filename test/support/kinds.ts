/** The brokers that the contract is run on. Another is another constant here. */
import { startAedes } from "./aedes.js";
import type { BrokerKind } from "./broker.js";
import { Mosquitto } from "./mosquitto.js";

/** Its bounds are for many small clients: some of our messages would be dropped. */
const UNBOUNDED = ["max_queued_messages 0", "set_tcp_nodelay true"];

export const mosquitto = mosquittoOver("mosquitto", false);
export const mosquittoOverWebSocket = mosquittoOver("mosquitto over WebSocket", true);

export const aedes = aedesOver("aedes", false);
export const aedesOverWebSocket = aedesOver("aedes over WebSocket", true);

function aedesOver(name: string, overWebSocket: boolean): BrokerKind {
  return {
    name,
    manners: {
      forbiddenSubscription: undefined,
      forbiddenPublish: "connection closed",
      passesOn: "publish",
    },
    start: (options) => startAedes(options, overWebSocket),
  };
}

function mosquittoOver(name: string, webSocket: boolean): BrokerKind {
  return {
    name,
    manners: {
      forbiddenSubscription: 1,
      forbiddenPublish: "acknowledged and dropped",
      passesOn: "release",
    },
    start: ({ users, only } = {}) =>
      Mosquitto.start({
        persistence: false,
        webSocket,
        config: UNBOUNDED,
        ...(users === undefined ? {} : { users }),
        ...(only === undefined ? {} : { acl: [`pattern readwrite ${only}/#`] }),
      }),
    startLasting: () => Mosquitto.start({ webSocket, config: UNBOUNDED }),
  };
}

/** The brokers that the contract is run on. Another is another constant here. */
import { startAedes } from "./aedes.js";
import type { BrokerKind } from "./broker.js";
import { Mosquitto } from "./mosquitto.js";

/** Its bounds are for many small clients: some of our messages would be dropped. */
const UNBOUNDED = ["max_queued_messages 0", "set_tcp_nodelay true"];

export const mosquitto: BrokerKind = {
  name: "mosquitto",
  manners: {
    forbiddenSubscription: 1,
    forbiddenPublish: "acknowledged and dropped",
    passesOn: "release",
  },
  start: ({ users, only } = {}) =>
    Mosquitto.start({
      persistence: false,
      config: UNBOUNDED,
      ...(users === undefined ? {} : { users }),
      ...(only === undefined ? {} : { acl: [`pattern readwrite ${only}/#`] }),
    }),
  startLasting: () => Mosquitto.start({ config: UNBOUNDED }),
};

export const aedes: BrokerKind = {
  name: "aedes",
  manners: {
    forbiddenSubscription: undefined,
    forbiddenPublish: "connection closed",
    passesOn: "publish",
  },
  start: startAedes,
};

/** What must hold between the client and any broker, over real TCP. */
import type { BrokerKind } from "../../support/broker.js";
import { access } from "./access.js";
import { delivery } from "./delivery.js";
import { faults } from "./faults.js";
import { handshakes } from "./handshake.js";
import { longTopics } from "./long-topics.js";
import { payloads } from "./payloads.js";
import { released } from "./released.js";
import { sessions } from "./sessions.js";
import { strangers } from "./strangers.js";
import { unsubscribed } from "./unsubscribed.js";
import { volume } from "./volume.js";

export function brokerContract(kind: BrokerKind): void {
  delivery(kind);
  access(kind);
  sessions(kind);
  released(kind);
  strangers(kind);
  unsubscribed(kind);
  handshakes(kind);
  faults(kind);
  payloads(kind);
  longTopics(kind);
  volume(kind);
}

/** What must hold between the client and any broker, over real TCP. */
import type { BrokerKind } from "../../support/broker.js";
import { access } from "./access.js";
import { delivery } from "./delivery.js";

export function brokerContract(kind: BrokerKind): void {
  delivery(kind);
  access(kind);
}

/** What the broker keeps of one client: subscriptions, what is to be delivered, and what the client has under way. */
import type { QoS } from "../../../src/mqtt/api.js";
import { Conduct } from "./conduct.js";
import type { BrokerMessage } from "./message.js";

/** Waits to be sent for the first time. */
export const QUEUED = 0;
/** PUBLISH has been sent. */
export const PUBLISHED = 1;
/** PUBREC has come, so that PUBREL is to be sent or was. */
export const RELEASED = 2;

/** A message on its way to the client with QoS 1 or 2. */
export interface Delivery {
  readonly message: BrokerMessage;
  readonly QoS: QoS;
  readonly retain: boolean;
  /** 0 while it is queued. */
  id: number;
  state: number;
}

export class BrokerSession {
  readonly id: string;
  /** It ends with its connection. */
  readonly clean: boolean;
  /** Granted QoS by filter. */
  readonly subscriptions = new Map<string, QoS>();
  /** In the order in which they are to be sent. */
  readonly deliveries: Delivery[] = [];
  /** QoS 2 messages received and not released, by packet identifier. Section 4.3.3. */
  readonly received = new Map<number, BrokerMessage>();
  readonly conduct = new Conduct();

  constructor(id: string, clean: boolean) {
    this.id = id;
    this.clean = clean;
  }

  find(id: number): Delivery | undefined {
    for (const delivery of this.deliveries) if (delivery.id === id && delivery.state !== QUEUED) return delivery;
    return undefined;
  }

  remove(delivery: Delivery): void {
    const index = this.deliveries.indexOf(delivery);
    if (index >= 0) this.deliveries.splice(index, 1);
  }
}

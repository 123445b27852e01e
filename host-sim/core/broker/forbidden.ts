/** What a broker does not bear of a client, as AWS IoT Core does not bear a topic that a policy forbids. */
import type { BrokerMessage } from "./message.js";

export type What = "filter" | "topic" | "size" | "QoS 2";

export interface Forbidden {
  readonly what: What;
  /** It closes the connection, or sends an answer that is none to what has come, at which the client has to close. */
  readonly how: "close" | "wrong answer";
  /** Which filters or topics: every third, by this remainder. */
  readonly share: number;
}

/** Longest payload in bytes, where size is what counts. */
const LONGEST = 200;
const SHARES = 3;

/** What of it is forbidden: filters, or the topic, or the message by its fingerprint. Empty where nothing is. */
export function forbiddenOf({ what, share }: Forbidden, given: BrokerMessage | readonly string[]): string[] {
  if (!("topic" in given)) return what === "filter" ? given.filter((filter) => isOfShare(filter, share)) : [];
  const { topic, payload, QoS, print } = given;
  if (what === "topic") return isOfShare(topic, share) ? [topic] : [];
  return (what === "size" && payload.length > LONGEST) || (what === "QoS 2" && QoS === 2) ? [`message ${print}`] : [];
}

function isOfShare(text: string, share: number): boolean {
  let sum = 0;
  for (let index = 0; index < text.length; index++) sum = (sum * 31 + text.charCodeAt(index)) % 65_521;
  return sum % SHARES === share;
}

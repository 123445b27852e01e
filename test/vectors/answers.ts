/** What an answer of the peer does to what was sent: data for the tests, which run them in Node.js and on XS. */
import { COMPLETE, IGNORE, RELEASE } from "../../src/mqtt/inflight.js";

export type AnswerName = "PUBACK" | "PUBREC" | "PUBCOMP";
export type SentName =
  | "PUBLISH with QoS 1"
  | "PUBLISH with QoS 2"
  | "PUBREL"
  | "nothing yet on this connection"
  | "nothing: the identifier is free";

/** The answer, what was sent, and what follows: an action of inflight.ts, or the rule that is broken. */
export const ANSWERS: readonly (readonly [answer: AnswerName, sent: SentName, expected: number | string])[] =
  Object.freeze([
    ["PUBACK", "PUBLISH with QoS 1", COMPLETE],
    ["PUBREC", "PUBLISH with QoS 1", "MQTT-4.3.3-2"],
    ["PUBCOMP", "PUBLISH with QoS 1", "MQTT-4.3.3-2"],
    ["PUBACK", "PUBLISH with QoS 2", "MQTT-4.3.2-2"],
    ["PUBREC", "PUBLISH with QoS 2", RELEASE],
    ["PUBCOMP", "PUBLISH with QoS 2", "MQTT-4.3.3-2"],
    ["PUBACK", "PUBREL", "MQTT-4.3.2-2"],
    ["PUBREC", "PUBREL", RELEASE],
    ["PUBCOMP", "PUBREL", COMPLETE],
    ["PUBACK", "nothing yet on this connection", "MQTT-4.3.2-2"],
    ["PUBREC", "nothing yet on this connection", "MQTT-4.3.3-2"],
    ["PUBCOMP", "nothing yet on this connection", "MQTT-4.3.3-2"],
    ["PUBACK", "nothing: the identifier is free", IGNORE],
    ["PUBREC", "nothing: the identifier is free", RELEASE],
    ["PUBCOMP", "nothing: the identifier is free", IGNORE],
  ] as const);

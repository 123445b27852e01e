/** Chapters 4 and 7: sessions, hand-shakes, order, topics, errors, and what conformance is. */
import type { Statement, Violation } from "../statement.js";
import { CLIENT, COMES, HOSTILE, REDELIVERY, SENT } from "./names.js";

const IN_ORDER = `${CLIENT} > acknowledges in the order in which messages came, of one QoS and of both`;
const NAME = "mqtt/wire/topic > a topic name > may not be";
const FILTER = "mqtt/wire/topic > a topic filter > may not be";
const TYPES: Readonly<Record<string, number>> = { PUBACK: 4, PUBREC: 5, PUBREL: 6 };

/** Answers of that type go out before those that wait. */
function overtaking(type: string): Violation {
  return {
    changes: [
      [
        "this.answers.push(type * 0x10000 + id);",
        `this.answers[type === ${TYPES[type]} ? "unshift" : "push"](type * 0x10000 + id);`,
      ],
    ],
  };
}

export const OPERATION: readonly Statement[] = [
  {
    number: "MQTT-4.1.0-1",
    demands: "The client keeps the session's state as long as the session lasts.",
    tests: [
      `${CLIENT} > keeps what is not acknowledged for as long as the session lasts, over any number of connections`,
      "mqtt/power-cut > power that fails at a change of the store > never costs an accepted message, nor doubles one with QoS 2 either way",
    ],
    violation: {
      changes: [["  rewind(): void {\n", "  rewind(): void {\n    while (this._sent > 0) this.remove(0);\n"]],
    },
  },
  {
    number: "MQTT-4.1.0-2",
    demands: "A session lasts at least as long as its connection.",
    tests: [
      `${COMES} > with QoS 2 is handed over once, however often it comes, also across reconnects`,
      "mqtt/subscriptions > a message > goes to every handler whose filter matches, else to onReadable",
    ],
    violation: {
      changes: [["if (!this.received.has(id)) this.received.add(id, begun?.print ?? 0);", "this.received.delete(id);"]],
    },
  },
  {
    number: "MQTT-4.3.1-1",
    demands: "QoS 0: PUBLISH goes with QoS 0 and DUP 0.",
    tests: [`${SENT} > with QoS 0 is delivered when it is handed to the socket`],
    violation: {
      changes: [["= (PUBLISH << 4) | (QoS << 1) |", "= (PUBLISH << 4) | ((QoS || 1) << 1) |"]],
    },
  },
  {
    number: "MQTT-4.3.2-1",
    demands: "QoS 1: PUBLISH goes first with an unused identifier and DUP 0, and is unacknowledged until PUBACK comes.",
    tests: [
      `${SENT} > with QoS 1 is delivered by PUBACK`,
      `${REDELIVERY} > sends without DUP what was not sent before`,
      `${REDELIVERY} > sends again what was not acknowledged, with DUP and the same identifier`,
    ],
    violation: {
      changes: [["packet[0] = entry.attempted ? first | DUP : first & ~DUP;", "packet[0] = first | DUP;"]],
    },
  },
  {
    number: "MQTT-4.3.2-2",
    demands: "QoS 1: PUBACK answers PUBLISH; after it the same identifier is a new message, DUP or not.",
    tests: [`${COMES} > with QoS 1 is handed over as often as it comes, and answered each time`],
    violation: {
      changes: [
        [
          "this.repeated = QoS === 2 && inbox.isRepeated(id, duplicate, print);",
          "this.repeated = (QoS === 1 && duplicate) || (QoS === 2 && inbox.isRepeated(id, duplicate, print));",
        ],
      ],
    },
  },
  {
    number: "MQTT-4.3.3-1",
    demands:
      "QoS 2: PUBLISH goes first with an unused identifier and DUP 0; PUBREC is answered with PUBREL, which is unacknowledged until PUBCOMP comes; PUBLISH is not sent again after it.",
    tests: [
      `${SENT} > with QoS 2 is released by PUBREC and delivered by PUBCOMP`,
      `${REDELIVERY} > goes on with PUBREL after PUBREC, and never sends the message again`,
      `${REDELIVERY} > answers a PUBREC that the broker repeats, and one for a message that is done`,
    ],
    violation: { changes: [["    entry.released = true;\n", ""]] },
  },
  {
    number: "MQTT-4.3.3-2",
    demands:
      "QoS 2: PUBREC answers PUBLISH each time until PUBREL comes, and the message goes no further twice; PUBCOMP answers PUBREL; after it the same identifier is a new message.",
    tests: [
      `${COMES} > with QoS 2 is handed over once, however often it comes, also across reconnects`,
      `${COMES} > is released as often as the broker asks, known or not`,
      "mqtt/session > an incoming QoS 2 message > that was answered is not handed over again after a loss of power",
    ],
    violation: {
      changes: [["if (!this._doubtful || (duplicate && print === this.received.printOf(id))) return true;", ""]],
    },
  },
  {
    number: "MQTT-4.4.0-1",
    demands:
      "After a reconnect with Clean Session 0, PUBLISH and PUBREL that are unacknowledged go again, identifiers unchanged.",
    tests: [
      `${REDELIVERY} > sends again what was not acknowledged, with DUP and the same identifier`,
      `${REDELIVERY} > goes on with PUBREL after PUBREC, and never sends the message again`,
      "mqtt/session > a message that was accepted survives a loss of power > after PUBREC: only PUBREL is sent",
    ],
    violation: { changes: [["  rewind(): void {\n    this._sent = 0;\n", "  rewind(): void {\n"]] },
  },
  {
    number: "MQTT-4.5.0-2",
    demands: "Every PUBLISH is acknowledged as its QoS asks for, whether or not anybody wants the message.",
    tests: [`${CLIENT} > acknowledges what nobody has subscribed to, and what its handler throws at`],
    violation: {
      changes: [
        [
          "if (this.session.subscriptions.dispatch(message, this.handle) > 0) return;",
          'if (this.session.subscriptions.dispatch(message, this.handle) === 0) throw new Error("nobody wants it");',
        ],
      ],
    },
  },
  {
    number: "MQTT-4.6.0-1",
    demands: "PUBLISH packets are sent again in the order in which they were sent.",
    tests: [`${REDELIVERY} > keeps the original order, PUBREL and PUBLISH mixed, the backlog behind`],
    violation: {
      changes: [["  rewind(): void {\n", "  rewind(): void {\n    this.entries.reverse();\n"]],
    },
  },
  {
    number: "MQTT-4.6.0-2",
    demands: "PUBACK packets go in the order in which the messages came.",
    tests: [IN_ORDER],
    violation: overtaking("PUBACK"),
  },
  {
    number: "MQTT-4.6.0-3",
    demands: "PUBREC packets go in the order in which the messages came.",
    tests: [IN_ORDER],
    violation: overtaking("PUBREC"),
  },
  {
    number: "MQTT-4.6.0-4",
    demands: "PUBREL packets go in the order in which PUBREC packets came.",
    tests: [`${SENT} > is confirmed in whatever order the broker likes`],
    violation: overtaking("PUBREL"),
  },
  {
    number: "MQTT-4.7.1-1",
    demands: "Wildcards stand in filters only, not in topic names.",
    tests: [
      `${NAME} "a+b": MQTT-3.3.2-2`,
      `${NAME} "sport/#": MQTT-3.3.2-2`,
      "mqtt/bounds > publish() refuses > a wildcard",
    ],
    violation: {
      changes: [
        [
          "return topic.includes(MULTI_LEVEL) || topic.includes(SINGLE_LEVEL);",
          "return topic.endsWith(SINGLE_LEVEL) && topic === SINGLE_LEVEL;",
        ],
      ],
    },
  },
  {
    number: "MQTT-4.7.1-2",
    demands: "# is alone or behind a separator, and the last character of its filter.",
    tests: [
      `${FILTER} "sport/tennis#": MQTT-4.7.1-2`,
      `${FILTER} "sport/tennis/#/ranking": MQTT-4.7.1-2`,
      "mqtt/subscriptions > subscribe() > refuses what is wrong and then changes nothing",
    ],
    violation: {
      changes: [["if (level.includes(MULTI_LEVEL) && (level !== MULTI_LEVEL || index !== last)) {", "if (false) {"]],
    },
  },
  {
    number: "MQTT-4.7.1-3",
    demands: "+ fills a whole level of its filter.",
    tests: [`${FILTER} "sport+": MQTT-4.7.1-3`, `${FILTER} "a/+b/c": MQTT-4.7.1-3`],
    violation: {
      changes: [["if (level.includes(SINGLE_LEVEL) && level !== SINGLE_LEVEL) {", "if (false) {"]],
    },
  },
  {
    number: "MQTT-4.7.3-1",
    demands: "Topic names and filters have at least one character.",
    tests: [
      `${NAME} "": MQTT-4.7.3-1`,
      `${FILTER} "": MQTT-4.7.3-1`,
      "mqtt/bounds > publish() refuses > an empty topic",
    ],
    violation: {
      changes: [["if (length === 0) throw", "if (false) throw"]],
    },
  },
  {
    number: "MQTT-4.7.3-2",
    demands: "Topic names and filters hold no U+0000.",
    tests: [`${NAME} "a\\u0000": MQTT-1.5.3-1`, `${FILTER} "a\\u0000": MQTT-1.5.3-1`],
    violation: { changes: [["if (code === 0 && !allowNull) return -1;", ""]] },
  },
  {
    number: "MQTT-4.7.3-3",
    demands: "Topic names and filters take at most 65,535 bytes as UTF-8.",
    tests: [
      "mqtt/wire/topic > a topic name > may be 65,535 bytes long, and no longer",
      "mqtt/wire/topic > a topic filter > may be 65,535 bytes long, and no longer",
    ],
    violation: {
      changes: [
        ['if (length > MAXIMUM_FIELD_LENGTH) throw misuse("MQTT-4.7.3-3"', 'if (false) throw misuse("MQTT-4.7.3-3"'],
      ],
    },
  },
  {
    number: "MQTT-4.8.0-1",
    demands: "A protocol violation ends the connection it came on.",
    tests: [`${HOSTILE} > a second CONNACK`, `${HOSTILE} > PUBLISH before CONNACK`, `${HOSTILE} > a wrong length`],
    violation: {
      changes: [["if (((EXPECTED[this.state] as number) & (1 << type)) === 0) {", "if (false) {"]],
    },
  },
  {
    number: "MQTT-4.8.0-2",
    demands: "A packet that cannot be dealt with for a passing reason ends the connection it came on.",
    tests: [
      "mqtt/session-store > a store that refuses > an incoming QoS 2 message: it is not answered, and comes again on the next connection",
      "mqtt/hostile > a broker with more QoS 2 messages under way than maximumReceived > is left, by name",
    ],
    violation: {
      changes: [
        [
          "session.inbox.hold(id, print, message);",
          "try { session.inbox.hold(id, print, message); } catch { return; }",
        ],
      ],
    },
  },
  {
    number: "MQTT-7.0.0-2",
    demands: "Nothing beyond the specification is needed to work with another conforming implementation.",
    tests: ["integration/aedes > with aedes", "integration/mosquitto > with mosquitto"],
    violation: "what is not needed does not show; brokers that know nothing of this client show that it is not",
  },
  {
    number: "MQTT-7.1.2-1",
    demands: "A transport that delivers bytes in order and without loss, both ways, is supported.",
    tests: [
      "integration/mosquitto > with mosquitto",
      "mqtt/backpressure > through a window of 7 bytes > all packets go out whole, never more at once than there is room",
    ],
    violation: "it is a property of the platform's sockets, which test/contract holds to it",
  },
];

/** Section 3.1: CONNECT. */
import type { Statement } from "../statement.js";
import { BYTES, CLIENT, COMES, encode, REDELIVERY } from "./names.js";

const CONNECT_BYTES = `${BYTES} > CONNECT with every combination of will, user, password, Clean Session and keepalive`;
const CONNECT_PLAIN = "mqtt/connecting > CONNECT > asks for a session that lasts and a keepalive of a minute";
const CONNECT_FULL = "mqtt/connecting > CONNECT > says what the options say";
const CONNECT_EMPTY = "mqtt/connecting > CONNECT > takes bytes for password and will message, and empty ones";
const REFUSES = "mqtt/connecting > a client > refuses";

export const CONNECTING: readonly Statement[] = [
  {
    number: "MQTT-3.1.0-1",
    demands: "CONNECT is the first packet on a connection.",
    tests: ["mqtt/connecting > CONNECT > is all that is sent until CONNACK"],
    violation: {
      changes: [["this.begin(connect);", "this.begin(Uint8Array.of(0xc0, 0, ...connect));"]],
    },
  },
  {
    number: "MQTT-3.1.0-2",
    demands: "CONNECT is sent once on a connection.",
    tests: [`${CLIENT} > sends CONNECT once on a connection, whatever happens on it`],
    violation: {
      changes: [
        [
          "this.sender.ready();",
          "this.sender.ready();\n    this.sender.open(encodeConnect({ ...this.options, keepAlive: 60 }), this.deadlines.receivedAt);",
        ],
      ],
    },
  },
  {
    number: "MQTT-3.1.2-4",
    demands: "With Clean Session 0 the client keeps the session when the connection ends, and goes on with it.",
    tests: [
      `${REDELIVERY} > sends again what was not acknowledged, with DUP and the same identifier`,
      `${COMES} > with QoS 2 is handed over once, however often it comes, also across reconnects`,
      "mqtt/power-cut > power that fails at a change of the store > never costs an accepted message, nor doubles one with QoS 2 either way",
    ],
    violation: {
      changes: [["const wasOnline = this._online;", "const wasOnline = this._online;\n    this.inbox.clear();"]],
    },
  },
  {
    number: "MQTT-3.1.2-6",
    demands: "With Clean Session 1 what was before is discarded, and nothing of this session is used in another.",
    tests: [
      `${CLIENT} > takes nothing of one clean session into the next: identifiers, DUP and subscriptions begin anew`,
      "mqtt/subscriptions > after a reconnect > all is asked for again with Clean Session",
    ],
    violation: {
      changes: [["if (!resumed) session.startOver(this.published);", ""]],
    },
  },
  {
    number: "MQTT-3.1.2-9",
    demands: "With the Will Flag, will topic and will message are in the payload.",
    tests: [CONNECT_FULL, CONNECT_BYTES],
    violation: encode([
      "at = writePrefixed(will.message, packet, writePrefixed(will.topic, packet, at));",
      "at = writePrefixed(will.topic, packet, at);",
    ]),
  },
  {
    number: "MQTT-3.1.2-11",
    demands: "Without the Will Flag, Will QoS and Will Retain are 0, and neither will topic nor will message is there.",
    tests: [CONNECT_PLAIN, CONNECT_BYTES],
    violation: encode([
      "let remaining = 10 + 2 + fieldLength(id);",
      "let remaining = 10 + 2 + fieldLength(id) + (will === undefined ? 4 : 0);",
    ]),
  },
  {
    number: "MQTT-3.1.2-13",
    demands: "Without the Will Flag, Will QoS is 0.",
    tests: [CONNECT_PLAIN, CONNECT_BYTES],
    violation: encode([
      "let flags = fields.clean ? CLEAN_SESSION : 0;",
      "let flags = (fields.clean ? CLEAN_SESSION : 0) | (will === undefined ? 0x08 : 0);",
    ]),
  },
  {
    number: "MQTT-3.1.2-14",
    demands: "Will QoS is never 3.",
    tests: [`${REFUSES} a will with QoS 3`],
    violation: {
      changes: [['if (QoS !== 0 && QoS !== 1 && QoS !== 2) throw wrong("QoS", "0, 1 or 2", QoS);', ""]],
    },
  },
  {
    number: "MQTT-3.1.2-15",
    demands: "Without the Will Flag, Will Retain is 0.",
    tests: [CONNECT_PLAIN, CONNECT_BYTES],
    violation: encode([
      "let flags = fields.clean ? CLEAN_SESSION : 0;",
      "let flags = (fields.clean ? CLEAN_SESSION : 0) | (will === undefined ? WILL_RETAIN : 0);",
    ]),
  },
  {
    number: "MQTT-3.1.2-18",
    demands: "Without the User Name Flag there is no user name.",
    tests: [CONNECT_PLAIN, CONNECT_BYTES],
    violation: encode([
      "let remaining = 10 + 2 + fieldLength(id);",
      "let remaining = 10 + 2 + fieldLength(id) + (user === undefined ? 2 : 0);",
    ]),
  },
  {
    number: "MQTT-3.1.2-19",
    demands: "With the User Name Flag there is a user name.",
    tests: [CONNECT_FULL, CONNECT_EMPTY, CONNECT_BYTES],
    violation: encode(
      ["    remaining += 2 + fieldLength(user);\n", ""],
      ["if (user !== undefined) at = writePrefixed(user, packet, at);", ""],
    ),
  },
  {
    number: "MQTT-3.1.2-20",
    demands: "Without the Password Flag there is no password.",
    tests: [CONNECT_PLAIN, CONNECT_BYTES],
    violation: encode([
      "let remaining = 10 + 2 + fieldLength(id);",
      "let remaining = 10 + 2 + fieldLength(id) + (password === undefined ? 2 : 0);",
    ]),
  },
  {
    number: "MQTT-3.1.2-21",
    demands: "With the Password Flag there is a password.",
    tests: [CONNECT_FULL, CONNECT_EMPTY, CONNECT_BYTES],
    violation: encode(
      ["    remaining += 2 + fieldLength(password, true);\n", ""],
      ["if (password !== undefined) writePrefixed(password, packet, at);", ""],
    ),
  },
  {
    number: "MQTT-3.1.2-22",
    demands: "Without the User Name Flag the Password Flag is 0.",
    tests: [`${REFUSES} a password without user`],
    violation: {
      changes: [['if (user === undefined) throw misuse("MQTT-3.1.2-22", "option password needs option user");', ""]],
    },
  },
  {
    number: "MQTT-3.1.2-23",
    demands: "The client is never silent for longer than the keep alive: PINGREQ goes when nothing else does.",
    tests: [
      "mqtt/deadlines > keepalive > sends PINGREQ when nothing was sent or received for the interval",
      "mqtt/deadlines > keepalive > sends PINGREQ when messages come in and nothing goes out",
      "mqtt/doubt > keepalive shorter than the deadline of answers > goes on with PINGREQ while PINGRESP is waited for, so that the broker does not give up",
    ],
    violation: {
      changes: [
        [
          "return pingAt === undefined ? Math.max(sent, elapsed(now, this.receivedAt)) : sent;",
          "return elapsed(now, this.receivedAt);",
        ],
      ],
    },
  },
  {
    number: "MQTT-3.1.3-1",
    demands:
      "The fields of the payload stand in the order client identifier, will topic, will message, user name, password.",
    tests: [CONNECT_FULL, CONNECT_BYTES],
    violation: encode([
      "at = writePrefixed(will.message, packet, writePrefixed(will.topic, packet, at));",
      "at = writePrefixed(will.topic, packet, writePrefixed(will.message, packet, at));",
    ]),
  },
  {
    number: "MQTT-3.1.3-2",
    demands: "The state of a session belongs to its client identifier.",
    tests: [
      "mqtt/session > what the broker knows of subscriptions survives a loss of power > with a broker of another name or a client of another id only",
    ],
    violation: {
      changes: [["settled.id}@", '""}@']],
    },
  },
  {
    number: "MQTT-3.1.3-3",
    demands: "The client identifier is there, and is the first field of the payload.",
    tests: [CONNECT_FULL, CONNECT_EMPTY, CONNECT_BYTES],
    violation: encode(["at = writePrefixed(id, packet, at);", "at += 0;"]),
  },
  {
    number: "MQTT-3.1.3-4",
    demands: "The client identifier is a UTF-8 string.",
    tests: [`${REFUSES} an id with U+0000`, CONNECT_FULL],
    violation: { changes: [['checkField(id, "option id");', ""]] },
  },
  {
    number: "MQTT-3.1.3-7",
    demands: "An empty client identifier goes with Clean Session 1 only.",
    tests: [`${REFUSES} an empty id without clean`],
    violation: { changes: [['if (id === "" && !clean)', "if (false)"]] },
  },
  {
    number: "MQTT-3.1.3-10",
    demands: "The will topic is a UTF-8 string.",
    tests: [`${CLIENT} > takes no filter, user name or will topic that is no UTF-8: "\\udc00"`, CONNECT_BYTES],
    violation: { changes: [["\n  checkTopicName(topic);\n", "\n"]] },
  },
  {
    number: "MQTT-3.1.3-11",
    demands: "The user name is a UTF-8 string.",
    tests: [`${REFUSES} a user with a lone surrogate`, CONNECT_FULL],
    violation: { changes: [['if (user !== undefined) checkField(user, "option user");', ""]] },
  },
];

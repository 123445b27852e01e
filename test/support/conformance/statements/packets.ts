/** Sections 3.3 to 3.14: PUBLISH, PUBREL, SUBSCRIBE, UNSUBSCRIBE and DISCONNECT. */
import type { Statement } from "../statement.js";
import { BYTES, CLIENT, COMES, encode, HOSTILE, REDELIVERY, SENT } from "./names.js";

const PUBLISH_BYTES = `${BYTES} > PUBLISH with every QoS and retain`;
const REQUEST_BYTES = `${BYTES} > SUBSCRIBE and UNSUBSCRIBE with several filters`;

export const PUBLISHING: readonly Statement[] = [
  {
    number: "MQTT-3.3.1-1",
    demands: "PUBLISH that is sent again has DUP 1.",
    tests: [
      `${REDELIVERY} > sends again what was not acknowledged, with DUP and the same identifier`,
      "mqtt/session > a message that was accepted survives a loss of power > after it was sent with QoS 2: it is sent again with DUP and its identifier",
    ],
    violation: {
      changes: [["packet[0] = entry.attempted ? first | DUP : first & ~DUP;", "packet[0] = first & ~DUP;"]],
    },
  },
  {
    number: "MQTT-3.3.1-2",
    demands: "PUBLISH with QoS 0 has DUP 0.",
    tests: [
      `${SENT} > with QoS 0 is delivered when it is handed to the socket`,
      PUBLISH_BYTES,
      `${HOSTILE} > DUP with QoS 0`,
    ],
    violation: encode(["= (PUBLISH << 4) | (QoS << 1) |", "= (PUBLISH << 4) | (QoS << 1) | (QoS === 0 ? 8 : 0) |"]),
  },
  {
    number: "MQTT-3.3.1-4",
    demands: "PUBLISH never has both QoS bits set; one that has ends the connection.",
    tests: [`${HOSTILE} > QoS 3`, "mqtt/bounds > publish() refuses > QoS 3"],
    violation: {
      changes: [
        ['if ((flags & 0x06) === 0x06) throw violation("MQTT-3.3.1-4", "PUBLISH with both QoS bits set");', ""],
      ],
    },
  },
  {
    number: "MQTT-3.3.2-1",
    demands: "The topic name is the first field of PUBLISH, and a UTF-8 string.",
    tests: [PUBLISH_BYTES, `${SENT} > with QoS 1 is delivered by PUBACK`],
    violation: encode([
      "let at = writePrefixed(topic, packet, headerLength(packet));\n  if (QoS > 0) at = writeUint16(id, packet, at);",
      "let at = headerLength(packet);\n  if (QoS > 0) at = writeUint16(id, packet, at);\n  at = writePrefixed(topic, packet, at);",
    ]),
  },
  {
    number: "MQTT-3.3.2-2",
    demands: "The topic name of PUBLISH holds no wildcard.",
    tests: ["mqtt/bounds > publish() refuses > a wildcard", `${HOSTILE} > a topic with a wildcard`],
    violation: { changes: [["if (hasWildcard(topic)) throw misuse(", "if (false) throw misuse("]] },
  },
  {
    number: "MQTT-3.3.4-1",
    demands: "PUBLISH is answered as its QoS asks for: not at all, with PUBACK, with PUBREC.",
    tests: [
      `${COMES} > with QoS 0 is handed over and not answered`,
      `${COMES} > with QoS 1 is handed over as often as it comes, and answered each time`,
      `${COMES} > may be empty`,
    ],
    violation: {
      changes: [["this.answer(PUBREC, next.id);", "this.answer(PUBACK, next.id);"]],
    },
  },
  {
    number: "MQTT-3.6.1-1",
    demands: "The flags of PUBREL are 0010.",
    tests: [`${SENT} > with QoS 2 is released by PUBREC and delivered by PUBCOMP`, `${BYTES} > pubrel`],
    violation: {
      changes: [["writeAcknowledgement(type, type === PUBREL ? RESERVED_FLAGS : 0", "writeAcknowledgement(type, 0"]],
    },
  },
];

export const SUBSCRIBING: readonly Statement[] = [
  {
    number: "MQTT-3.8.1-1",
    demands: "The flags of SUBSCRIBE are 0010.",
    tests: [
      REQUEST_BYTES,
      "mqtt/subscriptions > subscribe() > sends one SUBSCRIBE for several filters and tells each one's result",
    ],
    violation: encode([
      "begin((type << 4) | RESERVED_FLAGS, remaining)",
      "begin((type << 4) | (withQoS ? 0 : RESERVED_FLAGS), remaining)",
    ]),
  },
  {
    number: "MQTT-3.8.3-1",
    demands: "The filters of SUBSCRIBE are UTF-8 strings.",
    tests: [
      `${CLIENT} > takes no filter, user name or will topic that is no UTF-8: "\\udc00"`,
      `${CLIENT} > sends filters as UTF-8, and no SUBSCRIBE or UNSUBSCRIBE without any`,
      REQUEST_BYTES,
    ],
    violation: {
      changes: [["utf8Length(text);\n  if (length < 0)", "utf8Length(text);\n  if (false)"]],
    },
  },
  {
    number: "MQTT-3.8.3-3",
    demands: "SUBSCRIBE holds at least one filter.",
    tests: [
      `${CLIENT} > sends filters as UTF-8, and no SUBSCRIBE or UNSUBSCRIBE without any`,
      "mqtt/subscriptions > subscribe() > sends one SUBSCRIBE for several filters and tells each one's result",
    ],
    violation: {
      changes: [["single ? 1 : FILTERS_PER_PACKET", "type === SUBSCRIBE ? 0 : FILTERS_PER_PACKET"]],
    },
  },
  {
    number: "MQTT-3.10.1-1",
    demands: "The flags of UNSUBSCRIBE are 0010.",
    tests: [REQUEST_BYTES, "mqtt/subscriptions > unsubscribe() > sends one UNSUBSCRIBE and tells when it is confirmed"],
    violation: encode([
      "begin((type << 4) | RESERVED_FLAGS, remaining)",
      "begin((type << 4) | (withQoS ? RESERVED_FLAGS : 0), remaining)",
    ]),
  },
  {
    number: "MQTT-3.10.3-1",
    demands: "The filters of UNSUBSCRIBE are UTF-8 strings, one behind the other.",
    tests: [
      `${CLIENT} > takes no filter, user name or will topic that is no UTF-8: "\\udc00"`,
      `${CLIENT} > sends filters as UTF-8, and no SUBSCRIBE or UNSUBSCRIBE without any`,
      REQUEST_BYTES,
    ],
    violation: encode([
      "at = writePrefixed(one.filter, packet, at);",
      "at = writePrefixed(withQoS ? one.filter : new Uint8Array(utf8Length(one.filter)).fill(0xff), packet, at);",
    ]),
  },
  {
    number: "MQTT-3.10.3-2",
    demands: "UNSUBSCRIBE holds at least one filter.",
    tests: [
      `${CLIENT} > sends filters as UTF-8, and no SUBSCRIBE or UNSUBSCRIBE without any`,
      "mqtt/subscriptions > unsubscribe() > sends one UNSUBSCRIBE and tells when it is confirmed",
    ],
    violation: {
      changes: [["single ? 1 : FILTERS_PER_PACKET", "type === UNSUBSCRIBE ? 0 : FILTERS_PER_PACKET"]],
    },
  },
  {
    number: "MQTT-3.14.4-1",
    demands: "After DISCONNECT the client closes the connection.",
    tests: ["mqtt/closing > close() > sends DISCONNECT and says when it is done"],
    violation: {
      changes: [["return this.state === LEAVING && !this.sender.busy;", "return false;"]],
    },
  },
  {
    number: "MQTT-3.14.4-2",
    demands: "After DISCONNECT the client sends nothing on that connection.",
    tests: [`${CLIENT} > sends nothing behind DISCONNECT, not even what is accepted while it is on its way`],
    violation: {
      changes: [
        [
          "    this._ready = false;\n    this.early = 0;\n    this.begin(this.small, writeBare(DISCONNECT",
          "    this.begin(this.small, writeBare(DISCONNECT",
        ],
      ],
    },
  },
];

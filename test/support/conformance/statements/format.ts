/** Chapters 1 and 2: strings, fixed headers, packet identifiers. */
import type { Statement } from "../statement.js";
import { BYTES, CLIENT, COMES, HOSTILE, REDELIVERY, SENT } from "./names.js";

export const FORMAT: readonly Statement[] = [
  {
    number: "MQTT-1.5.3-1",
    demands: "Strings are well-formed UTF-8, without surrogates; a packet with one that is not ends the connection.",
    tests: [
      "mqtt/wire/utf8 > UTF-8 > is read as TextDecoder reads it, or refused with the rule broken",
      `${HOSTILE} > a topic that is no UTF-8`,
      'conformance/client > the client > takes no filter, user name or will topic that is no UTF-8: "\\udc00"',
    ],
    violation: {
      changes: [["this.most = byte === 0xed ? 0x9f : byte === 0xf4 ? 0x8f : 0xbf;", "this.most = 0xbf;"]],
    },
  },
  {
    number: "MQTT-1.5.3-2",
    demands: "Strings hold no U+0000; a packet with one that does ends the connection.",
    tests: [
      `${HOSTILE} > a topic with U+0000`,
      "mqtt/wire/utf8 > UTF-8 > is refused in a field for U+0000 [MQTT-1.5.3-2]",
    ],
    violation: {
      changes: [["} else if (byte === 0) break;", "}"]],
    },
  },
  {
    number: "MQTT-1.5.3-3",
    demands: "The bytes EF BB BF are U+FEFF wherever they stand; a receiver does not drop them.",
    tests: ["mqtt/wire/utf8 > UTF-8 > keeps U+FEFF, which is no byte order mark here [MQTT-1.5.3-3]"],
    violation: { changes: [["codes.push(code);", "if (code !== 0xfeff) codes.push(code);"]] },
  },
  {
    number: "MQTT-2.2.2-1",
    demands: "Reserved flags of the fixed header are sent as the table of flag bits has them.",
    tests: [
      `${BYTES} > PINGREQ and DISCONNECT`,
      `${BYTES} > puback`,
      "mqtt/closing > close() > sends DISCONNECT and says when it is done",
    ],
    violation: { changes: [["into[0] = type << 4;", "into[0] = (type << 4) | 1;"]] },
  },
  {
    number: "MQTT-2.2.2-2",
    demands: "A packet with invalid flags ends the connection.",
    tests: [`${HOSTILE} > wrong flags`],
    violation: {
      changes: [["} else if (flags !== (type === PUBREL ? RESERVED_FLAGS : 0)) {", "} else if (flags > 0x0f) {"]],
    },
  },
  {
    number: "MQTT-2.3.1-1",
    demands: "SUBSCRIBE, UNSUBSCRIBE and PUBLISH with QoS 1 or 2 have a packet identifier other than 0.",
    tests: ["mqtt/client-publish > packet identifiers > go round from 65,535 to 1", `${HOSTILE} > packet identifier 0`],
    violation: {
      changes: [["return ((token - 1) % IDENTIFIERS) + 1;", "return token % (IDENTIFIERS + 1);"]],
    },
  },
  {
    number: "MQTT-2.3.1-2",
    demands: "A new packet of these kinds gets an identifier that is not in use.",
    tests: [
      "mqtt/session > a session > never gives an identifier that is in use, however many messages came and went",
      "mqtt/backlog > packet identifiers > of messages that do not move are not given again, in memory, in the backlog or put aside",
    ],
    violation: { changes: [["while (this.inUse(identifierFor(token))) token++;", ""]] },
  },
  {
    number: "MQTT-2.3.1-3",
    demands: "A packet that is sent again keeps its identifier, which is free again once its acknowledgement has come.",
    tests: [
      `${REDELIVERY} > sends again what was not acknowledged, with DUP and the same identifier`,
      `${CLIENT} > keeps what is not acknowledged for as long as the session lasts, over any number of connections`,
      "mqtt/client-publish > packet identifiers > go round from 65,535 to 1",
    ],
    violation: {
      changes: [
        [
          "packet[0] = entry.attempted ? first | DUP : first & ~DUP;",
          "packet[0] = entry.attempted ? first | DUP : first & ~DUP;\n      if (entry.attempted) packet[6] = (packet[6] as number) ^ 1;",
        ],
      ],
    },
  },
  {
    number: "MQTT-2.3.1-5",
    demands: "PUBLISH with QoS 0 has no packet identifier.",
    tests: [
      `${BYTES} > PUBLISH with every QoS and retain`,
      `${SENT} > with QoS 0 is delivered when it is handed to the socket`,
    ],
    violation: {
      changes: [
        ["const variable = 2 + topicLength + (QoS > 0 ? 2 : 0);", "const variable = 2 + topicLength + 2;"],
        ["if (QoS > 0) at = writeUint16(id, packet, at);", "at = writeUint16(id, packet, at);"],
      ],
    },
  },
  {
    number: "MQTT-2.3.1-6",
    demands: "PUBACK, PUBREC and PUBREL have the identifier of the PUBLISH that they belong to.",
    tests: [
      `${COMES} > with QoS 1 is handed over as often as it comes, and answered each time`,
      `${COMES} > with QoS 2 is handed over once, however often it comes, also across reconnects`,
      `${SENT} > with QoS 2 is released by PUBREC and delivered by PUBCOMP`,
    ],
    violation: {
      changes: [["this.answer(QoS === 1 ? PUBACK : PUBREC, id);", "this.answer(QoS === 1 ? PUBACK : PUBREC, id ^ 1);"]],
    },
  },
];

/** Chapter 6: WebSocket as the transport. */
import type { Statement } from "../statement.js";

const OPENER = "transports/websocket/opener";

export const WEBSOCKET: readonly Statement[] = [
  {
    number: "MQTT-6.0.0-1",
    demands: "Over WebSocket, packets travel in binary frames, and any other data frame ends the connection.",
    tests: [
      `${OPENER} > writing > each write is one masked binary frame in one write beneath, and a PUBLISH of 74 bytes is 80`,
      `${OPENER} > reading > a text frame is one clear error, said to the server as code 1002`,
    ],
    violation: {
      changes: [['if (opcode === TEXT) return "a text frame came; MQTT comes in binary frames";', ""]],
    },
  },
  {
    number: "MQTT-6.0.0-2",
    demands: "Over WebSocket, packets need not begin or end where frames do.",
    tests: [
      `${OPENER} > reading > control packets across frame borders come as one stream [MQTT-6.0.0-2]`,
      `${OPENER} > reading > a frame byte by byte is the same`,
    ],
    violation: {
      changes: [["this.fragmented = !last;", 'if (!last) return "a packet is not whole in its frame";']],
    },
  },
  {
    number: "MQTT-6.0.0-3",
    demands: 'Over WebSocket, the client offers the sub protocol "mqtt".',
    tests: [`${OPENER} > the handshake > asks for the subprotocol mqtt, at the path and host that it was given`],
    violation: {
      changes: [
        ["Sec-WebSocket-Version: 13\\r\\nSec-WebSocket-Protocol: ", "Sec-WebSocket-Version: 13\\r\\nX-Protocol: "],
      ],
    },
  },
];

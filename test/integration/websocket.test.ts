import { describe } from "vitest";
import { describeWith } from "../support/describe-with.js";
import { aedesOverWebSocket, mosquittoOverWebSocket } from "../support/kinds.js";
import { access } from "./contract/access.js";
import { delivery } from "./contract/delivery.js";
import { payloads } from "./contract/payloads.js";
import { sessions } from "./contract/sessions.js";
import { volume } from "./contract/volume.js";

// Those parts of the contract whose tests need nothing in between that reads MQTT off a TCP connection. Not the payloads of a
// megabyte, which mosquitto 2.0.11 sends to nobody over WebSocket, whatever client it is.
describeWith("mosquitto", "with mosquitto over WebSocket", () => {
  delivery(mosquittoOverWebSocket);
  access(mosquittoOverWebSocket);
  sessions(mosquittoOverWebSocket);
  volume(mosquittoOverWebSocket);
});

describe("with aedes over WebSocket", () => {
  delivery(aedesOverWebSocket);
  payloads(aedesOverWebSocket);
});

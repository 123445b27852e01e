/** A stream of bytes to a broker, by TCP or WebSocket as its address says. */
import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { createWebSocketStream, WebSocket } from "ws";
import { type BrokerAddress, writeBrokerUrl } from "../../src/platforms/broker-url.js";

/** Bytes of a WebSocket frame at most, for `ws` holds each whole. */
const LARGEST_FRAME = 4_194_304;

/** @param onOpen bytes may be written */
export function openDuplex(broker: BrokerAddress, onOpen: () => void): Duplex {
  if (broker.path === undefined) {
    return connect({ host: broker.host, port: broker.port, noDelay: true }).on("connect", onOpen);
  }
  const socket = new WebSocket(writeBrokerUrl(broker), "mqtt", { maxPayload: LARGEST_FRAME });
  return createWebSocketStream(socket.on("open", onOpen));
}

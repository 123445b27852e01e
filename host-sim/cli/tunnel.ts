/**
 * MQTT from the page to a broker that the page cannot reach, for it is there by TCP only, or whose password the page must not
 * have: user and password are put into CONNECT here.
 */
import { generate, type IConnectPacket, type Packet, parser } from "mqtt-packet";
import { createWebSocketStream, type WebSocket } from "ws";
import type { BrokerAddress } from "../../src/platforms/broker-url.js";
import { openDuplex } from "./duplex.js";

/** Bytes of a CONNECT at most: a page says no more in it than its identifier. */
const LONGEST_CONNECT = 16_384;
/** Milliseconds within which it must be there. */
const PATIENCE = 10_000;
/** Milliseconds that the broker has to close a connection which the page has left. */
const LINGER = 2_000;

/** Codes of a WebSocket's end: RFC 6455 section 7.4.1. */
const PROTOCOL_ERROR = 1002;
const INTERNAL_ERROR = 1011;

export function tunnel(socket: WebSocket, broker: BrokerAddress): void {
  const page = createWebSocketStream(socket);
  const timer = setTimeout(() => socket.close(PROTOCOL_ERROR, "there was no CONNECT"), PATIENCE);
  let taken: Buffer = Buffer.alloc(0);
  const onData = (bytes: Buffer) => {
    taken = Buffer.concat([taken, bytes]);
    const length = lengthOfFirst(taken);
    if (length > LONGEST_CONNECT) return void socket.close(PROTOCOL_ERROR, "the CONNECT is too long");
    if (length === 0 || taken.length < length) return;
    clearTimeout(timer);
    page.off("data", onData).pause();
    const connect = readConnect(taken.subarray(0, length));
    if (connect === undefined) socket.close(PROTOCOL_ERROR, "the first packet must be a CONNECT");
    else join(socket, page, broker, Buffer.concat([withLogin(connect, broker), taken.subarray(length)]));
  };
  page.on("error", () => {});
  page.on("close", () => clearTimeout(timer));
  page.on("data", onData);
}

type Stream = ReturnType<typeof createWebSocketStream>;

function join(socket: WebSocket, page: Stream, broker: BrokerAddress, first: Buffer): void {
  let isOpen = false;
  let problem: string | undefined;
  const upstream = openDuplex(broker, () => {
    isOpen = true;
    upstream.write(first);
    page.pipe(upstream).pipe(page);
  });
  upstream.on("error", (error: NodeJS.ErrnoException) => {
    problem = error.code ?? error.message;
  });
  upstream.on("close", () => {
    const [code, words] = isOpen ? [1000, "closed by the broker"] : [INTERNAL_ERROR, "the broker cannot be reached"];
    // Bytes: a close frame has room for 123 of them.
    socket.close(code, problem === undefined ? words : `${words}: ${problem}`.slice(0, 100));
  });
  page.on("close", () => {
    if (isOpen) setTimeout(() => upstream.destroy(), LINGER).unref();
    else upstream.destroy();
  });
}

/** Bytes of the first packet, by its fixed header (section 2.2.3); 0: not known yet; infinite: it has no length. */
function lengthOfFirst(bytes: Uint8Array): number {
  let remaining = 0;
  for (let digit = 0; digit < 4; digit++) {
    const byte = bytes[1 + digit];
    if (byte === undefined) return 0;
    remaining += (byte & 0x7f) * 128 ** digit;
    if (byte < 0x80) return 2 + digit + remaining;
  }
  return Number.POSITIVE_INFINITY;
}

function readConnect(bytes: Buffer): IConnectPacket | undefined {
  let found: Packet | undefined;
  const decoder = parser();
  decoder.on("packet", (packet) => {
    found = packet;
  });
  decoder.on("error", () => {});
  decoder.parse(bytes);
  return found?.cmd === "connect" ? found : undefined;
}

function withLogin(connect: IConnectPacket, { user, password }: BrokerAddress): Buffer {
  const { username: _, password: __, ...rest } = connect;
  return generate({
    ...rest,
    ...(user === undefined ? {} : { username: user }),
    ...(password === undefined ? {} : { password: Buffer.from(password) }),
  });
}

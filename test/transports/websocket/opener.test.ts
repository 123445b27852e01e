import { describe, expect, test } from "vitest";
import { frame, framesOf, WebSocketRig } from "./rig.js";

const [CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG] = [0, 1, 2, 8, 9, 10];

describe("the handshake", () => {
  test("asks for the subprotocol mqtt, at the path and host that it was given", () => {
    const rig = new WebSocketRig({ path: "/ws?device=porch" });
    expect(rig.request.split("\r\n")).toEqual([
      "GET /ws?device=porch HTTP/1.1",
      "Host: broker.test",
      "Upgrade: websocket",
      "Connection: Upgrade",
      `Sec-WebSocket-Key: ${rig.key}`,
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Protocol: mqtt",
    ]);
    expect(Buffer.from(rig.key, "base64")).toHaveLength(16);
  });

  test("writes an IPv6 host in brackets", () => {
    expect(new WebSocketRig({ host: "2001:db8::1" }).request).toContain("Host: [2001:db8::1]\r\n");
  });

  test("the connection is open when the answer is whole, and not before", () => {
    const rig = new WebSocketRig();
    const answer = rig.answer();
    rig.push(answer.slice(0, -1));
    expect(rig.rooms).toEqual([]);
    rig.push(answer.slice(-1));
    expect(rig.rooms).toHaveLength(1);
  });

  test("bytes right behind the answer belong to the first frame", () => {
    const rig = new WebSocketRig();
    rig.push(Buffer.concat([Buffer.from(rig.answer()), frame(BINARY, "first")]));
    expect(String(Buffer.concat(rig.read))).toBe("first");
  });

  test("takes headers in any case and order, tokens in lists, and headers that nobody asked for", () => {
    const rig = new WebSocketRig();
    const accept = rig.answer().split("\r\n")[3];
    rig.push(
      `HTTP/1.1 101 Web Socket Protocol Handshake\r\nserver: x\r\n${accept?.replace("Sec-WebSocket-Accept", "SEC-WEBSOCKET-ACCEPT")}\r\n` +
        `connection: keep-alive, uPgrade\r\nupgrade: WebSocket\r\nset-cookie: ${"x".repeat(2000)}\r\nsec-websocket-protocol:mqtt\r\n\r\n`,
    );
    expect(rig.ends).toEqual([]);
    expect(rig.rooms).toHaveLength(1);
  });

  const web = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
  test.each<[string, (rig: WebSocketRig) => (Uint8Array | string)[], string]>([
    ["a web page", () => [web], "HTTP 200 OK in place of WebSocket: is the path /mqtt right?"],
    [
      "404",
      () => ["HTTP/1.1 404 Not Found\r\n\r\n"],
      "HTTP 404 Not Found in place of WebSocket: is the path /mqtt right?",
    ],
    ["401", () => ["HTTP/1.1 401 Unauthorized\r\n\r\n"], "HTTP 401 Unauthorized in place of WebSocket"],
    ["503", () => ["HTTP/1.1 503 Service Unavailable\r\n\r\n"], "HTTP 503 Service Unavailable in place of WebSocket"],
    [
      "an MQTT broker",
      () => [Buffer.of(0x20, 2, 0, 5, 0)],
      "what answers does not speak HTTP: is this the port for WebSocket?",
    ],
    [
      "an SSH server",
      () => ["SSH-2.0-OpenSSH\r\n"],
      "what answers does not speak HTTP: is this the port for WebSocket?",
    ],
    ["no upgrade", (rig) => [rig.answer({ Upgrade: undefined })], "the server's answer does not upgrade to WebSocket"],
    [
      "no connection",
      (rig) => [rig.answer({ Connection: "close" })],
      "the server's answer does not upgrade to WebSocket",
    ],
    [
      "another key's answer",
      (rig) => [rig.answer({ "Sec-WebSocket-Accept": "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" })],
      "Sec-WebSocket-Accept is not the answer to this request",
    ],
    [
      "no subprotocol",
      (rig) => [rig.answer({ "Sec-WebSocket-Protocol": undefined })],
      "the server does not offer the subprotocol mqtt",
    ],
    [
      "another subprotocol",
      (rig) => [rig.answer({ "Sec-WebSocket-Protocol": "chat\u001b[2J" })],
      'the server chose the subprotocol "chat?[2J", not mqtt',
    ],
    [
      "an extension",
      (rig) => [rig.answer({ "Sec-WebSocket-Extensions": "permessage-deflate" })],
      "the server uses an extension nobody asked for: permessage-deflate",
    ],
    [
      "endless headers",
      () => Array.from({ length: 100 }, (_, at) => `${at === 0 ? "HTTP/1.1 101 x\r\n" : ""}X: ${"y".repeat(96)}\r\n`),
      "the answer's headers do not end within 8192 bytes",
    ],
    [
      "an endless line",
      () => [
        "HTTP/1.1 101 x\r\nX: ",
        ..."y"
          .repeat(10)
          .split("")
          .map((y) => y.repeat(1000)),
      ],
      "the answer's headers do not end within 8192 bytes",
    ],
  ])("%s is one clear error", (_, bytes, reason) => {
    const rig = new WebSocketRig();
    rig.push(...bytes(rig));
    rig.clock.advance(60_000);
    expect(rig.ends).toEqual([reason]);
    expect(rig.rooms).toEqual([]);
    expect(rig.isOver).toBe(true);
  });

  test("an end in the middle of it is told as such, and one before it as the network tells it", () => {
    const rig = new WebSocketRig();
    rig.push("HTTP/1.1 101 Swi");
    rig.peer?.close();
    rig.settle();
    expect(rig.ends).toEqual(["closed in the opening handshake: is this the port for WebSocket?"]);
  });

  test.each(["mqtt", "", "/a b", "/ä", "/x\r\nEvil: 1"])("a path of %j is refused at once", (path) => {
    expect(() => new WebSocketRig({ path })).toThrow(/^path is ".*": must begin with \/ and be ASCII without spaces$/);
  });
});

describe("writing", () => {
  test("each write is one masked binary frame in one write beneath, and a PUBLISH of 74 bytes is 80", () => {
    const rig = new WebSocketRig().connected();
    const publish = Buffer.alloc(74, 0x30);
    rig.socket.write(publish);
    rig.settle();
    expect(rig.writes).toHaveLength(1);
    expect(rig.sent).toHaveLength(80);
    expect(rig.frames).toMatchObject([{ opcode: BINARY, isLast: true, masked: true, payload: publish }]);
    // Masks are chances: the payload's bytes are all alike, and what is sent is not.
    expect(new Set(rig.sent.subarray(6)).size).toBeGreaterThan(1);
  });

  test.each([1, 125, 126, 1000])("%i bytes are one frame, with the shortest head", (length) => {
    const rig = new WebSocketRig().connected();
    rig.socket.write(Buffer.alloc(length, 7));
    rig.settle();
    expect(rig.frames).toMatchObject([{ payload: Buffer.alloc(length, 7), length: length + (length < 126 ? 6 : 8) }]);
  });

  test("a frame has 65,535 bytes at most, whatever the room", () => {
    const rig = new WebSocketRig({ window: 200_000 }).connected();
    const room = rig.rooms.at(-1) as number;
    expect(room).toBe(65_535);
    rig.socket.write(Buffer.alloc(room, 7));
    rig.clock.advance(100);
    expect(rig.frames).toMatchObject([{ payload: Buffer.alloc(65_535, 7), length: 65_535 + 8 }]);
  });

  test("a write that fills the room is one frame still: its head waits for more room", () => {
    const rig = new WebSocketRig({ window: 300 }).connected();
    let room = rig.rooms.at(-1) as number;
    const before = room;
    room = rig.socket.write(Buffer.alloc(before, 1));
    while (room > 0) room = rig.socket.write(Buffer.alloc(room, 2));
    rig.clock.advance(100);
    const [first] = rig.frames;
    expect(first?.payload).toEqual(Buffer.alloc(before, 1));
    expect(rig.rooms.at(-1)).toBeGreaterThan(0);
  });
});

describe("reading", () => {
  test("a PONG does not take the room of which the owner was told: what exceeds it waits", () => {
    let left = 500;
    const rig = new WebSocketRig({
      change: (socket) => ({
        read: (into) => socket.read(into),
        close: () => socket.close(),
        write(bytes) {
          socket.write(bytes);
          left -= bytes.length;
          return left;
        },
      }),
    }).connected();
    const room = rig.rooms.at(-1) as number;
    expect(room).toBe(left);
    rig.push(frame(PING, "x".repeat(100)));
    expect(left).toBe(room - 106);
    expect([rig.socket.write(Buffer.alloc(room)), left]).toEqual([0, 0]);
  });

  test("control packets across frame borders come as one stream [MQTT-6.0.0-2]", () => {
    const rig = new WebSocketRig().connected();
    rig.push(frame(BINARY, "ab", false), frame(CONTINUATION, "", false), frame(CONTINUATION, "cd", false));
    rig.push(frame(PING, "p"), frame(CONTINUATION, "e"), frame(BINARY, "f".repeat(70_000)));
    expect(Buffer.concat(rig.read).equals(Buffer.from(`abcde${"f".repeat(70_000)}`))).toBe(true);
    expect(rig.frames).toMatchObject([{ opcode: PONG, payload: Buffer.from("p") }]);
  });

  test("what was left unread is not announced again because a PING came behind it", () => {
    const rig = new WebSocketRig().connected();
    rig.reads = false;
    rig.push(frame(BINARY, "abc"));
    rig.push(frame(PING));
    expect(rig.announced).toEqual([3]);
    const into = Buffer.alloc(8);
    expect(String(into.subarray(0, rig.socket.read(into)))).toBe("abc");
  });

  test("a frame byte by byte is the same", () => {
    const rig = new WebSocketRig().connected();
    for (const byte of Buffer.concat([frame(BINARY, "x".repeat(300)), frame(PING), frame(BINARY, "y")]))
      rig.push([byte]);
    expect(String(Buffer.concat(rig.read))).toBe(`${"x".repeat(300)}y`);
  });

  test("a PING has its PONG, and of those for which there is no room the newest", () => {
    const rig = new WebSocketRig({ window: 200 }).connected();
    rig.push(frame(PING, "one"));
    rig.fill();
    rig.push(frame(PING, "two"), frame(PING, "three"), frame(PING, "four"));
    rig.peer?.resume();
    rig.clock.advance(100);
    const pongs = framesOf(rig.sent).filter(({ opcode }) => opcode === PONG);
    expect(pongs.map(({ payload }) => String(payload))).toEqual(["one", "four"]);
  });

  const long = (bytes: number[]) => Buffer.of(0x82, 127, ...bytes);
  test.each<[string, Uint8Array[], string]>([
    ["a text frame", [frame(TEXT, "hello")], "a text frame came; MQTT comes in binary frames"],
    ["a masked frame", [Buffer.of(0x82, 0x81, 1, 2, 3, 4, 5)], "a frame from the server is masked"],
    ["reserved bits", [Buffer.of(0xc2, 1, 1)], "a frame has reserved bits"],
    ["opcode 3", [frame(3, "x")], "a frame has the unknown opcode 3"],
    ["opcode 11", [frame(11, "x")], "a frame has the unknown opcode 11"],
    ["a fragmented PING", [frame(PING, "x", false)], "a control frame is fragmented"],
    ["a long PING", [frame(PING, "x".repeat(126))], "a control frame has more than 125 bytes"],
    ["a continuation of nothing", [frame(CONTINUATION, "x")], "a frame continues no message"],
    ["a message in a message", [frame(BINARY, "x", false), frame(BINARY, "y")], "a message begins inside another one"],
    ["a length of 2^63", [long([0x80, 0, 0, 0, 0, 0, 0, 0])], "a frame is longer than 4 GB"],
    ["a length of 2^32", [long([0, 0, 0, 1, 0, 0, 0, 0])], "a frame is longer than 4 GB"],
    [
      "endless empty continuations",
      [frame(BINARY, "", false), ...Array.from({ length: 200 }, () => frame(CONTINUATION, "", false))],
      "more than 100 frames in a row are empty",
    ],
  ])("%s is one clear error, said to the server as code 1002", (_, bytes, reason) => {
    const rig = new WebSocketRig().connected();
    rig.push(...bytes);
    rig.clock.advance(60_000);
    expect(rig.ends).toEqual([reason]);
    expect(rig.frames.at(-1)).toMatchObject({ opcode: CLOSE, payload: Buffer.of(0x03, 0xea) });
    expect(rig.isOver).toBe(true);
    expect(() => rig.socket.write(Buffer.of(1))).toThrow("the connection is not open");
  });

  test("a frame that announces 4 GB is taken piece by piece", () => {
    const rig = new WebSocketRig().connected();
    rig.push(long([0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]), "abc");
    expect(String(Buffer.concat(rig.read))).toBe("abc");
  });
});

describe("ending", () => {
  test.each<[string, Uint8Array | undefined, string]>([
    ["1000", Buffer.of(3, 0xe8), "closed by the server"],
    ["1001", Buffer.of(3, 0xe9), "the server goes away"],
    [
      "1008 with a reason",
      Buffer.concat([Buffer.of(3, 0xf0), Buffer.from("no \u001b[2Jrights")]),
      "the server's policy forbids it: no ?[2Jrights",
    ],
    ["1009", Buffer.of(3, 0xf1), "a message was too large for the server"],
    ["4321", Buffer.of(0x10, 0xe1), "closed by the server with code 4321"],
    ["no code", undefined, "closed by the server"],
  ])("CLOSE with %s is told in words, behind what came before it", (_, payload, reason) => {
    const rig = new WebSocketRig().connected();
    rig.push(Buffer.concat([frame(BINARY, "last"), frame(CLOSE, payload), frame(BINARY, "never")]));
    rig.clock.advance(60_000);
    expect(String(Buffer.concat(rig.read))).toBe("last");
    expect(rig.ends).toEqual([reason]);
    expect(rig.frames).toMatchObject([{ opcode: CLOSE }]);
    expect(rig.isOver).toBe(true);
  });

  test("close() sends what was written, then CLOSE with 1000, then ends the connection", () => {
    const rig = new WebSocketRig({ window: 200 }).connected();
    let [written, room] = [0, rig.rooms.at(-1) as number];
    while (room > 0) {
      written += room;
      room = rig.socket.write(Buffer.alloc(room, 9));
    }
    rig.socket.close();
    rig.clock.advance(1_000);
    const frames = rig.frames;
    expect(frames.at(-1)).toMatchObject({ opcode: CLOSE, payload: Buffer.of(0x03, 0xe8) });
    expect(frames.slice(0, -1).reduce((sum, { payload }) => sum + payload.length, 0)).toBe(written);
    expect(rig.isOver).toBe(true);
    expect(rig.ends).toEqual([]);
  });

  test("neither a PING nor close() throws where the socket beneath has ended and is still to say so", () => {
    let isDead = false;
    const rig = new WebSocketRig({
      change: (socket) => ({
        read: (into) => socket.read(into),
        close: () => socket.close(),
        write(bytes) {
          if (isDead) throw new Error("the connection is not open");
          return socket.write(bytes);
        },
      }),
    }).connected();
    isDead = true;
    rig.push(frame(PING));
    expect(rig.socket.write(Buffer.of(1))).toBe(0);
    expect(() => rig.socket.close()).not.toThrow();
    rig.clock.advance(5_000);
    expect([rig.clock.pending, rig.isOver]).toEqual([0, true]);
  });

  test("close() waits no longer than five seconds for a server that reads nothing", () => {
    const rig = new WebSocketRig({ window: 200 }).connected();
    rig.fill();
    rig.socket.close();
    rig.clock.advance(4_999);
    const before = rig.clock.pending;
    rig.clock.advance(1);
    expect([before, rig.clock.pending]).toEqual([1, 0]);
  });
});

import { generate, type Packet, parser } from "mqtt-packet";
import { expect, test } from "vitest";
import { BoundedPackets } from "../../../host-sim/cli/bounded.js";

/** What comes out of it, decoded, and the longest that was passed on at once. */
function passing() {
  const decoded: Packet[] = [];
  const errors: string[] = [];
  const decoder = parser({ protocolVersion: 4 });
  decoder.on("packet", (packet) => decoded.push(packet));
  decoder.on("error", ({ message }: Error) => errors.push(message));
  let longest = 0;
  const packets = new BoundedPackets((bytes) => {
    longest = Math.max(longest, bytes.length);
    decoder.parse(bytes);
  });
  return { packets, decoded, errors, longest: () => longest };
}

const small = generate({ cmd: "publish", topic: "a", payload: "x", qos: 2, messageId: 7, retain: false, dup: false });

test("packets pass as they came, byte by byte or many at once", () => {
  const lots = Buffer.concat([small, generate({ cmd: "pingresp" }), small]);
  const atOnce = passing();
  atOnce.packets.take(lots);
  const byByte = passing();
  for (const byte of lots) byByte.packets.take(Buffer.from([byte]));
  expect(atOnce.decoded.map(({ cmd }) => cmd)).toEqual(["publish", "pingresp", "publish"]);
  expect(byByte.decoded).toEqual(atOnce.decoded);
});

test("of 256 MB that are announced only the beginning is held: topic and identifier are whole, what follows is read", () => {
  const { packets, decoded, longest } = passing();
  const length = 268_435_455;
  packets.take(Buffer.from([0x34, 0xff, 0xff, 0xff, 0x7f, 0, 3, ...Buffer.from("a/b"), 0, 9]));
  const piece = Buffer.alloc(1 << 20, "x");
  for (let rest = length - 7; rest > 0; rest -= piece.length) packets.take(piece.subarray(0, rest));
  packets.take(small);
  expect(decoded).toMatchObject([
    { cmd: "publish", topic: "a/b", messageId: 9, qos: 2 },
    { cmd: "publish", topic: "a", messageId: 7 },
  ]);
  expect(longest()).toBeLessThan(140_000);
});

test("a length that is none is an error of the decoder's", () => {
  const { packets, errors } = passing();
  packets.take(Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff]));
  expect(errors).toHaveLength(1);
});

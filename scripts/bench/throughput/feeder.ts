/** A process that publishes for a receiver to be measured: as much as the receiver takes, and a little ahead of it. */
import { connect } from "node:net";
import { generate } from "mqtt-packet";
import { AHEAD, type Job, type Progress } from "./job.js";

const PUBACK = 0x40;
const PUBREC = 0x50;
const PUBREL = 0x62;
const ANSWER = 4;

const { host, port, topic, QoS, size, window } = JSON.parse(process.argv[2] as string) as Job;
const payload = Buffer.alloc(size, 0x78);
const packets = Array.from({ length: window }, (_, index) =>
  generate({ cmd: "publish", topic, payload, qos: QoS, retain: false, dup: false, messageId: index + 1 }),
);
const length = (packets[0] as Buffer).length;
const ring = Buffer.concat([...packets, ...packets]);

let published = 0;
let received = 0;
let underWay = 0;
let next = 0;
let connected = false;
let full = false;
let rest = Buffer.alloc(0);

const socket = connect({ host, port, noDelay: true });
socket.write(
  generate({
    cmd: "connect",
    protocolId: "MQTT",
    protocolVersion: 4,
    clientId: `feeder-${process.pid}`,
    clean: true,
    keepalive: 0,
  }),
);

function publish(): void {
  while (!full && connected) {
    const count = Math.min(window - underWay, AHEAD - (published - received));
    if (count <= 0) return;
    full = !socket.write(ring.subarray(next * length, (next + count) * length));
    next = (next + count) % window;
    published += count;
    if (QoS > 0) underWay += count;
  }
}

socket.on("drain", () => {
  full = false;
  publish();
});

socket.on("data", (arrived) => {
  if (!connected) {
    connected = true;
    publish();
    return;
  }
  const bytes = rest.length === 0 ? arrived : Buffer.concat([rest, arrived]);
  const answers: Buffer[] = [];
  let at = 0;
  for (; at + ANSWER <= bytes.length; at += ANSWER) {
    if (bytes[at] === PUBREC) answers.push(Buffer.of(PUBREL, 2, bytes[at + 2] as number, bytes[at + 3] as number));
    else underWay--;
    if (bytes[at] === PUBACK && QoS !== 1) throw new Error("PUBACK for QoS 2");
  }
  rest = bytes.subarray(at);
  if (answers.length > 0) socket.write(Buffer.concat(answers));
  publish();
});

process.on("message", (progress: Progress) => {
  received = progress.received;
  publish();
});
process.on("disconnect", () => process.exit());

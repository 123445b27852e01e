/** The same work for mqtt-packet, through the functions it offers. */
import { generate, type Packet, parser } from "mqtt-packet";
import { connectFields, filters, ID, incoming, LARGE, mixed, SMALL, TOPIC, type Work } from "./workload.js";

export function encoding(): Work[] {
  const { id, clean, keepAlive, user, password, will } = connectFields;
  const publish = (payload: string | Buffer, qos: 0 | 1): Packet => ({
    cmd: "publish",
    topic: TOPIC,
    payload,
    qos,
    retain: false,
    dup: false,
    messageId: ID,
  });
  const packets: [string, Packet][] = [
    ["PUBLISH QoS 0, 50 bytes", publish(SMALL, 0)],
    ["PUBLISH QoS 1, 50 bytes", publish(SMALL, 1)],
    ["PUBLISH QoS 1, 4 KB", publish(Buffer.alloc(LARGE, 0x78), 1)],
    [
      "CONNECT",
      {
        cmd: "connect",
        protocolId: "MQTT",
        protocolVersion: 4,
        clientId: id,
        clean,
        keepalive: keepAlive,
        username: user,
        password: Buffer.from(password),
        will: { topic: will.topic, payload: Buffer.from(will.message), qos: will.QoS, retain: will.retain },
      },
    ],
    [
      "SUBSCRIBE",
      {
        cmd: "subscribe",
        messageId: ID,
        subscriptions: filters.map(({ filter, QoS }) => ({ topic: filter, qos: QoS })),
      },
    ],
    ["PUBACK", { cmd: "puback", messageId: ID }],
  ];
  const each = packets.map(([name, packet]): Work => ({ name, packets: 1, run: () => generate(packet).length }));
  return [...each, mixed(each)];
}

export function decoding(): Work[] {
  let sum = 0;
  const reader = parser({ protocolVersion: 4 });
  reader.on("packet", (packet) => {
    sum += packet.cmd === "publish" ? packet.payload.length + packet.topic.length : (packet.messageId ?? 0);
  });
  return incoming().map(({ name, bytes, packets }) => {
    const buffer = Buffer.from(bytes);
    return {
      name,
      packets,
      run: () => {
        reader.parse(buffer);
        return sum;
      },
    };
  });
}

import { describe, expect, it } from "vitest";
import {
  connack,
  PINGRESP,
  puback,
  pubcomp,
  publish,
  pubrec,
  pubrel,
  suback,
  unsuback,
} from "../../support/packets.js";
import { Rig } from "../../support/rig.js";
import type { Connection } from "../../support/scripted-broker.js";

/** Bytes of the writes since the last call. */
function written(connection: Connection): number[] {
  return connection.writes.splice(0).map(({ length }) => length);
}

describe("on the wire", () => {
  it("packets that are ready together share one write", () => {
    const rig = new Rig();
    rig.client.subscribe(["a", "b"], {}, rig.handler);
    rig.client.publish("a", "1", { QoS: 1 });
    rig.client.publish("a", "2", { QoS: 2 });
    const connection = rig.connect();
    expect(written(connection)).toEqual([18, 12 + 8 + 8]);
    connection.send(publish("x", "", 1, 5), publish("x", "", 2, 6), pubrel(6), PINGRESP);
    rig.settle();
    expect(written(connection)).toEqual([4 + 4 + 4]);
    rig.client.publish("a", "3");
    rig.client.publish("a", "4");
    rig.client.unsubscribe("a");
    rig.client.close();
    rig.settle();
    expect(connection.packets.map(({ cmd }) => cmd).slice(1)).toEqual([
      ...["subscribe", "publish", "publish", "puback", "pubrec", "pubcomp", "publish", "publish", "disconnect"],
    ]);
  });

  it("a packet is one write where there is room for it, and is not cut behind others", () => {
    const rig = new Rig({ window: 100, transmitBuffer: 100 }, { window: 8192 });
    const connection = rig.connect();
    written(connection);
    for (const length of [53, 53, 20, 3, 93, 93, 10]) rig.client.publish("a", "x".repeat(length), { QoS: 1 });
    rig.settle();
    expect(written(connection)).toEqual([60, 60 + 27 + 10, 100, 100, 17]);
  });

  it("has the sizes that can be computed from the specification", () => {
    const rig = new Rig({ id: "abcdefghijkl" });
    const connection = rig.connect();
    expect(written(connection)).toEqual([26]);
    const topic = "t".repeat(20);
    const payload = "p".repeat(50);
    rig.publish(topic, payload, 0);
    rig.publish(topic, payload, 1);
    rig.publish(topic, payload, 2);
    const [one, two] = connection.packets.slice(-2).map(({ messageId }) => messageId as number) as [number, number];
    connection.send(puback(one), pubrec(two), publish(topic, payload, 1, 1), publish(topic, payload, 2, 2), pubrel(2));
    rig.settle();
    connection.send(pubcomp(two));
    rig.advance(56_250);
    connection.send(PINGRESP);
    rig.client.close();
    rig.settle();
    expect(written(connection)).toEqual([74, 76, 76, 4 + 4 + 4 + 4, 2, 2]);
  });

  it("nothing is sent that need not be: an idle client, a repeated wish, a reconnect with a session", () => {
    const rig = new Rig();
    let connection = rig.connect();
    rig.client.subscribe("a", { QoS: 1 }, rig.handler);
    connection.send(suback(connection.expect("subscribe").messageId as number, 1));
    rig.settle();
    rig.client.subscribe("a", { QoS: 1 }, rig.handler);
    for (let n = 0; n < 10; n++) {
      connection.expect("pingreq", {}, 60_000);
      connection.send(PINGRESP);
    }
    connection = rig.reconnect(connection);
    connection.expectNothing(50_000);
    rig.client.unsubscribe("a");
    connection.send(unsuback(connection.expect("unsubscribe").messageId as number));
    connection.expectNothing(50_000);
    expect(connection.packets.map(({ cmd }) => cmd)).toEqual(["connect", "unsubscribe"]);
  });

  it("what is accepted before CONNACK goes out with it, in one round trip", () => {
    const rig = new Rig();
    rig.client.publish("a", "x", { QoS: 1 });
    rig.client.open();
    const connection = rig.broker.accept(0);
    connection.expect("connect", {}, 0);
    connection.send(connack());
    connection.expect("publish", {}, 0);
  });
});

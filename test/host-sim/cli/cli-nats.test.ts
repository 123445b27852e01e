import { expect, onTestFinished, test } from "vitest";
import { Client } from "../../../src/mqtt/client.js";
import { nodejsPlatform } from "../../../src/platforms/nodejs/index.js";
import { describeWith } from "../../support/describe-with.js";
import { Nats } from "../../support/nats.js";
import { Sim } from "../../support/sim.js";

/** Publishes one message and waits for its acknowledgement. */
async function publish(port: number, topic: string, payload: string): Promise<void> {
  await new Promise<void>((done, fail) => {
    const client: Client = new Client({
      platform: nodejsPlatform(),
      host: "127.0.0.1",
      port,
      id: "person",
      clean: true,
      onPublished: () => client.close(),
      onDisconnected: (error) => (error === undefined ? done() : fail(error)),
    });
    client.open();
    client.publish(topic, payload, { QoS: 1 });
  });
}

describeWith("nats", "on NATS 2.9, which closes the connection at QoS 2", () => {
  test("a node that is told to use QoS 2 says what it has parked and why, and goes on with QoS 1", {
    timeout: 90_000,
  }, async () => {
    const nats = await Nats.start();
    onTestFinished(() => nats.remove());
    // Seldom enough for the queue to hold all, however long the backoff draws it out.
    const sim = new Sim(["--json", "--id", "porch", "--broker", nats.url, "--qos", "2", "--interval", "5s"]);
    onTestFinished(() => sim.kill());

    const refused = await sim.event("error", ({ code }) => code === "qos-2-refused");
    expect(refused).toMatchObject({
      where: "mqtt",
      kind: "peer",
      message: expect.stringMatching(/^message 1 to "motewire\/porch\/reading\/climate" rests: .* at QoS 2$/),
    });
    await sim.event("error", ({ message }) =>
      message.startsWith("the broker takes no QoS 2: messages go out with QoS 1"),
    );
    const reading = await sim.event("acknowledged", ({ topic, QoS }) => topic.includes("/reading/") && QoS === 1);
    expect(reading.mayBeDuplicated).toBeUndefined();
    // The status was accepted with QoS 1 behind the first that was parked.
    await sim.event("acknowledged", ({ topic }) => topic === "motewire/porch/status");

    await publish(nats.port, "motewire/porch/command/settings", '{"diagnosticsInterval":"1s"}');
    const { payload } = await sim.event("accepted", ({ topic, QoS }) => topic.endsWith("/diagnostics") && QoS === 1);
    const { QoS, messages } = JSON.parse(payload);
    expect(QoS).toBe(1);
    const parked = sim.all("error").filter(({ code }) => code === "qos-2-refused").length;
    expect(messages.parked).toBe(parked);
    const { found, taken, delivered, lost, full, age, refused: untaken, waiting } = messages;
    expect(found + taken).toBe(delivered + lost + full + age + untaken + waiting);

    sim.signal("SIGINT");
    await sim.ended();
    // What rests is all that did not arrive.
    expect(sim.summary()).toMatchObject({ pending: parked, lost: 0, dropped: 0 });
    expect(
      sim
        .all("accepted")
        .slice(-5)
        .every(({ QoS: used }) => used < 2),
    ).toBe(true);
  });
});

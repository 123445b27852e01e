/** MQTT.js, as its own documentation has it. */
import { connectAsync, type MqttClient } from "mqtt";
import { type Contender, Pump } from "./contender.js";
import type { Job } from "./job.js";

export class MqttJs implements Contender {
  #client!: MqttClient;
  #job!: Job;
  #payload!: Buffer;

  async open(job: Job): Promise<void> {
    this.#job = job;
    this.#payload = Buffer.alloc(job.size, 0x78);
    const { host, port } = job;
    this.#client = await connectAsync({
      host,
      port,
      protocol: "mqtt",
      protocolVersion: 4,
      clientId: `mqttjs-${process.pid}`,
      clean: true,
      reconnectPeriod: 0,
    });
    this.#client.on("error", (error) => {
      throw error;
    });
  }

  async publish(milliseconds: number): Promise<number> {
    const { topic, QoS, window } = this.#job;
    const options = { qos: QoS };
    const publish = (done: () => void) => {
      this.#client.publish(topic, this.#payload, options, done);
    };
    const count = await Pump.run(window, publish, milliseconds);
    await this.#client.publishAsync("bench/end", "", { qos: 1 });
    return count;
  }

  async receive(onMessage: () => void): Promise<void> {
    const { topic, QoS } = this.#job;
    this.#client.on("message", onMessage);
    await this.#client.subscribeAsync(topic, { qos: QoS });
  }
}

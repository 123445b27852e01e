/** Motewire on Node.js, with the options that a program on a computer would choose. */

import { Client } from "../../../src/mqtt/index.js";
import { nodejsPlatform } from "../../../src/platforms/nodejs/index.js";
import { type Contender, Pump } from "./contender.js";
import type { Job } from "./job.js";

/** Bytes: room for a window of the largest messages. */
const QUEUE = 1 << 20;
const BUFFER = 65_536;

export class Motewire implements Contender {
  #client!: Client;
  #job!: Job;
  #payload!: Uint8Array;
  readonly #waiting = new Map<number, () => void>();
  #subscribed: (() => void) | undefined;

  open(job: Job): Promise<void> {
    this.#job = job;
    this.#payload = new Uint8Array(job.size).fill(0x78);
    const { host, port, window } = job;
    return new Promise((opened, failed) => {
      this.#client = new Client({
        platform: nodejsPlatform(),
        host,
        port,
        id: `motewire-${process.pid}`,
        clean: true,
        window,
        maximumQueued: QUEUE,
        receiveBuffer: BUFFER,
        transmitBuffer: BUFFER,
        onConnected: () => opened(),
        onDisconnected: (error) => failed(error),
        onError: (error) => failed(error),
        onSubscribed: () => this.#subscribed?.(),
        onPublished: (token) => {
          const done = this.#waiting.get(token);
          this.#waiting.delete(token);
          done?.();
        },
      });
      this.#client.open();
    });
  }

  async publish(milliseconds: number): Promise<number> {
    const { topic, QoS, window } = this.#job;
    const options = { QoS };
    const publish = (done: () => void) => {
      this.#waiting.set(this.#client.publish(topic, this.#payload, options), done);
    };
    const count = await Pump.run(window, publish, milliseconds);
    await new Promise<void>((done) => {
      this.#waiting.set(this.#client.publish("bench/end", "", { QoS: 1 }), done);
    });
    return count;
  }

  receive(onMessage: () => void): Promise<void> {
    const { topic, QoS } = this.#job;
    return new Promise((done) => {
      this.#subscribed = done;
      this.#client.subscribe(topic, { QoS }, onMessage);
    });
  }
}

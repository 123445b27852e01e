/**
 * The same bytes with no client at all: packets made beforehand, sent from a ring, and of what arrives only so much is looked
 * at as the next answer needs. What the socket and the broker allow, and no client can exceed.
 */
import { connect, type Socket } from "node:net";
import { generate } from "mqtt-packet";
import type { Contender } from "./contender.js";
import type { Job } from "./job.js";

const PUBLISH = 3;
const PUBACK = 0x40;
const PUBREC = 0x50;
const PUBREL = 0x62;
const PUBCOMP = 0x70;
const ANSWER = 4;
const END_ID = 60_000;

export class Raw implements Contender {
  #socket!: Socket;
  #job!: Job;
  /** A window of packets, twice behind each other: any number of them from any place is one piece. */
  #ring!: Buffer;
  /** Bytes of one packet. */
  #length = 0;
  #rest: Buffer = Buffer.alloc(0);
  #onData: (bytes: Buffer) => void = () => {};

  async open(job: Job): Promise<void> {
    this.#job = job;
    const { topic, QoS, size, window } = job;
    const payload = Buffer.alloc(size, 0x78);
    const packets = Array.from({ length: window }, (_, index) =>
      generate({ cmd: "publish", topic, payload, qos: QoS, retain: false, dup: false, messageId: index + 1 }),
    );
    this.#length = (packets[0] as Buffer).length;
    this.#ring = Buffer.concat([...packets, ...packets]);
    this.#socket = connect({ host: job.host, port: job.port, noDelay: true });
    this.#socket.on("data", (bytes) => this.#onData(bytes));
    this.#socket.write(
      generate({
        cmd: "connect",
        protocolId: "MQTT",
        protocolVersion: 4,
        clientId: `raw-${process.pid}`,
        clean: true,
        keepalive: 0,
      }),
    );
    await this.#answer(4);
  }

  /** Resolves when so many bytes have come; for answers that come alone. */
  #answer(length: number): Promise<void> {
    let missing = length;
    return new Promise((done) => {
      this.#onData = (bytes) => {
        missing -= bytes.length;
        if (missing <= 0) done();
      };
    });
  }

  async publish(milliseconds: number): Promise<number> {
    const ends = performance.now() + milliseconds;
    const count = this.#job.QoS === 0 ? await this.#stream(ends) : await this.#converse(ends);
    const end = generate({
      cmd: "publish",
      topic: "bench/end",
      payload: "",
      qos: 1,
      retain: false,
      dup: false,
      messageId: END_ID,
    });
    const answered = this.#answer(ANSWER);
    this.#socket.write(end);
    await answered;
    return count;
  }

  async #stream(ends: number): Promise<number> {
    const { window } = this.#job;
    const packets = this.#ring.subarray(0, window * this.#length);
    let count = 0;
    while (performance.now() < ends) {
      count += window;
      if (!this.#socket.write(packets)) await new Promise<void>((drained) => this.#socket.once("drain", drained));
    }
    return count;
  }

  /** Sends a message for each that is acknowledged. Acknowledgements come in the order of the messages. */
  #converse(ends: number): Promise<number> {
    const { window } = this.#job;
    return new Promise((finished) => {
      let count = window;
      let underWay = window;
      let next = 0;
      this.#onData = (arrived) => {
        const bytes = this.#joined(arrived);
        let done = 0;
        let answers: Buffer | undefined;
        let at = 0;
        let written = 0;
        for (; at + ANSWER <= bytes.length; at += ANSWER) {
          if (bytes[at] === PUBREC) {
            answers ??= Buffer.allocUnsafe(bytes.length);
            written = writeAnswer(answers, written, PUBREL, bytes, at + 2);
          } else if (bytes[at] === PUBACK || bytes[at] === PUBCOMP) done++;
        }
        this.#rest = bytes.subarray(at);
        if (answers !== undefined) this.#socket.write(answers.subarray(0, written));
        underWay -= done;
        if (done === 0) return;
        if (performance.now() >= ends) {
          if (underWay === 0) finished(count);
          return;
        }
        this.#socket.write(this.#ring.subarray(next * this.#length, (next + done) * this.#length));
        next = (next + done) % window;
        underWay += done;
        count += done;
      };
      this.#socket.write(this.#ring.subarray(0, window * this.#length));
    });
  }

  #joined(arrived: Buffer): Buffer {
    return this.#rest.length === 0 ? arrived : Buffer.concat([this.#rest, arrived]);
  }

  async receive(onMessage: () => void): Promise<void> {
    const { topic, QoS } = this.#job;
    const granted = this.#answer(5);
    this.#socket.write(generate({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic, qos: QoS }] }));
    await granted;
    // Behind the topic and its length, which follow a fixed header of two bytes or, from 128 bytes on, three.
    const identifier = this.#length - this.#job.size - 2;
    const answer = QoS === 1 ? PUBACK : PUBREC;
    this.#onData = (arrived) => {
      const bytes = this.#joined(arrived);
      let answers: Buffer | undefined;
      let written = 0;
      let at = 0;
      while (at < bytes.length) {
        const isMessage = (bytes[at] as number) >> 4 === PUBLISH;
        const length = isMessage ? this.#length : ANSWER;
        if (at + length > bytes.length) break;
        if (isMessage) onMessage();
        if (QoS > 0) {
          answers ??= Buffer.allocUnsafe(bytes.length);
          const [type, from] = isMessage ? [answer, at + identifier] : [PUBCOMP, at + 2];
          written = writeAnswer(answers, written, type, bytes, from);
        }
        at += length;
      }
      this.#rest = bytes.subarray(at);
      if (answers !== undefined) this.#socket.write(answers.subarray(0, written));
    };
  }
}

function writeAnswer(into: Buffer, at: number, type: number, from: Buffer, identifier: number): number {
  into[at] = type;
  into[at + 1] = 2;
  into[at + 2] = from[identifier] as number;
  into[at + 3] = from[identifier + 1] as number;
  return at + ANSWER;
}

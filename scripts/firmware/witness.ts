/** What passes the broker, seen by an eye that is not our client, and held against what the device says it has sent. */

import { EventEmitter } from "node:events";
import { Ledger } from "../../host-sim/cli/ledger.js";
import { Observer } from "../../host-sim/cli/observer.js";
import { RawMqtt } from "../../host-sim/cli/raw-mqtt.js";
import type { QoS } from "../../src/mqtt/api.js";
import type { BrokerAddress } from "../../src/platforms/broker-url.js";
import type { LinDevice } from "./lin.js";

export interface Seen {
  readonly topic: string;
  readonly payload: string;
  readonly QoS: QoS;
}

const ACCEPTED = /^[\d.]+ accepted #(\d+) QoS ([012])(?: retain)? (\S+) (.*)$/;
const PUBLISHED = /^[\d.]+ published #(\d+) (\S+)$/;
const DROPPED = /^[\d.]+ dropped #(\d+) (\S+) /;

export class Witness extends EventEmitter<{ seen: [Seen] }> {
  readonly ledger = new Ledger();
  readonly seen: Seen[] = [];
  /** Accepted messages by QoS. */
  readonly accepted: [number, number, number] = [0, 0, 0];
  readonly problems: string[] = [];
  /** Payloads of accepted messages, by token. */
  readonly #payloads = new Map<number, string>();
  readonly #broker: BrokerAddress;
  readonly #observer: Observer;

  constructor(broker: BrokerAddress, filter: string, device: LinDevice) {
    super();
    this.#broker = broker;
    this.#observer = new Observer({
      broker,
      filter,
      persistent: true,
      onSeen: (topic, payload, QoS) => {
        const seen = { topic, payload, QoS };
        this.seen.push(seen);
        // What we send to the device ourselves is no message of the device.
        if (!topic.includes("/command/")) this.ledger.seen(topic, payload, QoS);
        this.emit("seen", seen);
      },
      onProblem: (problem) => this.problems.push(problem),
    });
    device.on("line", (line) => this.#book(line));
  }

  settled(): Promise<void> {
    return this.#observer.settled();
  }

  end(): Promise<void> {
    return this.#observer.end();
  }

  /** Publishes with QoS 1 and resolves when the broker has it. */
  send(topic: string, payload: string): Promise<void> {
    return new Promise((settle, fail) => {
      const link = new RawMqtt(this.#broker, `check-${Date.now()}-${this.seen.length}`, true, {
        onPacket(packet) {
          if (packet.cmd === "connack")
            link.send({ cmd: "publish", topic, payload, qos: 1, messageId: 1, dup: false, retain: false });
          if (packet.cmd !== "puback") return;
          link.end();
          settle();
        },
        onClose: (reason) => fail(new Error(`cannot send to ${topic}: ${reason}`)),
      });
    });
  }

  #book(line: string): void {
    const accepted = ACCEPTED.exec(line);
    if (accepted !== null) {
      const QoS = Number(accepted[2]) as QoS;
      this.accepted[QoS]++;
      // With QoS 0 one may be lost with its connection, and nobody is told.
      if (QoS === 0) return;
      this.#payloads.set(Number(accepted[1]), accepted[4] as string);
      this.ledger.accepted(Number(accepted[1]), accepted[3] as string, accepted[4] as string, QoS, Date.now());
      return;
    }
    const dropped = DROPPED.exec(line);
    if (dropped !== null) {
      const token = Number(dropped[1]);
      this.ledger.dropped(token, dropped[2] as string, this.#payloads.get(token) ?? "");
      return;
    }
    const published = PUBLISHED.exec(line);
    if (published !== null) this.ledger.settled(Number(published[1]), published[2] !== "lost");
  }
}

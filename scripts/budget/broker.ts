/** A broker that answers at once and always in the same way, by mqtt-packet: for one client, without a network or a clock. */
import { generate, type IPublishPacket, type Packet, type Parser, parser } from "mqtt-packet";

export class ScriptedBroker {
  /** Whether it listens. */
  up = true;
  /** Whether PUBLISH of QoS 1 and 2 is answered. */
  answers = true;
  /** Messages of QoS 1 and 2 that the client has acknowledged to the end. */
  acknowledged = 0;
  /** Messages that it has taken, the repeated ones too. */
  readonly taken: { readonly topic: string; readonly payload: string }[] = [];
  private parser: Parser = this.newParser();
  private waiting: Buffer[] = [];
  private held: IPublishPacket[] = [];
  private session = false;
  private _open = false;
  private nextId = 0;
  /** Topics whose messages go back to who sent them. */
  private readonly echoes: string | undefined;

  constructor(echoes?: string) {
    this.echoes = echoes;
  }

  get open(): boolean {
    return this._open;
  }

  /** @returns whether the connection is accepted */
  connect(): boolean {
    this._open = this.up;
    this.parser = this.newParser();
    this.waiting = [];
    this.held = [];
    return this._open;
  }

  disconnect(): void {
    this._open = false;
  }

  receive(bytes: Buffer): void {
    this.parser.parse(bytes);
  }

  /** The bytes that are due, undefined when there are none. */
  take(): Buffer | undefined {
    if (this.waiting.length === 0) return undefined;
    const bytes = Buffer.concat(this.waiting);
    this.waiting = [];
    return bytes;
  }

  publish(topic: string, payload: string | Buffer, qos: 0 | 1 | 2): void {
    this.nextId = (this.nextId % 65_535) + 1;
    this.send({ cmd: "publish", topic, payload, qos, retain: false, dup: false, messageId: this.nextId });
  }

  /** Answers what was not. */
  release(): void {
    this.answers = true;
    for (const packet of this.held.splice(0)) this.published(packet);
  }

  private newParser(): Parser {
    const made = parser({ protocolVersion: 4 });
    made.on("packet", (packet) => this.packet(packet));
    made.on("error", (error) => {
      throw error;
    });
    return made;
  }

  private send(packet: Packet): void {
    this.waiting.push(generate(packet));
  }

  private packet(packet: Packet): void {
    switch (packet.cmd) {
      case "connect":
        this.send({ cmd: "connack", returnCode: 0, sessionPresent: this.session && !packet.clean });
        this.session = !packet.clean;
        break;
      case "subscribe":
        this.send({
          cmd: "suback",
          messageId: packet.messageId as number,
          granted: packet.subscriptions.map(({ qos }) => qos),
        });
        break;
      case "publish":
        if (packet.qos > 0 && !this.answers) this.held.push(packet);
        else this.published(packet);
        break;
      case "pubrel":
        this.send({ cmd: "pubcomp", messageId: packet.messageId as number });
        break;
      case "pubrec":
        if (this.answers) this.send({ cmd: "pubrel", messageId: packet.messageId as number });
        break;
      case "puback":
      case "pubcomp":
        this.acknowledged++;
        break;
      case "pingreq":
        this.send({ cmd: "pingresp" });
        break;
    }
  }

  private published({ topic, payload, qos, messageId }: IPublishPacket): void {
    this.taken.push({ topic, payload: payload.toString() });
    if (qos > 0) this.send({ cmd: qos === 1 ? "puback" : "pubrec", messageId: messageId as number });
    if (topic === this.echoes) this.publish(topic, Buffer.from(payload), qos);
  }
}

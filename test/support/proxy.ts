/** A wire between client and broker that a test can stop at any packet, cut, or let fall silent. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { type Command, generate, type Packet, PacketReader } from "./packets.js";
import { Watch } from "./watch.js";

const HOST = "127.0.0.1";

/** One place in the traffic: just before a packet passes, or just after it has. */
export interface Position {
  readonly from: "client" | "broker";
  readonly packet: Command;
  readonly when: "before" | "after";
}

/** One end of a link, and the packets that come from it. */
interface End {
  readonly name: Position["from"];
  readonly socket: Socket;
  readonly reader: PacketReader;
}

interface Link {
  readonly client: End;
  readonly broker: End;
  silent: boolean;
}

export class WireProxy {
  readonly host = HOST;
  /** Packets that have come, by whom from; those are in it too that were not passed on. */
  readonly packets: { readonly from: Position["from"]; readonly packet: Packet }[] = [];
  /** Bytes that were no packet, or not in the form of mqtt-packet. */
  readonly failures: string[] = [];
  /** Refuses connections as long as it is true. */
  down = false;
  readonly #server: Server;
  readonly #target: { readonly host: string; readonly port: number };
  readonly #links = new Set<Link>();
  readonly #watch = new Watch();
  #open = 0;
  #stop: (Position & { readonly reached: () => void }) | undefined;

  private constructor(target: { readonly host: string; readonly port: number }) {
    this.#target = target;
    this.#server = createServer({ noDelay: true }, (socket) => this.#connected(socket));
  }

  /** @param target where the broker is */
  static async start(target: { readonly host: string; readonly port: number }): Promise<WireProxy> {
    const proxy = new WireProxy(target);
    proxy.#server.listen(0, HOST);
    await once(proxy.#server, "listening");
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Ends of connections that are open, the client's and the broker's. */
  get open(): number {
    return this.#open;
  }

  /** Whether a CONNECT has passed to which no CONNACK came. */
  get hasUnanswered(): boolean {
    return this.count("client", "connect") > this.count("broker", "connack");
  }

  /** How many packets of a kind have come. */
  count(from: Position["from"], command: Command): number {
    return this.packets.filter(({ from: sender, packet }) => sender === from && packet.cmd === command).length;
  }

  /** Resolves when the condition holds; it is looked at after every packet and every end of a connection. */
  until(condition: () => boolean, what: string): Promise<void> {
    return this.#watch.until(
      condition,
      () => `${what}; ${this.packets.length} packets so far, ${this.#open} ends open`,
    );
  }

  /** Falls silent at the first packet of that kind from now on. Resolves when it has; then nothing passes any more. */
  stopAt(position: Position): Promise<void> {
    return new Promise((reached) => {
      this.#stop = { ...position, reached };
    });
  }

  /** Nothing passes any more on the links there are, which stay open: neither side is told. */
  silence(): void {
    for (const link of this.#links) link.silent = true;
  }

  /** Ends the links there are. What had passed is still delivered, and nobody has said goodbye. */
  cut(): void {
    for (const { client, broker } of this.#links) {
      client.socket.end();
      broker.socket.end();
    }
    this.#links.clear();
  }

  async close(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const { client, broker } of this.#links) {
      client.socket.destroy();
      broker.socket.destroy();
    }
    this.#links.clear();
    await closed;
  }

  #connected(socket: Socket): void {
    if (this.down) {
      socket.destroy();
      return;
    }
    const target = connect({ ...this.#target, noDelay: true });
    const client: End = { name: "client", socket, reader: new PacketReader() };
    const broker: End = { name: "broker", socket: target, reader: new PacketReader() };
    const link: Link = { client, broker, silent: false };
    this.#links.add(link);
    this.#wire(link, client, broker);
    this.#wire(link, broker, client);
  }

  #wire(link: Link, from: End, to: End): void {
    this.#open++;
    from.socket.on("data", (bytes) => this.#received(link, from, to, bytes));
    from.socket.on("error", () => from.socket.destroy());
    from.socket.on("close", () => {
      this.#open--;
      this.#watch.changed();
      if (link.silent && this.#links.has(link)) return;
      this.#links.delete(link);
      to.socket.end();
    });
  }

  #received(link: Link, from: End, to: End, bytes: Buffer): void {
    if (!this.#links.has(link)) return;
    for (const packet of from.reader.push(bytes)) {
      this.packets.push({ from: from.name, packet });
      if (link.silent) continue;
      const stop = this.#stop;
      const here = stop?.from === from.name && stop.packet === packet.cmd;
      if (!here || stop.when === "after") to.socket.write(generate(packet));
      if (!here) continue;
      this.#stop = undefined;
      link.silent = true;
      stop.reached();
    }
    this.#watch.changed();
    if (from.reader.failure === undefined) return;
    this.failures.push(`from the ${from.name}: ${from.reader.failure}`);
    this.cut();
  }
}

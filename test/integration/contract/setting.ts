/** What every part of the contract starts from: a broker for its tests, and names that no other test uses. */
import { afterAll, afterEach, beforeAll } from "vitest";
import type { BrokerKind, BrokerOptions, RunningBroker } from "../../support/broker.js";
import { type Address, Mote, type MoteOptions } from "../../support/mote.js";
import { Peer, type PeerOptions } from "../../support/peer.js";
import { WireProxy } from "../../support/proxy.js";

export class Setting<B extends RunningBroker = RunningBroker> {
  #broker: B | undefined;
  #count = 0;
  #cleanUp: (() => unknown)[] = [];
  readonly #proxies: WireProxy[] = [];

  /** Call it in a `describe`: a broker is started for its tests, and all that they make is ended after each. */
  constructor(start: () => Promise<B>) {
    beforeAll(async () => {
      this.#broker = await start();
    });
    afterAll(() => this.#broker?.remove());
    afterEach(async () => {
      for (const end of this.#cleanUp.splice(0).reverse()) await end();
      const failures = this.#proxies.splice(0).flatMap((proxy) => proxy.failures);
      if (failures.length > 0) throw new Error(failures.join("\n"));
    });
  }

  get broker(): B {
    if (this.#broker === undefined) throw new Error("the broker is not running");
    return this.#broker;
  }

  /** A name, different each time, for a topic or an identifier. */
  name(what: string): string {
    return `${what}-${++this.#count}`;
  }

  /** Has something done at the end of the test; what is said last is done first. */
  finally(end: () => unknown): void {
    this.#cleanUp.push(end);
  }

  /** Our client, not connected yet. */
  mote(options: Partial<MoteOptions> = {}, address: Address = this.broker, socketWindow?: number): Mote {
    const mote = new Mote(address, { id: this.name("mote"), ...options }, socketWindow);
    this.finally(() => mote.client.close());
    return mote;
  }

  async peer(options: Partial<PeerOptions> = {}): Promise<Peer> {
    const peer = await Peer.connect(this.broker, { id: this.name("peer"), ...options });
    this.finally(() => peer.leave());
    return peer;
  }

  /** A peer that watches a topic. */
  async watcher(topic: string): Promise<Peer> {
    const peer = await this.peer();
    await peer.subscribe(topic, 2);
    return peer;
  }

  async proxy(): Promise<WireProxy> {
    const proxy = await WireProxy.start(this.broker);
    this.#proxies.push(proxy);
    this.finally(() => proxy.close());
    return proxy;
  }
}

/** A broker for the tests of a `describe`, as {@link Setting} says. */
export function settingOf(kind: BrokerKind, options: BrokerOptions = {}): Setting {
  return new Setting(() => kind.start(options));
}

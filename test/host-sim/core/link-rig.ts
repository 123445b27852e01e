/** A network in memory and a log of all that happens on it. */

import type { Peer } from "../../../host-sim/core/network/link.js";
import { Network, type Station, type StationOptions } from "../../../host-sim/core/network/network.js";
import { VirtualClock } from "../../../host-sim/core/world/clock.js";
import type { Socket } from "../../../src/platform.js";

export const ADDRESS = "192.0.2.1";
export const PORT = 1883;

export const bytes = (length: number) => new Uint8Array(length);

export class Rig {
  /** Wraps around at once. */
  readonly clock = new VirtualClock({ start: 0x7fff_ffff - 3 });
  readonly network = new Network({ clock: this.clock });
  readonly station: Station;
  readonly peers: Peer[] = [];
  /** All that has happened, with its virtual time. */
  readonly log: string[] = [];

  constructor(options: StationOptions = {}) {
    this.station = this.network.station(options);
    this.network.listen(ADDRESS, PORT, (peer) => {
      this.peers.push(peer);
      this.note("accepted");
      return {
        onBytes: (received) => this.note(`up ${received.length}`),
        onClose: (reason) => this.note(`peer ${reason}`),
      };
    });
  }

  note(what: string): void {
    this.log.push(`${this.clock.elapsed} ${what}`);
  }

  /** Asks for a connection; the socket reads all that comes. */
  open(port = PORT): Socket {
    const socket = this.station.openSocket({
      host: "broker.test",
      address: ADDRESS,
      port,
      onWritable: (room) => this.note(`room ${room}`),
      onReadable: (count) => {
        this.note(`down ${count}`);
        socket.read(bytes(count));
      },
      onClose: (reason) => this.note(`closed: ${reason}`),
    });
    return socket;
  }

  /** Opens a connection, lets 10 s pass and forgets how it went. */
  connect(): [Socket, Peer] {
    const socket = this.open();
    this.clock.advance(10_000);
    this.log.length = 0;
    return [socket, this.peers.at(-1) as Peer];
  }

  /** What happens from here on for so long, in ms from now. */
  during(ms: number): string[] {
    const start = this.clock.elapsed;
    this.log.length = 0;
    this.clock.advance(ms);
    return this.log.map((line) => line.replace(/^\d+/, (time) => String(Number(time) - start)));
  }
}

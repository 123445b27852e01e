/** The page's line to the simulator's control, where it was opened with the token. */
import { signal } from "@preact/signals";
import type { Board } from "../../boards/board.js";

export interface SimulatedQuantity {
  readonly id: string;
  readonly quantity: string;
  readonly unit: string;
  readonly low: number;
  readonly high: number;
  readonly value: number;
  readonly held: boolean;
}

/** What host-sim/cli/control.ts says. */
export interface Simulated {
  readonly node: string;
  readonly board: Board;
  readonly wifi: boolean;
  readonly power: boolean;
  readonly broker?: boolean;
  readonly led: string;
  readonly button: boolean;
  readonly packets: boolean;
  readonly sensors: readonly SimulatedQuantity[];
  readonly inputs: readonly { readonly name: string; readonly on: boolean }[];
}

export interface Packet {
  readonly number: number;
  readonly at: number;
  readonly direction: "sent" | "received";
  readonly length: number;
  readonly packet?: { readonly cmd: string };
  readonly problem?: string;
}

const MOST_PACKETS = 200;
/** Milliseconds until it is tried again. */
const RETRY = 2_000;

export class Simulator {
  readonly state = signal<Simulated | undefined>(undefined);
  readonly led = signal("#000000");
  readonly packets = signal<readonly Packet[]>([]);
  /** Why the last request was not done, or the control cannot be reached. */
  readonly problem = signal("");
  readonly #url: string;
  readonly #onNode: (node: string) => void;
  #socket: WebSocket | undefined;
  #count = 0;

  /** @param onNode told which node it is */
  constructor(url: string, onNode: (node: string) => void) {
    this.#url = url;
    this.#onNode = onNode;
    this.#open();
  }

  send(request: object): void {
    this.problem.value = "";
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(request));
  }

  #open(): void {
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    let wasOpen = false;
    socket.onopen = () => {
      wasOpen = true;
      this.problem.value = "";
      this.packets.value = [];
    };
    socket.onmessage = ({ data }) => this.#take(JSON.parse(String(data)));
    socket.onclose = () => {
      this.state.value = undefined;
      this.problem.value = wasOpen
        ? "The simulator has ended."
        : "The simulator does not answer: it has ended, or this page's token is of an earlier run.";
      setTimeout(() => this.#open(), RETRY);
    };
  }

  #take(message: { readonly type: string; readonly led?: string; readonly problem?: string }): void {
    if (message.type === "simulator") {
      const state = message as unknown as Simulated;
      this.state.value = state;
      this.led.value = state.led;
      this.#onNode(state.node);
    } else if (message.type === "led") this.led.value = message.led ?? "#000000";
    else if (message.type === "packet") {
      const packet = { ...(message as unknown as Packet), number: ++this.#count };
      this.packets.value = [packet, ...this.packets.peek()].slice(0, MOST_PACKETS);
    } else if (message.type === "refused") this.problem.value = message.problem ?? "";
  }
}

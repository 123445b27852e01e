/**
 * The client alone, in virtual time, for counting what it takes: connects, holds four messages in flight each way, and then
 * hands over as many as the parent wants, at every QoS, of which each comes back. The parent is the broker.
 */

import type { Report } from "../../../src/mote/errors.js";
import type { QoS } from "../../../src/mqtt/api.js";
import { Client } from "../../../src/mqtt/client.js";
import { DeviceClock } from "../../../src/platforms/moddable/clock.js";
import { DeviceStore } from "../../../src/platforms/moddable/store.js";
import { tcpOpener } from "../../../src/platforms/moddable/tcp.js";

interface Work {
  /** Messages, and after how many of them memory is looked at for the first time. */
  readonly messages: number;
  readonly early: number;
}

const PAYLOAD = "x".repeat(50);
const IN_FLIGHT = 4;
/** Milliseconds in which everything has come to rest. */
const REST = 1000;

const report: Report = (error, where) => host.tell("error", String(error), where);

export default function main(): void {
  const { messages, early }: Work = JSON.parse(host.ask("work") as string);
  const clock = new DeviceClock(report);
  let sent = -IN_FLIGHT;
  let done = -IN_FLIGHT;
  const publish = () => {
    const level = sent < 0 ? 2 : ((sent % 3) as QoS);
    sent++;
    client.publish("balance", PAYLOAD, { QoS: level });
  };
  const rest = (then: () => void) => void clock.setTimer(then, REST);
  const client: Client = new Client({
    platform: {
      clock,
      openSocket: tcpOpener(clock, report),
      resolve: (_host, found) => void clock.setTimer(() => found("127.0.0.1"), 0),
      random: () => 0.5,
    },
    host: "broker",
    id: "balance",
    // Nothing falls due that is none of the work.
    keepAlive: 0,
    store: new DeviceStore("session"),
    onPublished: () => {
      done++;
      if (done === early || done === messages) rest(() => measured(done === early ? "early" : "late"));
      else if (done >= 0 && sent < messages && sent < (done < early ? early : messages)) publish();
    },
    onSubscribed: () => rest(holding),
    onError: (error) => host.tell("error", error.message, error.code),
  });
  const measured = (label: string) => {
    host.measure(label);
    if (label === "early") for (let i = 0; i < IN_FLIGHT; i++) publish();
    else {
      client.close();
      clock.setTimer(() => host.exit(0), REST);
    }
  };
  const holding = () => {
    host.measure("connected");
    host.ask("hold", IN_FLIGHT);
    for (let i = 0; i < IN_FLIGHT; i++) publish();
    rest(() => {
      host.measure("in flight");
      host.ask("go");
      rest(() => {
        for (let i = 0; i < IN_FLIGHT; i++) publish();
      });
    });
  };
  client.subscribe("balance", { QoS: 2 }, () => undefined);
  host.measure("made");
  client.open();
}

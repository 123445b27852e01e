/** Faults of the way to the broker, by Toxiproxy's names. */
import {
  bandwidth,
  down,
  latency,
  limitData,
  only,
  type Rule,
  resetPeer,
  slicer,
  slowClose,
  timeout,
} from "../../network/rules.js";
import { bytes, choice, type Fault, ms, num, type Target, type Values } from "./fault.js";

const ways = choice("way", "which way: from the node, to it, or both", ["both", "up", "down"]);

function put(target: Target, values: Values, rule: Rule): () => void {
  const { way } = values;
  return target.device.station.rules.add(way === "up" || way === "down" ? only(way, rule) : rule);
}

export const networkFaults: readonly Fault[] = Object.freeze([
  {
    name: "latency",
    help: "everything takes longer",
    parameters: [ms("ms", "delay", 1000), ms("jitter", "more or less by up to this", 0), ways],
    lasts: [2000, 120_000],
    draw: (random) => ({
      ms: random.pick([300, 2000, 8000, 25_000]),
      jitter: random.pick([0, 200]),
      way: random.pick(["both", "up", "down"]),
    }),
    begin: (target, values) =>
      put(target, values, latency(num(values, "ms"), num(values, "jitter"), target.random.random)),
  },
  {
    name: "bandwidth",
    help: "few bytes pass in a second",
    parameters: [{ name: "rate", help: "bytes a second", kind: "bytes/s", least: 1, most: 1e9, initial: 100 }, ways],
    lasts: [5000, 180_000],
    draw: (random) => ({ rate: random.pick([3, 20, 200]), way: random.pick(["both", "up", "down"]) }),
    begin: (target, values) => put(target, values, bandwidth(num(values, "rate"))),
  },
  {
    name: "slow_close",
    help: "the end of a connection arrives late",
    parameters: [ms("ms", "delay", 10_000), ways],
    lasts: [20_000, 120_000],
    draw: (random) => ({ ms: random.pick([500, 5000, 60_000]), way: random.pick(["both", "up", "down"]) }),
    begin: (target, values) => {
      const heal = put(target, values, slowClose(num(values, "ms")));
      // There must be an end for it to be late.
      target.broker.kick(target.judge.id);
      return heal;
    },
  },
  {
    name: "timeout",
    help: "nothing passes and nobody is told; with ms > 0 connections are closed when they are so old",
    parameters: [ms("ms", "age at which a connection is closed; 0: never", 0), ways],
    lasts: [1000, 240_000],
    draw: (random) => ({ ms: random.pick([0, 0, 3000, 30_000]), way: random.pick(["both", "up", "down"]) }),
    begin: (target, values) => {
      const after = num(values, "ms");
      return put(target, values, after === 0 ? (_, verdict) => verdict.hold() : timeout(after));
    },
  },
  {
    name: "reset_peer",
    help: "connections are reset when something is sent over them after their age",
    parameters: [ms("ms", "age from which on", 0), ways],
    lasts: [500, 30_000],
    draw: (random) => ({ ms: random.pick([0, 20, 500, 5000]), way: random.pick(["both", "up", "down"]) }),
    begin: (target, values) => put(target, values, resetPeer(num(values, "ms"))),
  },
  {
    name: "slicer",
    help: "the stream arrives in small pieces",
    parameters: [
      bytes("size", "bytes of a piece", 2, 1),
      bytes("variation", "more or less by up to this", 0),
      ms("delay", "from piece to piece", 10),
      ways,
    ],
    lasts: [10_000, 300_000],
    draw: (random) => ({
      size: random.pick([1, 3, 30]),
      variation: random.pick([0, 2]),
      delay: random.pick([0, 1, 20]),
      way: random.pick(["both", "up", "down"]),
    }),
    begin: (target, values) =>
      put(
        target,
        values,
        slicer(num(values, "size"), num(values, "variation"), num(values, "delay"), target.random.random),
      ),
  },
  {
    name: "limit_data",
    help: "connections end when so many bytes have passed",
    parameters: [bytes("bytes", "how many", 200), choice("how", "how they end", ["close", "reset"]), ways],
    lasts: [1000, 60_000],
    draw: (random) => ({
      bytes: random.pick([1, 20, 60, 200, 1000]) + random.integer(0, 30),
      how: random.pick(["close", "reset"]),
      way: random.pick(["both", "up", "down"]),
    }),
    begin: (target, values) => put(target, values, limitData(num(values, "bytes"), values.how as "close" | "reset")),
  },
  {
    name: "down",
    help: "connections end and new ones are refused",
    parameters: [],
    lasts: [200, 120_000],
    draw: () => ({}),
    begin: (target) => {
      const heal = target.device.station.rules.add(down);
      target.device.station.cut("close");
      return heal;
    },
  },
] satisfies Fault[]);

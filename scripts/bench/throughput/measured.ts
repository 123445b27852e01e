/** A process that is one client and nothing else, and measures itself. */
import type { Contender } from "./contender.js";
import { type ContenderName, type Job, type Measurement, type Progress, REPORTED, type Ready } from "./job.js";

const job = JSON.parse(process.argv[2] as string) as Job;

/** Only what is measured is loaded. */
const make: Record<ContenderName, () => Promise<Contender>> = {
  motewire: async () => new (await import("./motewire.js")).Motewire(),
  "mqtt.js": async () => new (await import("./mqttjs.js")).MqttJs(),
  raw: async () => new (await import("./raw.js")).Raw(),
};

function tell(message: Measurement | Progress | Ready): void {
  process.send?.(message);
}

function heapUsed(): number {
  // Twice: what finalizers hold on to goes with the second.
  globalThis.gc?.();
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

class Stopwatch {
  readonly #heap = heapUsed();
  readonly #started = performance.now();
  readonly #cpu = process.cpuUsage();

  stop(messages: number): Measurement {
    const { user, system } = process.cpuUsage(this.#cpu);
    const milliseconds = performance.now() - this.#started;
    const residentBytes = process.memoryUsage.rss();
    return {
      messages,
      milliseconds,
      cpuMicroseconds: user + system,
      residentBytes,
      heapGrowth: heapUsed() - this.#heap,
    };
  }
}

async function publish(contender: Contender): Promise<Measurement> {
  await contender.publish(job.warmUp);
  const watch = new Stopwatch();
  return watch.stop(await contender.publish(job.counted));
}

function receive(contender: Contender): Promise<Measurement> {
  return new Promise((finished) => {
    let received = 0;
    let begins: number | undefined;
    let ends = 0;
    let before = 0;
    let watch: Stopwatch | undefined;
    const looked = (): void => {
      tell({ received });
      const now = performance.now();
      begins ??= now + job.warmUp;
      if (watch !== undefined) {
        if (now >= ends) finished(watch.stop(received - before));
      } else if (now >= begins) {
        before = received;
        watch = new Stopwatch();
        ends = performance.now() + job.counted;
      }
    };
    const onMessage = (): void => {
      if (++received % REPORTED === 0) looked();
    };
    contender.receive(onMessage).then(() => tell({ ready: true }));
  });
}

// Whoever started it has ended, or has seen enough.
process.on("disconnect", () => process.exit());

const contender = await make[job.contender]();
await contender.open(job);
tell(await (job.direction === "publish" ? publish(contender) : receive(contender)));

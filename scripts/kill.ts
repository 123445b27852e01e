// Kills a simulator that publishes to a real mosquitto, at random moments, and starts it again on the same store: every
// message that it had accepted must arrive, and with QoS 2 once.
import { parseArgs } from "node:util";
import { Mosquitto } from "../test/support/mosquitto.js";
import { type Proof, prove } from "./kill/proof.js";

/** Milliseconds after which nothing is killed any more, and the proof counts as broken off. */
const PATIENCE = 270_000;
/** Of each kind of finding, so many are shown. */
const SHOWN = 5;

const help = `Kills the simulator with SIGKILL while it publishes to a mosquitto, again and again.

Usage: npm run kill -- [--kills N] [--seed N]

  --kills N   at each of QoS 1 and QoS 2; default: 25
  --seed N    of the moments; default: 1

Exit codes: 0 every accepted message arrived, QoS 2 once each; 1 one did not, or not all kills were done; 2 wrong usage.`;

/** @returns undefined when it is no whole number from `least` on */
function whole(text: string, least: number): number | undefined {
  const value = Number(text);
  return /^\d{1,9}$/.test(text) && value >= least ? value : undefined;
}

function show(title: string, findings: readonly string[]): void {
  if (findings.length === 0) return;
  console.log(`  ${title}:`);
  for (const finding of findings.slice(0, SHOWN)) console.log(`    ${finding}`);
  if (findings.length > SHOWN) console.log(`    and ${findings.length - SHOWN} more`);
}

function report({ QoS, kills, inTheMiddle, accepted, seen, lost, repeated, again, problems }: Proof): void {
  const twice = QoS === 1 ? `, ${again} arrived again as QoS 1 allows` : "";
  console.log(`QoS ${QoS}: ${kills} kills, ${inTheMiddle} of them with messages under way`);
  console.log(
    `  ${accepted} accepted, ${seen} seen, ${lost.length} lost, ${repeated.length} repeated at QoS 2${twice}`,
  );
  show("lost", lost);
  show("repeated", repeated);
  show("unexpected", problems);
}

function isWhole({ lost, repeated, problems }: Proof): boolean {
  return lost.length + repeated.length + problems.length === 0;
}

async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      kills: { type: "string", default: "25" },
      seed: { type: "string", default: "1" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    console.log(help);
    return 0;
  }
  const kills = whole(values.kills, 1);
  const seed = whole(values.seed, 0);
  if (kills === undefined || seed === undefined) {
    console.error(
      kills === undefined
        ? `--kills is "${values.kills}": must be a whole number from 1 on`
        : `--seed is "${values.seed}": must be a whole number`,
    );
    return 2;
  }
  const started = performance.now();
  const broker = await Mosquitto.start();
  let isKept = true;
  try {
    const proofs = await Promise.all(
      ([1, 2] as const).map((QoS) =>
        prove({
          broker,
          QoS,
          kills,
          seed,
          isOver: () => performance.now() - started > PATIENCE,
          onKill: (count, underWay) =>
            console.log(`QoS ${QoS}: kill ${count} of ${kills}, ${underWay} messages under way`),
        }),
      ),
    );
    for (const proof of proofs) {
      report(proof);
      if (!isWhole(proof)) isKept = false;
      if (proof.kills === kills) continue;
      isKept = false;
      console.log(`  broken off after ${PATIENCE / 1000} s: ${kills - proof.kills} kills were not done`);
    }
  } finally {
    await broker.remove();
  }
  console.log(
    `${isKept ? "nothing lost, nothing twice at QoS 2" : "NOT KEPT"} (${Math.round((performance.now() - started) / 1000)} s)`,
  );
  return isKept ? 0 : 1;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const { code, message, stack } = error as NodeJS.ErrnoException;
  const isUsage = code?.startsWith("ERR_PARSE_ARGS") === true;
  console.error(isUsage ? `${message}\n\n${help}` : `kill: ${stack}`);
  process.exitCode = isUsage ? 2 : 1;
}

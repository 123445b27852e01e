/** The files of a new project. */
import type { Board } from "../../../boards/board.js";

export interface ProjectFacts {
  readonly name: string;
  readonly board: Board;
  /** Where the package comes from, as package.json has it. */
  readonly motewire: string;
  /** Versions of aedes, tsx, typescript and vitest that this package was tried with. */
  readonly versions: { readonly [name: string]: string };
}

/** Texts by their paths. */
export function filesOf({ name, board, motewire, versions }: ProjectFacts): ReadonlyMap<string, string> {
  return new Map([
    ["package.json", json(manifestOf(name, board, motewire, versions))],
    ["manifest.json", json(moddable)],
    ["tsconfig.json", json(tsconfig)],
    ["main.ts", application(name, measured(board))],
    ["main.test.ts", test],
    [".gitignore", "node_modules/\n"],
  ]);
}

function json(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

function manifestOf(name: string, { id }: Board, motewire: string, versions: ProjectFacts["versions"]): object {
  return {
    name,
    version: "0.0.0",
    private: true,
    type: "module",
    scripts: {
      start: `motewire run --app main.ts --board ${id} --watch`,
      test: "vitest run",
      types: "tsc",
      datasheet: `motewire datasheet main.ts --board ${id}`,
      flash: `mcconfig -d -m -p esp32:./node_modules/motewire/boards/${id}`,
    },
    devDependencies: { ...versions, motewire },
  };
}

/** For mcconfig. A driver's file of node_modules/motewire/src/drivers comes to `include`. */
const moddable = Object.freeze({
  include: ["./node_modules/motewire/src/manifest.json"],
  modules: { application: "./main" },
  preload: ["application"],
});

const tsconfig = Object.freeze({
  compilerOptions: {
    target: "es2022",
    lib: ["es2022", "esnext.disposable"],
    module: "nodenext",
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    types: [],
  },
  include: ["*.ts"],
});

/** What each board can measure itself. */
function measured({ sensors }: Board): string {
  const [first] = sensors.flatMap(({ quantities }) => Object.values(quantities).flat() as string[]);
  return first ?? "temperature";
}

const application = (
  name: string,
  quantity: string,
) => `/** A node of your own. docs/application.md of motewire says what else there is. */
import { application } from "motewire/application";

export default application({
  name: "${name}",
  sensors: {
    air: { board: "${quantity}" },
    soil: { analog: "A1", volts: [2.2, 0.9], values: [0, 100], quantity: "moisture", unit: "%" },
  },
  inputs: {
    motion: { pin: "D2" },
  },
  outputs: {
    relay: { pin: "D1" },
  },
  alerts: {
    thirsty: { of: "soil.moisture", below: 20, clear: 35 },
  },
});
`;

const test = `import { simulate, survivesPowerCuts } from "motewire/simulator";
import { expect, test } from "vitest";
import app from "./main.js";

test("the relay is switched by command, motion is told at once, and dry soil raises the alert", async () => {
  await using simulated = simulate(app);
  const [node] = simulated.nodes;
  await simulated.until(() => node.online);
  expect(await node.command("relay", { state: "on" })).toMatchObject({ ok: true });
  expect(node.isOn("relay")).toBe(true);

  node.drive("motion", true);
  node.hold("soil", "moisture", 5);
  await simulated.until(() => simulated.broker.retained(node.topic("alert/thirsty"))?.includes("raised") === true);
  expect(simulated.broker.retained(node.topic("input/motion"))).toContain("on");
});

test("nothing is lost when the Wi-Fi fails and the power is cut", async () => {
  await using simulated = simulate(app);
  simulated.fault("wifi_loss@30s:1m");
  await simulated.pass("1m");
  simulated.nodes[0].power.cut();
  simulated.nodes[0].power.on();
  await simulated.check();
});

test("it survives a power cut at each position", { timeout: 60_000 }, async () => {
  await survivesPowerCuts(app);
});
`;

// Compiles and links the firmware's XS side for every board and example with the Moddable SDK, then runs it in Moddable's
// simulator on Linux against a real mosquitto. Exit codes: 0 all is well, 1 not, 2 wrong usage, 4 there is no SDK.
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkAll } from "./firmware/check.js";
import { findSdk, root } from "./firmware/sdk.js";

const boards = readdirSync(join(root, "boards"), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

async function main(args: readonly string[]): Promise<number> {
  const prove = args.includes("--prove");
  const unknown = args.find((arg) => arg !== "--prove" && !boards.includes(arg));
  if (unknown !== undefined) {
    console.error(`"${unknown}" is neither --prove nor a board: ${boards.join(", ")}`);
    return 2;
  }
  const work = mkdtempSync(join(tmpdir(), "motewire-firmware-"));
  try {
    const sdk = findSdk(work);
    if (sdk === undefined) {
      console.error(
        "MODDABLE is not set: nothing was checked. Install the Moddable SDK and set it, see docs/flashing.md",
      );
      return 4;
    }
    const named = args.filter((arg) => arg !== "--prove");
    return (await checkAll({ sdk, work, boards: named.length > 0 ? named : boards, prove })) ? 0 : 1;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  },
);

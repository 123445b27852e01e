/** Runs the script that the command line names. Exit code 2 when it names none of them. */
export async function choose(name: string, scripts: Readonly<Record<string, () => Promise<unknown>>>): Promise<void> {
  const run = scripts[process.argv[2] ?? ""];
  if (run !== undefined) {
    await run();
    return;
  }
  console.error(`npm run ${name} -- <what>: what is ${Object.keys(scripts).join(" or ")}`);
  process.exitCode = 2;
}

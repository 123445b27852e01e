// Reads vitest's JSON report and prints "<passed> <failed>". A file that did not load counts as one failure, and so
// does every test that was skipped or left to do: in CI nothing is skipped.
import { readFileSync } from "node:fs";

interface Report {
  testResults: { status: string; assertionResults: { status: string }[] }[];
}

const [file] = process.argv.slice(2);
if (file === undefined) throw new Error("usage: count-tests <vitest JSON report>");

let passed = 0;
let failed = 0;
for (const { status, assertionResults } of (JSON.parse(readFileSync(file, "utf8")) as Report).testResults) {
  const good = assertionResults.filter((test) => test.status === "passed").length;
  const bad = assertionResults.length - good;
  passed += good;
  failed += bad === 0 && status === "failed" ? 1 : bad;
}
console.log(`${passed} ${failed}`);

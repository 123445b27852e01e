// Stryker plugin: leaves the wording of error messages alone.
import { declareValuePlugin, PluginKind } from "@stryker-mutator/api/plugin";

/** What makes errors: the class, the functions of src/mqtt/errors.ts and the few that put words before them. */
const MAKERS = new Set([
  "Error",
  "MqttError",
  "misuse",
  "resource",
  "transport",
  "violation",
  "filterError",
  "failure",
  "refuse",
]);

/** Codes have no blanks, sentences do. */
function isProse({ type, value, quasis }) {
  if (type === "StringLiteral") return value.includes(" ");
  return type === "TemplateLiteral" && quasis.some((quasi) => quasi.value.raw.includes(" "));
}

/** An argument of a call of such a maker, or a branch of one. */
function isForError(path) {
  const { parentPath: parent } = path;
  if (parent?.isConditionalExpression() && path.key !== "test") return isForError(parent);
  const isCall = parent?.isCallExpression() || parent?.isNewExpression();
  if (isCall !== true || path.listKey !== "arguments") return false;
  const { name, property } = parent.node.callee;
  return MAKERS.has(name ?? property?.name);
}

export const strykerPlugins = [
  declareValuePlugin(PluginKind.Ignore, "error-prose", {
    shouldIgnore: (path) => (isProse(path.node) && isForError(path) ? "the wording of an error" : undefined),
  }),
];

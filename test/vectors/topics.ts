/** Topic names and filters: data for the tests, which run them in Node.js and on XS. */

/** 65,535 bytes, the most that a field holds. */
export const LONGEST = `${"é".repeat(32_767)}x`;

/** May be topic names. */
export const NAMES: readonly string[] = Object.freeze([
  "a",
  "/",
  "//",
  "sport/tennis/player1",
  "Accounts payable",
  "$SYS/monitor",
  " ",
  "a b/é/😀",
]);

/** May not be topic names, and the rule that they break. */
export const NOT_NAMES: readonly (readonly [topic: string, code: string])[] = Object.freeze([
  ["", "MQTT-4.7.3-1"],
  ["a\u0000", "MQTT-1.5.3-1"],
  ["\ud800", "MQTT-1.5.3-1"],
  ["sport/#", "MQTT-3.3.2-2"],
  ["+", "MQTT-3.3.2-2"],
  ["a+b", "MQTT-3.3.2-2"],
]);

/** May be topic filters: sections 4.7.1.2 and 4.7.1.3. */
export const FILTERS: readonly string[] = Object.freeze([
  "sport/tennis/player1/#",
  "sport/#",
  "#",
  "sport/tennis/#",
  "+",
  "+/tennis/#",
  "sport/+/player1",
  "/+",
  "+/+",
  "/",
  "$SYS/#",
  "$share/group/#",
  "$share/group//",
  "$share/a b/+/c",
  "$shared/x",
]);

/** May not be topic filters, and the rule that they break. */
export const NOT_FILTERS: readonly (readonly [filter: string, code: string])[] = Object.freeze([
  ["sport/tennis#", "MQTT-4.7.1-2"],
  ["sport/tennis/#/ranking", "MQTT-4.7.1-2"],
  ["##", "MQTT-4.7.1-2"],
  ["#/", "MQTT-4.7.1-2"],
  ["a/+#", "MQTT-4.7.1-2"],
  ["sport+", "MQTT-4.7.1-3"],
  ["++", "MQTT-4.7.1-3"],
  ["a/+b/c", "MQTT-4.7.1-3"],
  ["", "MQTT-4.7.3-1"],
  ["a\u0000", "MQTT-1.5.3-1"],
  ["a/\udc00", "MQTT-1.5.3-1"],
  ["$share", "MQTT5-4.8.2-2"],
  ["$share//a", "MQTT5-4.8.2-2"],
  ["$share/+/a", "MQTT5-4.8.2-2"],
  ["$share/g#/a", "MQTT5-4.8.2-2"],
  ["$share/group", "MQTT5-4.8.2-1"],
  ["$share/group/", "MQTT5-4.8.2-1"],
  ["$share/group/a+", "MQTT-4.7.1-3"],
]);

/** Whether a filter matches a topic: section 4.7. */
export const MATCHES: readonly (readonly [filter: string, topic: string, matches: boolean])[] = Object.freeze([
  ["sport/tennis/player1/#", "sport/tennis/player1", true],
  ["sport/tennis/player1/#", "sport/tennis/player1/ranking", true],
  ["sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", true],
  ["sport/tennis/player1/#", "sport/tennis/player12", false],
  ["sport/#", "sport", true],
  ["sport/tennis/+", "sport/tennis/player1", true],
  ["sport/tennis/+", "sport/tennis/player1/ranking", false],
  ["sport/+", "sport", false],
  ["sport/+", "sport/", true],
  ["+/+", "/finance", true],
  ["/+", "/finance", true],
  ["+", "/finance", false],
  ["#", "$SYS/monitor", false],
  ["+/monitor/Clients", "$SYS/monitor/Clients", false],
  ["$SYS/#", "$SYS/monitor", true],
  ["$SYS/monitor/+", "$SYS/monitor/Clients", true],
  ["ACCOUNTS", "Accounts", false],
  ["/finance", "finance", false],
  ["a/$b", "a/$b", true],
  ["a/+", "a/$b", true],
  ["#", "/", true],
  ["+/#", "a", true],
  ["a//b", "a/b", false],
  ["a/+/b", "a//b", true],
  ["$share/group/a/+", "a/b", true],
  ["$share/group/a", "a", true],
  ["$share/group/a", "b", false],
  ["$share/group/#", "a", true],
  ["$share/group/#", "$SYS/monitor", false],
  ["$share/group/$SYS/#", "$SYS/monitor", true],
  ["$share/group//", "/", true],
  ["$shared/group/a", "a", false],
]);

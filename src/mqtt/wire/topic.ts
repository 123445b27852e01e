/**
 * Topic names and topic filters. Section 4.7.
 */
import { type MqttError, misuse } from "../errors.js";
import { MAXIMUM_FIELD_LENGTH } from "./packet.js";
import { utf8Length } from "./utf8.js";

const SEPARATOR = "/";
const MULTI_LEVEL = "#";
const SINGLE_LEVEL = "+";
const SHARE = "$share";
const SHARE_PREFIX = "$share/";

/** @returns the length in bytes @throws MqttError of kind `misuse` that names the rule */
function fieldLength(text: string, what: string): number {
  const length = utf8Length(text);
  if (length < 0) throw misuse("MQTT-1.5.3-1", `${what} holds U+0000 or half a surrogate pair`);
  if (length === 0) throw misuse("MQTT-4.7.3-1", `${what} is empty`);
  if (length > MAXIMUM_FIELD_LENGTH) throw misuse("MQTT-4.7.3-3", `${what} is longer than 65,535 bytes`);
  return length;
}

/** Accepts a topic to publish to. @returns its length in bytes @throws MqttError of kind `misuse` */
export function checkTopicName(topic: string): number {
  const length = fieldLength(topic, "the topic");
  if (hasWildcard(topic)) throw misuse("MQTT-3.3.2-2", `the topic "${topic}" holds a wildcard`);
  return length;
}

/** Whether a topic name holds `+` or `#`, which only filters may. [MQTT-3.3.2-2] */
export function hasWildcard(topic: string): boolean {
  return topic.includes(MULTI_LEVEL) || topic.includes(SINGLE_LEVEL);
}

/** Accepts a filter to subscribe with. @returns its length in bytes @throws MqttError of kind `misuse` */
export function checkTopicFilter(filter: string): number {
  const length = fieldLength(filter, "the topic filter");
  const levels = filter.split(SEPARATOR);
  const last = levels.length - 1;
  if (levels[0] === SHARE) {
    const group = levels[1] ?? "";
    if (group === "" || hasWildcard(group))
      throw filterError("MQTT5-4.8.2-2", filter, "a group without wildcards is missing");
    if (filter === filterOf(filter) || filterOf(filter) === "")
      throw filterError("MQTT5-4.8.2-1", filter, "there is no filter behind the group");
  }
  for (let index = 0; index <= last; index++) {
    const level = levels[index] as string;
    if (level.includes(MULTI_LEVEL) && (level !== MULTI_LEVEL || index !== last)) {
      throw filterError("MQTT-4.7.1-2", filter, "# is not alone in the last level");
    }
    if (level.includes(SINGLE_LEVEL) && level !== SINGLE_LEVEL) {
      throw filterError("MQTT-4.7.1-3", filter, "+ is not alone in its level");
    }
  }
  return length;
}

function filterError(code: string, filter: string, why: string): MqttError {
  return misuse(code, `the topic filter "${filter}" is not valid: ${why}`);
}

/**
 * What messages of a subscription are matched with: of a shared one, `$share/group/filter`, what stands behind the group.
 * MQTT 5, section 4.8.2; several brokers have them for 3.1.1, too.
 */
function filterOf(filter: string): string {
  if (!filter.startsWith(SHARE_PREFIX)) return filter;
  const end = filter.indexOf(SEPARATOR, SHARE_PREFIX.length);
  return end < 0 ? filter : filter.slice(end + 1);
}

/** Whether a message published to `topic` is for a subscription with `filter`; both are valid. Section 4.7. */
export function matches(subscription: string, topic: string): boolean {
  const filter = filterOf(subscription);
  // Walks both by level. `indexOf` keeps it the same whether the engine counts code points or UTF-16 units.
  if (filter === topic) return true;
  // [MQTT-4.7.2-1] A filter that starts with a wildcard is not for topics that start with $.
  if (topic.startsWith("$") && !filter.startsWith("$")) return false;
  let filterAt = 0;
  let topicAt = 0;
  for (;;) {
    const filterEnd = filter.indexOf(SEPARATOR, filterAt);
    const level = filterEnd < 0 ? filter.slice(filterAt) : filter.slice(filterAt, filterEnd);
    if (level === MULTI_LEVEL) return true;
    const topicEnd = topic.indexOf(SEPARATOR, topicAt);
    if (level !== SINGLE_LEVEL) {
      const name = topicEnd < 0 ? topic.slice(topicAt) : topic.slice(topicAt, topicEnd);
      if (level !== name) return false;
    }
    if (filterEnd < 0) return topicEnd < 0;
    // "sport/#" also matches "sport": # includes the parent level (section 4.7.1.2).
    if (topicEnd < 0) return filter.slice(filterEnd + 1) === MULTI_LEVEL;
    filterAt = filterEnd + 1;
    topicAt = topicEnd + 1;
  }
}

/**
 * Whether a subscription with `filter` may bring a message with a topic that begins with `start` and breaks a rule further on.
 * One without wildcards brings none: it is a legal topic itself.
 */
export function mayBring(filter: string, start: string): boolean {
  // [MQTT-4.7.2-1]
  if (!hasWildcard(filter) || (start.startsWith("$") && !filter.startsWith("$"))) return false;
  const levels = filter.split(SEPARATOR);
  const known = start.split(SEPARATOR);
  const last = known.length - 1;
  for (let index = 0; index <= last; index++) {
    const level = levels[index];
    if (level === MULTI_LEVEL) return true;
    if (level === undefined) return false;
    const name = known[index] as string;
    // The last one may go on.
    if (level !== SINGLE_LEVEL && !(index === last ? level.startsWith(name) : level === name)) return false;
  }
  return true;
}

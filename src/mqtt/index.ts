/** An MQTT 3.1.1 client for devices and for Node.js. */
export type * from "./api.js";
export { Client } from "./client.js";
export { type ErrorKind, MqttError } from "./errors.js";
export type { Verdict, WaitingMessage } from "./review.js";
export { checkTopicFilter, checkTopicName, matches } from "./wire/topic.js";

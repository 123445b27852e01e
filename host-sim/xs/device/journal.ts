/** The node's journal, told to the parent: nothing of it is kept on XS. */
import type { MqttError } from "../../../src/mqtt/errors.js";
import type { Journal } from "../../../src/node/journal.js";

export function parentJournal(): Journal {
  return {
    link: (state, detail) => host.tell("link", state, detail),
    connected: (sessionPresent) => host.tell("connected", sessionPresent),
    disconnected: (reason, delay) => host.tell("disconnected", reason, delay),
    accepted: (token, topic, payload, QoS, retain) => host.tell("accepted", token, topic, payload, QoS, retain),
    published: (token, outcome) => host.tell("published", token, outcome),
    revised: (token, topic, payload) => host.tell("revised", token, topic, payload),
    dropped: (token, topic, payload, reason) => host.tell("dropped", token, topic, payload, reason),
    received: (topic, payload, QoS, retain) => host.tell("received", topic, payload, QoS, retain),
    command: (name, id) => host.tell("command", name, id),
    result: (name, payload) => host.tell("result", name, payload),
    error: (error, where) => {
      const { kind, code } = error as Partial<MqttError>;
      host.tell("error", error.message, where, kind, code);
    },
  };
}

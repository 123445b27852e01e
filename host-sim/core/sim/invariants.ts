/** What must hold at every moment of every story, in words. Checked by judges outside the client. */

export const invariants = Object.freeze({
  "qos1-lost": "an accepted QoS 1 message reaches the broker",
  "qos2-lost": "an accepted QoS 2 message reaches the broker",
  "qos2-twice": "an accepted QoS 2 message reaches the broker once, as long as the broker keeps its sessions",
  "will-discarding": "a connection that only has a session discarded publishes no will",
  "duplicate-untold": "a QoS 2 message that reached the broker twice is reported as may-be-duplicated",
  "acknowledged-unsent": "a message is reported as delivered only after the broker has it",
  "outcome-none": "an accepted message has an outcome within the stated time after the last fault has healed",
  "outcome-twice": "an accepted message has one outcome, over all starts of the machine",
  "dropped-sent": "a message is given up only if it was never sent",
  aged: "a message is given up as too old only when it is, whatever the clock of the day says",
  unanswered: "a command that is obeyed has a result that is accepted",
  "commands-share": "what commands ask for holds no more bytes than its share of the bound allows",
  invented: "nothing reaches the broker, or the application, that was not sent",
  "out-order": "first arrivals at the broker keep the order of acceptance, by topic and QoS",
  "in-lost": "a message with QoS 1 or 2 that the broker holds for the client is handed over",
  "in-twice":
    "an incoming QoS 2 message is handed over once; again only when power was lost before its completion was stored",
  "in-token": "a message that is handed over again has the token of the first time",
  "in-order": "messages are first handed over in the broker's order, by topic and QoS",
  "acknowledged-unhanded": "PUBACK and PUBREC are sent for what was handed over only, or is reported as skipped",
  "skipped-untold": "a message whose topic the client cannot hold is acknowledged, and that is reported",
  retained: "when all is well the broker keeps of a topic no message that is older than one that was delivered",
  subscriptions: "when all is well the broker holds the filters that the application wants, and no others",
  blame:
    "where the broker does not bear something of the node's, six connections and two more for each such thing end at it at most before something else passes",
  rejected: "a conforming broker finds nothing to reject",
  window: "no more messages are in flight than the window allows",
  memory: "no more bytes of accepted messages are held than the bound allows",
  silence: "on a healthy network something is sent within the keep alive time",
  quiet: "within the stated time after the last fault has healed, every node is connected and nothing is outstanding",
  crash: "no error leaves a callback of the platform: a device would restart",
  stuck: "virtual time goes on: nothing runs for ever",
} as const);

export type Invariant = keyof typeof invariants;

export interface Violation {
  /** Virtual ms since the start. */
  readonly t: number;
  readonly node: number;
  readonly invariant: Invariant;
  /** What was seen. */
  readonly detail: string;
}

/** Takes a violation. */
export type Accuse = (invariant: Invariant, detail: string) => void;

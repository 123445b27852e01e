/** What a person can do about an error. */
const hints: readonly (readonly [what: RegExp, hint: string])[] = Object.freeze([
  [/qos-2-refused/, "This broker has no QoS 2: start with --qos 1."],
  [/message-parked/, "Too large for this broker, or a topic that it forbids? It is tried again now and then."],
  [/subscription-parked/, "Does this broker forbid the filter? It is asked for again now and then."],
  [/refused$|ECONNREFUSED/, "Is the broker running, and is its port right? Without --broker one is started for you."],
  [/no address for/, "The host in --broker is not known to this computer's resolver."],
  [/user name or password|not authori[sz]ed/i, "Check user and password: --broker mqtt://user:password@host:port"],
  [/identifier rejected/, "The broker does not take this id: choose another one with --id."],
  [/take-?over/, "Another client uses this id on the broker: give one of the two another with --id."],
  [/timed out|in time|response-timeout/, "The broker or the way to it does not answer: is it the right host and port?"],
  [
    /queue-full|messages of \d+ bytes wait/,
    "Readings come faster than the broker takes them: choose a longer --interval.",
  ],
  [/store-full|no room for/, "The device's storage is full: its broker has been away for too long."],
]);

/** @param code an error's lasting name, where it has one */
export function hintFor(message: string, code = ""): string | undefined {
  return hints.find(([what]) => what.test(message) || what.test(code))?.[1];
}

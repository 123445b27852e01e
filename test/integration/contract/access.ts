import { describe, expect, test } from "vitest";
import type { BrokerKind } from "../../support/broker.js";
import { settingOf } from "./setting.js";

export function access(kind: BrokerKind): void {
  const refused = { kind: "peer", code: "refused" };

  describe("users", () => {
    const at = settingOf(kind, { users: { mote: "geheim ☂" } });

    test("get in with their password, as text or as bytes", async () => {
      await at.mote({ user: "mote", password: "geheim ☂" }).connect();
      await at.mote({ user: "mote", password: Buffer.from("geheim ☂") }).connect();
    });

    test.each([
      ["with a wrong password", { user: "mote", password: "open" }],
      ["that nobody knows", { user: "nobody", password: "geheim ☂" }],
      ["without a name", {}],
    ])("%s are told in words that they may not, and why", async (_, credentials) => {
      const mote = at.mote(credentials);
      mote.client.open();
      await mote.until(() => mote.disconnects.length > 0, "to be refused");
      expect(mote.disconnects[0]).toMatchObject(refused);
      // Which of the two is the broker's choice.
      expect(mote.disconnects[0]?.message).toMatch(
        /^the broker refused the connection: (bad user name or password|not authorized)$/,
      );
      expect(mote.sessions).toEqual([]);
    });

    test("that are refused are tried again, and what was accepted is kept", async () => {
      const mote = at.mote({ user: "mote", password: "open" });
      mote.client.publish(at.name("later"), "x", { QoS: 1 });
      mote.client.open();
      await mote.until(() => mote.disconnects.length > 2, "to be refused again");
      for (const error of mote.disconnects) expect(error).toMatchObject(refused);
      expect(mote.client.pending).toBe(1);
      expect(mote.errors).toEqual([]);
    });
  });

  describe("topics that the broker's rules forbid", () => {
    const at = settingOf(kind, { only: "mine" });

    test("are not subscribed, and the client says what the broker said", async () => {
      const mote = at.mote();
      mote.subscribe(["mine/#", "theirs/#"], { QoS: 1 });
      await mote.connect("mine/#", "theirs/#");
      expect(mote.granted.get("mine/#")).toBe(1);
      expect(mote.granted.get("theirs/#")).toBe(kind.manners.forbiddenSubscription);
      // Asked once, not for ever.
      expect(await mote.published("mine/a", "x", { QoS: 1 })).toBe("delivered");
      await mote.count(1);
      expect(mote.sessions).toHaveLength(1);
    });

    test("take no message, and stand in the way of none", async () => {
      const mote = at.mote();
      mote.subscribe("mine/#", { QoS: 1 });
      await mote.connect("mine/#");
      const forbidden = mote.client.publish("theirs/a", "no", { QoS: 1 });
      const allowed = mote.client.publish("mine/a", "yes", { QoS: 1 });
      await mote.until(() => mote.outcomes.has(allowed), "the outcome");
      expect(mote.outcomes.get(allowed)).toBe("delivered");
      await mote.count(1);
      expect(mote.payloads).toContain("yes");
      if (kind.manners.forbiddenPublish === "acknowledged and dropped") {
        expect(mote.outcomes.get(forbidden)).toBe("delivered");
      } else {
        expect(mote.disconnects[0]).toMatchObject({ kind: "transport", code: "connection-closed" });
        expect(mote.errors).toMatchObject([{ code: "message-parked" }]);
        expect(mote.outcomes.has(forbidden)).toBe(false);
      }
    });
  });
}

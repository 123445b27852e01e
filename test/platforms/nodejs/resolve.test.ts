import { describe, expect, test, vi } from "vitest";
import { resolve } from "../../../src/platforms/nodejs/resolve.js";

const until = (check: () => void) => vi.waitFor(check, { timeout: 5_000, interval: 2 });

describe("the resolver", () => {
  const found = (host: string) => new Promise<string | undefined>((settle) => resolve(host, settle));

  test("answers an address with itself, later", async () => {
    const answer = vi.fn();
    resolve("::1", answer);
    expect(answer).not.toHaveBeenCalled();
    await until(() => expect(answer.mock.calls).toEqual([["::1"]]));
  });

  test("finds this computer by its name, IPv4 first", async () => {
    expect(await found("localhost")).toBe("127.0.0.1");
  });

  test("finds all addresses of a name", async () => {
    const all = await new Promise<unknown[]>((settle) => resolve("localhost", (...addresses) => settle(addresses)));
    expect(all[0]).toBe("127.0.0.1");
    expect(all[1]).toBeInstanceOf(Array);
  });

  test.each(["", `${"x".repeat(64)}.invalid`, "no\0host"])("has no address for %j", async (host) => {
    expect(await found(host)).toBeUndefined();
  });
});

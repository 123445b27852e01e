import { createHash, randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { acceptOf } from "../../../src/transports/websocket/handshake.js";
import { base64, sha1 } from "../../../src/transports/websocket/sha1.js";

test("SHA-1 is that of node:crypto, for every length around its blocks", () => {
  for (let length = 0; length < 200; length++) {
    const text = randomBytes(length)
      .toString("latin1")
      .replace(/[^ -~]/g, "x");
    expect(Buffer.from(sha1(text)).toString("hex"), text).toBe(createHash("sha1").update(text).digest("hex"));
  }
});

test("base64 is that of Buffer, for every length around its groups", () => {
  for (let length = 0; length < 50; length++) {
    const bytes = randomBytes(length);
    expect(base64(bytes)).toBe(bytes.toString("base64"));
  }
});

test("the answer to a key is the one of RFC 6455 section 1.3", () => {
  expect(acceptOf("dGhlIHNhbXBsZSBub25jZQ==")).toBe("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
});

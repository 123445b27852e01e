/** What tells the person who has started the simulator from everybody else on this computer: a word in the printed URL. */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

/** @returns 16 characters that can stand in a URL, of 96 random bits: it is good for one run, and the URL fits a line */
export function newToken(): string {
  return randomBytes(12).toString("base64url");
}

/** Takes as long whatever is given, so that time tells nothing. */
export function isToken(given: string | null, token: string): boolean {
  return given !== null && timingSafeEqual(digest(given), digest(token));
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

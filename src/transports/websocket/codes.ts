/** Why a peer closes, in words. RFC 6455 section 7.4.1, and the registry of close codes. */

export const NORMAL = 1000;
export const PROTOCOL_ERROR = 1002;

const WORDS: { readonly [code: number]: string } = Object.freeze({
  1000: "closed by the server",
  1001: "the server goes away",
  1002: "the server saw an error of the WebSocket protocol",
  1003: "the server does not take binary frames",
  1007: "the server saw bytes that it does not understand",
  1008: "the server's policy forbids it",
  1009: "a message was too large for the server",
  1011: "the server failed",
  1012: "the server restarts",
  1013: "the server is too busy: try again later",
});

/** @param code undefined where the peer has said none */
export function closeWords(code: number | undefined): string {
  if (code === undefined) return "closed by the server";
  return WORDS[code] ?? `closed by the server with code ${code}`;
}

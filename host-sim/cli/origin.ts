/**
 * Who may talk to what listens on this computer's loopback. Any page in a browser here can open a WebSocket to it, for browsers
 * hold WebSocket to no origin; and a page whose name leads to 127.0.0.1 can ask as its own host.
 */

/** @returns whether a request comes from a program, or from a page of this computer, and asks for this computer */
export function mayTalk(headers: {
  readonly host?: string | undefined;
  readonly origin?: string | undefined;
}): boolean {
  const { host, origin } = headers;
  if (host === undefined || !isLoopback(`http://${host}`)) return false;
  return origin === undefined || isLoopback(origin);
}

function isLoopback(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { hostname } = new URL(url);
  return (
    hostname === "localhost" ||
    hostname.endsWith(".localhost") ||
    hostname === "[::1]" ||
    /^127(\.\d+){3}$/.test(hostname)
  );
}

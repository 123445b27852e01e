/**
 * Who may talk to what listens on this computer's loopback. Any page in a browser here can open a WebSocket to it, for browsers
 * hold WebSocket to no origin; and a page whose name leads to 127.0.0.1 can ask as its own host.
 */

/**
 * @param allowed origins that may talk too: a page that is served elsewhere, or a proxy before this computer
 * @returns whether a request comes from a program, or from a page of this computer, and asks for this computer
 */
export function mayTalk(
  headers: { readonly host?: string | undefined; readonly origin?: string | undefined },
  allowed: readonly string[] = [],
): boolean {
  const { host, origin } = headers;
  if (host === undefined || !(isLoopback(`http://${host}`) || allowed.some((one) => new URL(one).host === host)))
    return false;
  return origin === undefined || isLoopback(origin) || allowed.includes(origin);
}

/** As browsers write an origin. @returns undefined when `text` is none, or `null` */
export function originOf(text: string): string | undefined {
  if (!/^https?:\/\/[^/?#@]+\/?$/i.test(text) || !URL.canParse(text)) return undefined;
  return new URL(text).origin;
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

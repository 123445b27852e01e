/** Where this page looks: what its URL says. */

export interface Place {
  /** The broker's URL. */
  readonly broker: string;
  /** The broker is the one of this page's server. */
  readonly isOwn: boolean;
  /** Undefined: to be found. */
  readonly node: string | undefined;
  /** Controls the simulator, which is there then. */
  readonly token: string | undefined;
  /** `ws://127.0.0.1:9001/control?token=…` */
  readonly control: string | undefined;
}

/** As a browser has its location. */
export interface PageUrl {
  readonly host: string;
  readonly protocol: string;
  readonly search: string;
  readonly hash: string;
}

/** `?broker=ws://host:port/mqtt&node=porch#token`, each of which may be missing. */
export function readPlace({ host, protocol, search, hash }: PageUrl): Place {
  const query = new URLSearchParams(search);
  const server = `${protocol === "https:" ? "wss" : "ws"}://${host}`;
  const token = hash.slice(1) || undefined;
  const given = query.get("broker") ?? undefined;
  const suffix = token === undefined ? "" : `?token=${encodeURIComponent(token)}`;
  return {
    broker: given ?? `${server}/mqtt${suffix}`,
    isOwn: given === undefined,
    node: query.get("node") || undefined,
    token,
    control: token === undefined ? undefined : `${server}/control${suffix}`,
  };
}

/** The same place, at one node of it. */
export function hrefOf({ broker, isOwn, token }: Place, node: string): string {
  const query = new URLSearchParams({ ...(isOwn ? {} : { broker }), node });
  return `?${query}${token === undefined ? "" : `#${token}`}`;
}

/** What serves the page: to whom, and what not. */
import { request } from "node:http";
import { connect } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { type Served, startServed } from "../../support/page.js";

const cleanUp: (() => unknown)[] = [];

afterEach(async () => {
  for (const end of cleanUp.splice(0).reverse()) await end();
});

async function served(options?: Parameters<typeof startServed>[0]): Promise<Served> {
  const started = await startServed(options);
  cleanUp.push(() => started.close());
  return started;
}

interface Answer {
  readonly status: number | undefined;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: string;
}

/** As it is written, where fetch would tidy the path. */
function get({ page }: Served, path: string, headers: Record<string, string> = {}, method = "GET"): Promise<Answer> {
  const { host, port } = page.webSocket;
  return new Promise((settle, fail) => {
    request({ host, port, path, headers, method, agent: false }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text) => (body += text));
      response.on("end", () => settle({ status: response.statusCode, headers: response.headers, body }));
    })
      .on("error", fail)
      .end();
  });
}

/** What becomes of a WebSocket. */
function opened({ page }: Served, path: string, options: { origin?: string } = {}): Promise<string> {
  const { host, port } = page.webSocket;
  const socket = new WebSocket(`ws://${host}:${port}${path}`, options);
  cleanUp.push(() => socket.terminate());
  return new Promise((settle) => {
    socket.on("open", () => settle("open"));
    socket.on("error", ({ message }) => settle(message));
  });
}

const REFUSED = "Unexpected server response: 401";

describe("the page's server", () => {
  test("serves the page, its script and its style, each as what it is", async () => {
    const server = await served();
    const page = await get(server, "/");
    expect([page.status, page.headers["content-type"]]).toEqual([200, "text/html; charset=utf-8"]);
    const named = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path = ""]) => path);
    expect(named.sort()).toEqual(["/icon.svg", "/page.css", "/page.js"]);
    for (const path of named) {
      const { status, headers, body } = await get(server, path);
      expect([path, status]).toEqual([path, 200]);
      expect(headers["content-type"]).toMatch(/^(image\/svg\+xml|text\/(css|javascript); charset=utf-8)$/);
      expect(body.length).toBeGreaterThan(100);
    }
  });

  test("lets the page run its own script only, speak to this server only, and make no HTML of text", async () => {
    const server = await served();
    const { headers } = await get(server, "/");
    const { port } = server.page.webSocket;
    const policy = String(headers["content-security-policy"]).split("; ");
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).toContain(`connect-src 'self' ws://127.0.0.1:${port}`);
    expect(policy).toContain("require-trusted-types-for 'script'");
    expect(policy.join()).not.toMatch(/unsafe|\*|data:/);
    expect(headers).toMatchObject({
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
      "cache-control": "no-store",
    });
  });

  test("lets the page speak to the one broker that its URL names, and puts nothing else into the policy", async () => {
    const server = await served();
    const policyAt = async (broker: string) =>
      String((await get(server, `/?broker=${encodeURIComponent(broker)}`)).headers["content-security-policy"]);
    expect(await policyAt("ws://me:secret@lab.example:9001/mqtt")).toMatch(
      /connect-src [^;]* ws:\/\/lab\.example:9001;/,
    );
    expect(await policyAt("ws://me:secret@lab.example:9001/mqtt")).not.toContain("secret");
    for (const hostile of ["ws://a; script-src *", "ws://a/%0d%0aX: y", "*", "javascript:alert(1)"])
      expect(await policyAt(hostile)).not.toMatch(/script-src \*|\r|\n|javascript|connect-src[^;]*\*/);
  });

  test.each([
    "/../package.json",
    "/..%2f..%2fpackage.json",
    "/%2e%2e/package.json",
    "//etc/passwd",
    "/page.js/../../../package.json",
    "/\\..\\package.json",
    "/main.tsx",
    "/__proto__",
    "/constructor",
  ])("has nothing at %s", async (path) => {
    const { status, body } = await get(await served(), path);
    expect([status, body]).toEqual([404, "There is nothing here\n"]);
  });

  test("outlives what is no URL, and has only GET", async () => {
    const server = await served();
    const { host, port } = server.page.webSocket;
    const socket = connect(port, host);
    const upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\nHost: 127.0.0.1";
    socket.write(`GET // HTTP/1.1\r\n${upgrade}\r\n\r\n`);
    const answer = await new Promise((settle) => socket.on("data", (bytes) => settle(String(bytes).split("\r\n")[0])));
    expect(answer).toBe("HTTP/1.1 404 Not Found");
    expect((await get(server, "/", {}, "POST")).status).toBe(405);
    expect((await get(server, "/", {}, "HEAD")).body).toBe("");
  });

  test("answers nobody whose name leads here from elsewhere, and no page of another origin", async () => {
    const server = await served();
    expect((await get(server, "/", { Host: "rebound.evil.example" })).status).toBe(403);
    expect((await get(server, "/page.js", { Origin: "https://evil.example" })).status).toBe(403);
    const allowing = await served({ origins: ["https://lab.example"] });
    expect((await get(allowing, "/", { Host: "lab.example" })).status).toBe(200);
  });
});

describe("the simulator's control", () => {
  const control = (socket: WebSocket) => socket.send("welcome");

  test("is there for who has the token", async () => {
    const server = await served({ control });
    expect(await opened(server, `/control?token=${server.token}`)).toBe("open");
  });

  test.each([
    ["without the token", () => "/control"],
    ["with an empty one", () => "/control?token="],
    ["with a wrong one", () => "/control?token=AAAAAAAAAAAAAAAA"],
    ["with the beginning of it", (token: string) => `/control?token=${token.slice(0, -1)}`],
    ["with more than it", (token: string) => `/control?token=${token}A`],
  ])("is refused %s", async (_, path) => {
    const server = await served({ control });
    expect(await opened(server, path(server.token))).toBe(REFUSED);
  });

  test("is refused to a page of another origin, though it has the token", async () => {
    const server = await served({ control });
    expect(await opened(server, `/control?token=${server.token}`, { origin: "https://evil.example" })).toBe(REFUSED);
  });

  test("closes on a message that is too long", async () => {
    const server = await served({ control: () => {} });
    const { host, port } = server.page.webSocket;
    const socket = new WebSocket(`ws://${host}:${port}/control?token=${server.token}`);
    cleanUp.push(() => socket.terminate());
    socket.on("open", () => socket.send("x".repeat(5_000)));
    expect(await new Promise((settle) => socket.on("close", settle))).toBe(1009);
  });
});

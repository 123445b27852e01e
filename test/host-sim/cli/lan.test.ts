/** `--lan`: who comes in from the network, with what, and who does not. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import mqtt from "mqtt";
import { encode } from "uqr";
import { afterEach, describe, expect, test, vi } from "vitest";
import { startBroker } from "../../../host-sim/cli/broker.js";
import { flashLine, lanAddresses, newLogin } from "../../../host-sim/cli/lan.js";
import { qrLines } from "../../../host-sim/cli/qr.js";
import { readRunOptions } from "../../../host-sim/cli/run-options.js";
import { freePort } from "../../support/ports.js";
import { Sim } from "../../support/sim.js";
import { openTwoHosts, type TwoHosts } from "../../support/two-hosts.js";

vi.setConfig({ testTimeout: 60_000 });

const cleanUp: (() => unknown)[] = [];

afterEach(async () => {
  for (const end of cleanUp.splice(0).reverse()) await end();
});

describe("the broker with a login", () => {
  /** @returns the words of its refusal, or `connected` */
  function connected(port: number, login: { username?: string; password?: string }): Promise<string> {
    const client = mqtt.connect(`mqtt://127.0.0.1:${port}`, { ...login, reconnectPeriod: 0 });
    cleanUp.push(() => client.end(true));
    return new Promise((settle) => {
      client.on("connect", () => settle("connected"));
      client.on("error", ({ message }) => settle(message));
    });
  }

  test("takes who gives it, from this computer too, and nobody else, after a restart as well", async () => {
    const login = newLogin();
    const broker = await startBroker(await freePort(), login);
    cleanUp.push(() => broker.close());
    const { user: username, password } = login;
    const refused = "Connection refused: Bad username or password";
    for (let start = 0; start < 2; start++) {
      expect(await connected(broker.port, { username, password })).toBe("connected");
      expect(await connected(broker.port, {})).toBe(refused);
      expect(await connected(broker.port, { username, password: `${password}x` })).toBe(refused);
      expect(await connected(broker.port, { username: "else", password })).toBe(refused);
      await broker.close();
      await broker.restart();
    }
  });

  test("is another one each time, of letters and digits that nobody takes for others", () => {
    const all = Array.from({ length: 100 }, () => newLogin().password);
    expect(new Set(all).size).toBe(100);
    for (const password of all) expect(password).toMatch(/^[a-hjkmnp-z2-9]{4}(-[a-hjkmnp-z2-9]{4}){2}$/);
  });
});

test("addresses of private networks come first, and this computer's own is none", () => {
  const at = (address: string, internal = false, family: "IPv4" | "IPv6" = "IPv4") =>
    ({ address, internal, family, netmask: "", mac: "", cidr: null, scopeid: 0 }) as never;
  const interfaces = {
    lo: [at("127.0.0.1", true)],
    vpn: [at("100.64.3.4"), at("fe80::1", false, "IPv6")],
    none: [at("169.254.7.7")],
    office: [at("10.1.2.3")],
    home: [at("192.168.1.5")],
  };
  expect(lanAddresses(interfaces)).toEqual(["192.168.1.5", "10.1.2.3", "100.64.3.4", "169.254.7.7"]);
});

describe("the line that flashes a board", () => {
  const login = { host: "192.168.1.5", port: 1883, user: "motewire", password: "abcd-efgh-jkmn" };
  const broker = "mqtt_host=192.168.1.5 mqtt_port=1883 mqtt_user=motewire mqtt_password=abcd-efgh-jkmn";

  test("builds the firmware here, or the application where it is", () => {
    expect(flashLine("esp32c3_devkitm", undefined, login)).toBe(
      `mcconfig -d -m -p esp32:./boards/esp32c3_devkitm wifi_ssid='…' wifi_password='…' ${broker}`,
    );
    expect(flashLine("esp32_devkitc", join(process.cwd(), "examples/porch/main.ts"), login)).toBe(
      `cd examples/porch && mcconfig -d -m -p esp32:../../boards/esp32_devkitc wifi_ssid='…' wifi_password='…' ${broker}`,
    );
  });

  test("is left out for an application without a manifest", () => {
    const folder = mkdtempSync(join(tmpdir(), "motewire-app-"));
    cleanUp.push(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, "main.ts"), "");
    expect(flashLine("esp32_devkitc", join(folder, "main.ts"), login)).toBeUndefined();
  });
});

test("the QR code is the URL's, black on white, two of its rows a line, and left out where it does not fit", () => {
  const url = "http://192.168.1.5:9001/#keXixVUeUzjfISn4";
  const { data, size } = encode(url, { border: 2 });
  const lines = qrLines(url, size);
  const colours = ["\x1b[38;5;16;48;5;231m", "\x1b[0m"];
  expect(lines.map((line) => colours.map((code) => line.split(code).length))).toEqual(lines.map(() => [2, 2]));
  const blocks = lines.map((line) => [...colours.reduce((left, code) => left.replace(code, ""), line)]);
  const upper = blocks.map((line) => line.map((block) => block === "█" || block === "▀"));
  const lower = blocks.map((line) => line.map((block) => block === "█" || block === "▄"));
  expect(upper.flatMap((row, at) => [row, lower[at]]).slice(0, size)).toEqual(data);
  expect(qrLines(url, size - 1)).toEqual([]);
});

test("--lan is refused beside --broker, whose broker is reached where it runs", () => {
  expect(() => readRunOptions(["--lan", "--broker", "mqtt://10.0.0.1"], 1)).toThrow("--lan is for the embedded broker");
  expect(readRunOptions(["--lan"], 1)).toMatchObject({ lan: true });
  expect(readRunOptions([], 1)).toMatchObject({ lan: false });
});

/** What another computer sees: run there by Node.js. */
const visitor = `
  const [page, socketUrl, user, password] = process.argv.slice(1);
  const { default: mqtt } = await import("mqtt");
  const { WebSocket } = await import("ws");
  const url = new URL(page);
  const token = url.hash.slice(1);
  const get = (headers) => new Promise((settle) => {
    import("node:http").then(({ request }) => {
      const asked = request({ host: url.hostname, port: url.port, path: "/", headers }, (answer) => {
        let body = "";
        answer.on("data", (text) => (body += text)).on("end", () => settle([answer.statusCode, body.includes("<title>")]));
      });
      asked.on("error", ({ code }) => settle(code)).end();
    });
  });
  const control = (query, origin) => new Promise((settle) => {
    const socket = new WebSocket("ws://" + url.host + "/control" + query, { origin });
    socket.on("error", ({ message, code }) => settle(code ?? message));
    socket.on("message", (text) => (settle(JSON.parse(text).type), socket.terminate()));
  });
  const broker = (at, login) => new Promise((settle) => {
    const client = mqtt.connect(at, { ...login, reconnectPeriod: 0 });
    client.on("error", ({ message, code }) => (settle(code < 6 || code === undefined ? message : code), client.end(true)));
    client.on("connect", () => client.subscribe("motewire/+/status"));
    client.on("message", (topic, payload) => (settle(JSON.parse(payload).status), client.end(true)));
  });
  const login = { username: user, password };
  const tcp = "mqtt://" + url.hostname + ":" + process.argv[5];
  console.log(JSON.stringify({
    page: await get({}),
    otherName: await get({ host: "rebound.example" }),
    control: await control("?token=" + token, url.origin),
    controlWithout: await control("", url.origin),
    controlElsewhere: await control("?token=" + token, "http://evil.example"),
    tcp: await broker(tcp, login),
    tcpWithout: await broker(tcp, {}),
    socket: await broker(socketUrl, login),
    socketWithout: await broker(socketUrl, {}),
    socketOfPage: await broker(socketUrl + "?token=" + token, {}),
  }));
`;

describe("from another computer of the network", () => {
  function visit({ second }: TwoHosts, args: readonly string[]): Promise<unknown> {
    const [program = "", ...rest] = second([process.execPath, "--input-type=module", "-e", visitor, ...args]);
    return new Promise((settle, fail) => {
      execFile(program, rest, { timeout: 30_000 }, (error, out, err) =>
        error === null ? settle(JSON.parse(out)) : fail(new Error(`${error.message}\n${err}`)),
      );
    });
  }

  test("page, control and broker are reached with token and password, and refused without", async () => {
    const hosts = openTwoHosts();
    cleanUp.push(() => hosts.close());
    const node = new Sim(["--json", "--lan", "--app", "examples/porch/main.ts"], {}, hosts.first);
    cleanUp.push(() => node.kill());
    const { broker, webSocket = "", lan } = await node.event("started");
    await node.event("acknowledged", ({ topic }) => topic.endsWith("/status"));
    const [page = ""] = lan?.pages ?? [];
    expect(new URL(page).hostname).toBe(hosts.address);
    const seen = await visit(hosts, [page, webSocket, lan?.user ?? "", lan?.password ?? "", new URL(broker).port]);
    const refused = "Connection refused: Bad username or password";
    expect(seen).toEqual({
      page: [200, true],
      otherName: [403, false],
      control: "simulator",
      controlWithout: "Unexpected server response: 401",
      controlElsewhere: "Unexpected server response: 401",
      tcp: "online",
      tcpWithout: refused,
      socket: "online",
      socketWithout: refused,
      socketOfPage: "online",
    });
    node.signal("SIGINT");
    expect(await node.ended()).toBe(0);
  });

  test("without --lan nothing is reached", async () => {
    const hosts = openTwoHosts();
    cleanUp.push(() => hosts.close());
    const node = new Sim(["--json"], {}, hosts.first);
    cleanUp.push(() => node.kill());
    const { broker, page = "" } = await node.event("started");
    await node.event("acknowledged", ({ topic }) => topic.endsWith("/status"));
    const elsewhere = (url: string) => url.replace("127.0.0.1", hosts.address);
    const socket = elsewhere(page).replace(/^http(.*)\/#.*/, "ws$1/mqtt");
    const seen = Object.values((await visit(hosts, [elsewhere(page), socket, "", "", new URL(broker).port])) as object);
    for (const one of seen) expect(String(one)).toMatch(/ECONNREFUSED/);
  });
});

/** A node's id that nobody else has on a broker, as far as the broker tells. */
import type { BrokerAddress } from "../../src/platforms/broker-url.js";
import { RawMqtt } from "./raw-mqtt.js";

const MOST = 32;

/** What is retained comes behind SUBACK, and with most brokers before the next answer; with aedes some milliseconds after it. */
const LATE = 250;

/**
 * Two computers of one name, or two runs on one of them, would have the same id, and each would push the other out.
 * @param isOwn nobody else can have it: then the broker is not asked
 * @returns `id`, or where a node of that id says that it is online, `id-2`, `id-3` …
 */
export async function freeId(broker: BrokerAddress, id: string, isOwn: boolean): Promise<string> {
  for (let number = 1; number <= MOST && !isOwn; number++) {
    const tried = number === 1 ? id : `${id}-${number}`;
    if (!(await isOnline(broker, tried))) return tried;
  }
  return id;
}

/** What a node's retained status says; false where the broker does not answer, or does not let us ask. */
function isOnline(broker: BrokerAddress, id: string): Promise<boolean> {
  return new Promise((settle) => {
    let timer: NodeJS.Timeout | undefined;
    const found = (isThere: boolean) => {
      clearTimeout(timer);
      link.end();
      settle(isThere);
    };
    const link = new RawMqtt(broker, `mw-look-${Math.random().toString(36).slice(2, 12)}`, true, {
      onPacket(packet) {
        if (packet.cmd === "connack" && packet.returnCode === 0) {
          const subscriptions = [{ topic: `motewire/${id}/status`, qos: 0 as const }];
          link.ask({ cmd: "subscribe", messageId: 1, subscriptions });
          return;
        }
        if (packet.cmd === "suback") link.ask({ cmd: "pingreq" });
        else if (packet.cmd === "publish") found(saysOnline(packet.payload.toString()));
        else if (packet.cmd === "pingresp") timer = setTimeout(found, LATE, false);
        else found(false);
      },
      onClose: () => {
        clearTimeout(timer);
        settle(false);
      },
    });
  });
}

function saysOnline(payload: string): boolean {
  try {
    return (JSON.parse(payload) as { status?: unknown } | null)?.status === "online";
  } catch {
    return false;
  }
}

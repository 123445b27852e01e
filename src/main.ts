/** The composition root on a device: the node, on the device's platform. */

import application from "./application.js";
import { Mote } from "./mote/mote.js";
import { boot } from "./platforms/moddable/boot.js";
import { websocketOpener } from "./transports/websocket/opener.js";

/**
 * Called by the SDK. A function, for the module itself is evaluated when the image is linked. Without `websocketOpener` here
 * and `src/transports` in the manifest, the firmware has no WebSocket, and the flash has the room.
 */
export default function main(): void {
  boot(({ platform, ...options }) => new Mote(platform, { ...options, application }).start(), websocketOpener);
}

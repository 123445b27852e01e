/** The composition root on a device: the node, on the device's platform. */
import { boot } from "./device/boot.js";
import { SensorNode } from "./node/node.js";

/** Called by the SDK. A function, for the module itself is evaluated when the image is linked. */
export default function main(): void {
  boot(({ platform, ...options }) => new SensorNode(platform, options).start());
}

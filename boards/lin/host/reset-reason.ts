/** The SDK's `resetReason`, which it has on ESP32 only. A process that starts is a device whose power comes on. */
export default function getResetReason(): { reason: number; string: string } {
  return { reason: 1, string: "Power-On" };
}

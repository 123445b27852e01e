/** The Wi-Fi interface of the SDK. It starts the radio as soon as it is made, which is needed to know the MAC. */
import WiFi from "embedded:network/interface/wifi";
import type { Report } from "../../mote/errors.js";
import type { Radio, WiFiInterface } from "./station.js";

export class DeviceRadio implements Radio {
  readonly wifi: WiFiInterface & { readonly MAC: string | undefined };
  onChanged: (() => void) | undefined;

  constructor(report: Report) {
    this.wifi = new WiFi({
      onChanged: () => {
        try {
          this.onChanged?.();
        } catch (error) {
          report(error, "wifi");
        }
      },
    } as ConstructorParameters<typeof WiFi>[0]) as unknown as DeviceRadio["wifi"];
  }
}

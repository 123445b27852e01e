/**
 * ECMA-419's Wi-Fi interface, which the SDK does not have on Linux: a radio that always hears the network it was configured
 * with and joins it, so that the station's own code runs here as on a device.
 */
import config from "mc/config";
import Timer from "timer";

const SCAN = 50;
const JOIN = 100;

export default class WiFi {
  readonly MAC = "02:00:00:00:00:01";
  connection = 200;
  readonly #onChanged: (property: string) => void;
  #timer: Timer | undefined;

  constructor({ onChanged }: { onChanged(property: string): void }) {
    this.#onChanged = onChanged;
  }

  get address(): string | undefined {
    return this.connection === 500 ? "127.0.0.1" : undefined;
  }

  get RSSI(): number | undefined {
    return this.connection === 500 ? -50 : undefined;
  }

  scan({
    onFound,
    onComplete,
  }: {
    onFound(found: { SSID: string; RSSI: number; channel: number }): void;
    onComplete(): void;
  }): void {
    Timer.set(() => {
      onFound({ SSID: String(config.wifi_ssid), RSSI: -50, channel: 6 });
      onComplete();
    }, SCAN);
  }

  connect(_options: { SSID: string; password?: string; channel?: number }): void {
    if (this.connection !== 200) throw new Error("already connecting");
    this.connection = 300;
    this.#timer = Timer.set(() => {
      this.#timer = undefined;
      this.connection = 500;
      this.#onChanged("connection");
    }, JOIN);
  }

  disconnect(): void {
    if (this.#timer !== undefined) Timer.clear(this.#timer);
    this.#timer = undefined;
    this.connection = 200;
  }

  close(): void {
    this.disconnect();
  }
}

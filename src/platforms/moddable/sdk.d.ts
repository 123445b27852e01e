/**
 * What the Moddable SDK has and its typings lack. mcconfig adds this file to every compilation (manifest.json here).
 * Facts are of SDK 8.2.3.
 */

declare module "resetReason" {
  /** esp_reset_reason() and its name. */
  export default function getResetReason(): { reason: number; string: string };
}

/** Called for an exception that nobody caught and for memory that is full, where `defines.xs.abortHook` is set. */
declare var abort: ((reason: string, exception: unknown) => boolean | undefined) | undefined;

/** ECMA-419 clause 16; `sample` as the driver likes. */
declare module "embedded:sensor/*" {
  const Sensor: import("./provider.js").SensorDriver["Sensor"];
  export default Sensor;
}

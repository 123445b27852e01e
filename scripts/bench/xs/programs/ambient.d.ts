/// <reference path="../../../../host-sim/xs/host.d.ts" />
declare module "embedded:network/mqtt/client" {
  export default class MQTTClient {
    constructor(options: object);
    write(data: ArrayBuffer | null, options?: object): number;
    read(count?: number): ArrayBuffer;
  }
}

interface ArrayBufferConstructor {
  fromString(text: string): ArrayBuffer;
}

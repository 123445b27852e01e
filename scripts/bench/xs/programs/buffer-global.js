// mqtt-packet and its parts take these as globals.
export { Buffer } from "buffer/";
export const process = { env: {}, nextTick: (callback, ...args) => Promise.resolve().then(() => callback(...args)) };

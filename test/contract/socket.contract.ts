import type { Contract } from "./clause.js";
import { ending } from "./socket.ending.js";
import { reading } from "./socket.reading.js";
import type { SocketHarness } from "./socket.recorder.js";
import { writing } from "./socket.writing.js";

export const socketContract: Contract<SocketHarness> = [...writing, ...reading, ...ending];

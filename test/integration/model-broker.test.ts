import { describe } from "vitest";
import { model } from "../support/model-broker.js";
import { brokerContract } from "./contract/index.js";

describe("with the simulator's broker model", () => brokerContract(model));

import { describe } from "vitest";
import { aedes } from "../support/kinds.js";
import { brokerContract } from "./contract/index.js";

describe("with aedes", () => brokerContract(aedes));

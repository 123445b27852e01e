import { describe } from "vitest";
import { models } from "../support/model-broker.js";
import { brokerContract } from "./contract/index.js";

describe.each(models)("with $name", (model) => brokerContract(model));

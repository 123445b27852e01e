import { describeWith } from "../support/describe-with.js";
import { mosquitto } from "../support/kinds.js";
import { brokerContract } from "./contract/index.js";

describeWith("mosquitto", "with mosquitto", () => brokerContract(mosquitto));

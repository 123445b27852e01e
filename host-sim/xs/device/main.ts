/** The composition root of the simulated device on XS: the node, on the platform that the host and its parent are. */
import application from "../../../src/application.js";
import { asError } from "../../../src/mote/errors.js";
import { Mote } from "../../../src/mote/mote.js";
import { ParentJournal } from "./journal.js";
import { readOptions } from "./options.js";
import { openPlatform } from "./platform.js";

export default function main(): void {
  const journal = new ParentJournal();
  const options = readOptions();
  const { platform, hear } = openPlatform((error, where) => journal.error(asError(error), where), options.broker.path);
  const node = new Mote(platform, { ...options, application, journal });
  host.listen((name, text) => {
    if (name === "stop") node.stop(Number(text), () => host.exit(0));
    else if (name === "measure") host.measure(text);
    else hear(name, text);
  });
  node.start();
}

/** Starts the page. */
import { render } from "preact";
import { App } from "./app.js";
import { notify } from "./notify.js";
import { readPlace } from "./place.js";
import { Simulator } from "./simulator.js";
import { Watch } from "./watch.js";

/** The one thing that may become code: the worker that wakes a hidden page. Text never becomes HTML. */
function allowOwnWorker(): void {
  const { trustedTypes } = globalThis as {
    trustedTypes?: { createPolicy(name: string, rules: { createScriptURL(url: string): string }): void };
  };
  trustedTypes?.createPolicy("default", {
    createScriptURL(url) {
      if (!url.startsWith("blob:")) throw new TypeError("no other script");
      return url;
    },
  });
}

allowOwnWorker();
const place = readPlace(location);
const watch = new Watch(place, notify);
// Somebody else's broker has other nodes than the simulator's.
const isSimulated = place.control !== undefined && place.isOwn;
const simulator = isSimulated
  ? new Simulator(place.control as string, (node) => {
      if (place.node === undefined) watch.look(node);
    })
  : undefined;
render(<App place={place} watch={watch} simulator={simulator} />, document.getElementById("page") as HTMLElement);

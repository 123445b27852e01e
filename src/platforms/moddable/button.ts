/** The board's button. */
import type { Report } from "../../mote/errors.js";
import type { Clock } from "../../platform.js";
import type { Provider } from "./provider.js";

/** Milliseconds for which contacts bounce at most. */
const BOUNCE = 50;

/** @returns what {@link Platform.onButton} wants; undefined when the board has no button */
export function buttonOf(
  { board, io }: Provider,
  clock: Clock,
  report: Report,
): ((pushed: () => void) => void) | undefined {
  const { button } = board;
  const { Digital } = io;
  if (button === undefined) return undefined;
  if (Digital === undefined) throw new Error("the provider has no io.Digital for the button");
  const { pin, activeLow, pull } = button;
  return (pushed) => {
    let last: number | undefined;
    const input = new Digital({
      pin,
      mode: pull ? (activeLow ? Digital.InputPullUp : Digital.InputPullDown) : Digital.Input,
      edge: activeLow ? Digital.Falling : Digital.Rising,
      onReadable() {
        try {
          const now = clock.now();
          const bounced = last !== undefined && ((now - last) | 0) < BOUNCE;
          last = now;
          if (!bounced && input.read() === (activeLow ? 0 : 1)) pushed();
        } catch (error) {
          report(error, "button");
        }
      },
    });
  };
}

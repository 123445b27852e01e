/** The work of a client on XS: publishes with a few in flight, and receives, at each QoS; memory is looked at in between. */

export const TOPIC = "motewire/porch/reading/climate";
export const PAYLOAD = "x".repeat(50);
export const ID = "mote-24a1603f";

/** Messages under way at once. */
const IN_FLIGHT = 4;
/** Before they are measured, so that what grows once has grown. */
const WARM_UP = 8;
/** Milliseconds in which all has come to rest. */
const REST = 50;

export interface Job {
  readonly address: string;
  readonly port: number;
  connected(): void;
  published(): void;
  received(bytes: number): void;
}

export interface Contender {
  publish(level: number): void;
}

interface Turn {
  readonly name: string;
  readonly level: number;
  readonly receives: boolean;
}

const turns: readonly Turn[] = [0, 1, 2].flatMap((level) => [
  { name: `publish QoS ${level}`, level, receives: false },
  { name: `receive QoS ${level}`, level, receives: true },
]);

export function drive(start: (job: Job) => Contender): void {
  const { address, port, times } = JSON.parse(host.ask("job") as string);
  let turn = -1;
  let left = 0;
  let ahead = 0;
  let started = 0;
  let isWarm = false;
  const begin = (count: number): void => {
    const { level, receives } = turns[turn] as Turn;
    left = count;
    started = Date.now();
    if (receives) host.tell("send", level, count);
    else {
      ahead = count;
      for (let i = 0; i < IN_FLIGHT && ahead > 0; i++, ahead--) contender.publish(level);
    }
  };
  const next = (): void => {
    turn++;
    isWarm = false;
    if (turns[turn] === undefined) host.exit(0);
    begin(WARM_UP);
  };
  const ended = (): void => {
    if (!isWarm) {
      isWarm = true;
      host.setTimer(() => {
        host.measure(`begin ${turns[turn]?.name}`);
        begin(times);
      }, REST);
      return;
    }
    const took = Date.now() - started;
    host.setTimer(() => {
      host.measure(`end ${turns[turn]?.name}`);
      host.tell("work", turns[turn]?.name, times, took);
      next();
    }, REST);
  };
  const done = (): void => {
    if (--left === 0) ended();
  };
  const contender = start({
    address,
    port,
    connected: () => void host.setTimer(next, REST),
    published() {
      if (turns[turn]?.receives !== false) return;
      if (ahead > 0) {
        ahead--;
        contender.publish(turns[turn]?.level ?? 0);
      }
      done();
    },
    received() {
      if (turns[turn]?.receives) done();
    },
  });
}

// The child's side of `run --board`: the controller's end of the hal wire. It blocks while it waits for the board, so a second thread
// takes the bytes from the command and puts them into the ring that the first one reads. The time in which the controller waits
// for the board in the middle of a call is the board's and not the controller's.

import { writeSync } from "node:fs";
import { runControllerEnd, type ControllerOutcome } from "../hal-wire/controller-job";
import type { ControllerSide } from "../hal-wire/controller-side";
import type { End } from "../hal-wire/messages";
import type { ControllerFactory } from "../machine/controller-host";
import { RingReader, sharedRing, type BlockingPort } from "../port/blocking-port";
import { startWorker } from "../worker";
import type { Guest } from "./guest";
import { WIRE_FD, type FromChild, type WireSetup } from "./messages";
import { refuseLostState } from "./run-child";
import { LateError, outside, within } from "./time-budget";

/** Runs the end to its end. Throws ControllerFault, UsageError and the errors of the wire. */
export async function carryOutWire(
  { job, scenario }: WireSetup,
  guest: Guest,
  notify: (message: FromChild) => void,
): Promise<ControllerOutcome> {
  const controller = await guest.load();
  refuseLostState({ scenario, from: null, gear: "leap", tracks: false }, controller, guest);
  const ring = sharedRing();
  startWorker("wire-reader", ring, import.meta.url).unref();
  const port = new RingReader(ring, { postMessage: ({ write }: { write: Uint8Array }) => writeAll(write) });
  const outcome = runControllerEnd(
    job,
    admitted(controller, guest),
    pausing(port),
    (notice) => notify({ news: { notice } }),
    listen,
  );
  const tick = Math.max(0, outcome.seen.lastTick);
  const deed = await guest.deedSince(0, tick);
  const [first] = [...(deed === null ? [] : [deed]), ...guest.changedUpTo(tick)];
  const failure = first ? { at_tick: first.from, text: first.text } : null;
  return { ...outcome, failure: outcome.failure ?? failure };
}

/** The same controller, which is looked at when it has been built on the board at the other end. */
function admitted(controller: ControllerFactory, guest: Guest): ControllerFactory {
  return {
    ...controller,
    mount: (hal) => {
      const host = controller.mount(hal);
      guest.admit(host.script);
      return host;
    },
  };
}

/** Runs the side under the time budget. After a call that did not return the board hears of it, and says how the run ended. */
function listen(side: ControllerSide): End | null {
  try {
    return within(() => side.run());
  } catch (error) {
    if (!(error instanceof LateError) || side.board === null) throw error;
    side.fail(`it ${error.message}`);
    return side.run();
  }
}

function writeAll(bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += writeSync(WIRE_FD, bytes, at);
}

/** The same port. The time of a read does not count as the controller's. */
function pausing(port: BlockingPort): BlockingPort {
  return {
    get stopped() {
      return port.stopped;
    },
    write: (bytes) => port.write(bytes),
    read: (wait_ms) => outside(() => port.read(wait_ms)),
    ignoreInterrupt: () => port.ignoreInterrupt(),
  };
}

// A clinician who gives a command while somebody floods the link. Both share the line of 115 bytes a tick: the flood has its part
// of it, the clinician's frame goes between two frames of the flood, and what the line has no room for waits. The clinician
// repeats the command in a new frame until it is acknowledged, or opens a session first.

import { telemetryReader } from "../../emulator/telemetry/frame";
import type { SecureChannel } from "../../emulator/telemetry/secure";
import { LINK_BYTES_PER_TICK } from "../../hal/link";
import { COMMAND_STOP, REPLY } from "../../hal/telemetry";
import { departed, say } from "../listen";
import type { Pump } from "../pump";
import { chance } from "./air";
import type { Flood } from "./floods";

/** The time after which the clinician sends again. */
export const RETRY_TICKS = 50;
/** The flood has gone on for this time when the clinician begins. */
const WARM_UP_TICKS = 3000;

export interface Attacked {
  pump: Pump;
  clinician: SecureChannel;
  flood: Flood;
  /** Of the line that the flood takes, 0 to 1. */
  part: number;
  /** True: the clinician has a session already. False: the clinician opens one under the flood. */
  inSession: boolean;
  /** Makes the nonces of openings. */
  seed: number;
}

/** The ticks from the clinician's first frame to the acknowledgement of `stop`; null when none came within `ticks`. */
export function ticksUntilStopped(attacked: Attacked, ticks: number): number | null {
  const { pump, clinician, flood, part, seed } = attacked;
  const { machine } = pump;
  machine.board.link.programmingHead = true;
  let hasSession = attacked.inSession;
  const line: number[] = [];
  const reader = telemetryReader();
  let owed = 0;
  let n = 0;
  for (let tick = -WARM_UP_TICKS; tick < ticks; tick++) {
    if (tick >= 0 && tick % RETRY_TICKS === 0) {
      line.push(...(hasSession ? clinician.seal(COMMAND_STOP, 9) : clinician.openRequest(chance(seed + tick, 16))));
    }
    // The flood never has more of the line than its part, and its frames are not cut.
    owed = Math.min(owed + part * LINK_BYTES_PER_TICK, LINK_BYTES_PER_TICK);
    while (owed > 0 && line.length < LINK_BYTES_PER_TICK) {
      const frame = flood.frame(n++);
      line.push(...frame);
      owed -= frame.length;
    }
    say(machine, line.splice(0, LINK_BYTES_PER_TICK));
    machine.step();
    const frames = departed(machine.board.link).map((byte) => reader.take(byte));
    for (const frame of frames) {
      if (frame === null || tick < 0) continue;
      if (hasSession && clinician.open(frame)?.kind === (COMMAND_STOP | REPLY)) return tick;
      if (hasSession || clinician.takeOpen(frame) !== 0) continue;
      hasSession = true;
      line.push(...clinician.seal(COMMAND_STOP, 9));
    }
  }
  return null;
}

// `--time-limit`: the time of the host that a run may take. A run that takes longer ends where it is, its outputs are written,
// and it proves nothing.

import { TICK_MS, TICKS_PER_DAY } from "../../hal/units";
import { timeLimitFinding, type Finding } from "../run/verdict";
import { UsageError } from "../usage-error";
import { durationOption } from "./options";

export const TIME_LIMIT = [
  "--time-limit <duration>",
  "end each run after this time of the host; its verdict is then invalid",
] as const;

/** Node's timers take no more than 2^31 - 1 ms. */
const LIMIT_MS_MAX = 24 * TICKS_PER_DAY * TICK_MS;

export interface TimeLimit {
  readonly isOver: boolean;
  /** The host's time that is left, in milliseconds; Infinity without a limit. */
  readonly left_ms: number;
  /** The finding of a run that was ended at `tick` of `end_ticks`; none while there is time. */
  findings(tick: number, end_ticks: number): Finding[];
}

/** Starts the limit of an option's value; without one there is time for ever. */
export function startTimeLimit(text: string | undefined): TimeLimit {
  const limit_ms = timeLimitOption(text);
  const began_ms = performance.now();
  const left_ms = (): number => limit_ms - (performance.now() - began_ms);
  return {
    get isOver() {
      return left_ms() <= 0;
    },
    get left_ms() {
      return left_ms();
    },
    findings: (tick, end_ticks) => {
      if (left_ms() > 0 || tick >= end_ticks) return [];
      return [timeLimitFinding(limit_ms, tick, end_ticks)];
    },
  };
}

/** The value of `--time-limit`, or of another option that is a time of the host, in milliseconds. */
export function timeLimitOption(text: string | undefined, option = "--time-limit"): number {
  if (text === undefined) return Infinity;
  const limit_ms = durationOption(option, text) * TICK_MS;
  if (limit_ms === 0 || limit_ms > LIMIT_MS_MAX) {
    throw new UsageError(`${option}: found ${text}, expected more than 0 s and at most 24 d`);
  }
  return limit_ms;
}

// The words about a harm, for the table and the lane.

import type { RunReport } from "../run/report";
import { timeWords } from "../time";

type Harm = RunReport["harms"][number];

/** `1 d 2 h to 3 d`, or `to the end`. */
export function harmTimes({ first_s, until_s }: Harm): string {
  return `${timeWords(first_s)} to ${until_s === null ? "the end" : timeWords(until_s)}`;
}

/** `named by empty_reservoir of 1 h`. */
export function namingOf({ by, reported_s }: Harm): string {
  return by === null || reported_s === null
    ? "no alarm named it in its time"
    : `named by ${by} of ${timeWords(reported_s)}`;
}

/** No alarm named it, although the scenario did not expect it. */
export function isSilent({ by, expected }: Harm): boolean {
  return by === null && !expected;
}

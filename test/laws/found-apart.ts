// The words of the controller's memory that a tick of lockstep reads and a leap passes over. A bit that flips in one of them is
// found later by a leap than by lockstep, up to a minute, so a scenario with such a flip is not the same run in both gears. The
// law of the gears leaves these words out; flips-in-gears.prove.ts shows that there are no others.

export const FOUND_APART: readonly string[] = [
  "life.purging",
  "limiter.ring.current",
  "limiter.ring.known",
  "limiter.ring.span",
  "therapy.attempts",
];

// When a value of a machine can change. A leap over quiet ticks moves counters and nothing else, and which these are is known: they
// are listed here, and a law holds the list against the machine (test/laws/grain.test.ts). Every other value changes in an executed
// tick only, so a search for a change of it need not execute the quiet ones. A patient lives by the minute, in a leap too. Of a
// controller that is not the reference controller nothing is known: each of its values may change in every tick.

/** A value changes in executed ticks only, at the edge of a minute too, or in every tick. */
export type Grain = "executed" | "minute" | "tick";

/** In the order from coarse to fine. */
const GRAINS: readonly Grain[] = ["executed", "minute", "tick"];

/** The values of board, world and fault ledger that a leap moves. */
const COUNTERS = [
  ...["board.clock.phase", "board.clock.parts", "board.clock.driftedParts", "board.time.tick", "board.turned"],
  ...["board.motor.unasked", "board.motor.runaway", "board.watchdog.lastKick", "faults.tick", "world.seeped"],
];

/** The values of the reference controller that a leap moves. */
const FIRMWARE_COUNTERS = [
  ...["clock.now", "clock.tickOfMinute", "limiter.ring.bucketTicks", "limiter.ring.count", "limiter.ring.current"],
  ...["limiter.ring.currentCount", "therapy.basal.accumulator", "therapy.basal.doses.accumulator"],
  "therapy.bolus.spread.accumulator",
];

const PATIENT = "patient.";

/** The grain of a value of board, world, people or patient, by its name or path; also that of a signal. */
export function grainOf(name: string): Grain {
  if (name.startsWith(PATIENT)) return "minute";
  return COUNTERS.includes(name) ? "tick" : "executed";
}

/** The grain of a value of the controller of that name. The path of a stored half is that of its symbol, with an ending. */
export function grainOfFirmware(controller: string, path: string): Grain {
  if (controller !== "reference") return "tick";
  const name = path.replace(/\[\d+\]$/, "").replace(/\.(?:value|inverse)s?$/, "");
  return FIRMWARE_COUNTERS.includes(name) ? "tick" : "executed";
}

/** The grain of what depends on all of these. */
export function finestOf(grains: readonly Grain[]): Grain {
  return GRAINS[Math.max(0, ...grains.map((grain) => GRAINS.indexOf(grain)))];
}

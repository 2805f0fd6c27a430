// A schedule that nobody limited, and a clock that is set: an hour that comes twice, or a day of another pattern, is no cause
// for a limit that nobody set (THR-4, LIM-5). The guard's register makes room with it and takes it back a day later.

import { describe, expect, test } from "vitest";
import { COMMAND_INTERROGATE, COMMAND_SET_CLOCK } from "../../hal/telemetry";
import { words } from "../../emulator/telemetry/messages";
import { collectPumps, HOUR, Pump } from "../pump";
import { statesHarms } from "./stated-harms";

collectPumps();

/** 2026-03-06T00:00, a Friday, in minutes since 2000. */
const FRIDAY = 13_769_160 - 22 * 60;
const steps = [
  { minute: 480, rate: 20_000 },
  { minute: 1_320, rate: 10_000 },
];
/** A quarter of an hour that gives most of an hour's dose. */
const peak = [
  { minute: 480, rate: 400_000 },
  { minute: 495, rate: 10_000 },
];
const flexOf = (patterns: (typeof steps)[], weekdays: number[]) => ({
  bolus: null,
  limits: [],
  low_pulses: 0,
  mode: "flex" as const,
  rate: 0,
  flex: { patterns, weekdays },
});

const set = (pump: Pump, wall: number) => pump.programmer.ask(COMMAND_SET_CLOCK, words(wall));

describe("THR-4, LIM-5: a clock that is set by people causes no overdose", () => {
  test.each([
    ["when it is set back by an hour in the day", [steps], 36 * 60, -60],
    ["when it is set forward by an hour in the day", [steps], 36 * 60, 60],
    ["when it is set back to the begin of a dose peak", [peak], 24 * 60 + 494, -14],
    ["when it is set back by a day", [steps], 36 * 60, -24 * 60],
  ])("%s", (_, patterns, after_min, by_min) => {
    const pump = new Pump(flexOf(patterns, Array<number>(7).fill(0)));
    const register = pump.machine.board.guard.limit();
    set(pump, FRIDAY);
    pump.wait((after_min * HOUR) / 60);
    set(pump, FRIDAY + after_min + by_min);
    pump.wait(30 * HOUR);
    expect(pump.heard("alarm_raised")).toEqual([]);
    expect(pump.heard("limit_reached")).toEqual([]);
    // At the next session the room that was made is gone.
    pump.programmer.ask(COMMAND_INTERROGATE);
    expect(pump.machine.board.guard.limit()).toBe(register);
  });
});

statesHarms({});

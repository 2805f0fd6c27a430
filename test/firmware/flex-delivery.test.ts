// The law of exact delivery for a flex schedule (THR-2, THR-4), against a model that knows nothing of the firmware: it
// walks the wall clock minute by minute, finds the weekday with the host's own calendar, looks the rate up in the schedule
// as written, and adds rate x time in BigInt. Over midnight, a week's end, a leap day and a year's end, with a clock that
// people set as they like.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { words } from "../../emulator/telemetry/messages";
import { arbitraries } from "../../emulator/campaign/arbitraries";
import type { Program } from "../../emulator/telemetry/program";
import { COMMAND_SET_CLOCK, OUTCOME_ACCEPTED } from "../../hal/telemetry";
import { runs } from "../effort";
import { DAY, HOUR, MINUTE, Pump, SECOND } from "../pump";

type Flex = NonNullable<Program["flex"]>;

const RATE_TICKS_PER_PULSE = 216_000_000n;
const EPOCH_MS = Date.UTC(2000, 0, 1);
/** Minutes of the pump's wall clock. */
const at = (text: string) => (Date.parse(`${text}Z`) - EPOCH_MS) / 60_000;

/** An hour that holds all that the motor can do. */
const WIDE = [{ pulses: 100_000, window_min: 60 }];

/** Rate by the schedule as a person reads it: the last step begun, today's or that of a day before. */
function rateAt({ patterns, weekdays }: Flex, wall: number): number {
  const now = new Date(EPOCH_MS + wall * 60_000);
  const minute = now.getUTCHours() * 60 + now.getUTCMinutes();
  // Monday first.
  const today = patterns[weekdays[(now.getUTCDay() + 6) % 7]];
  const begun = today.filter((step) => step.minute <= minute);
  if (begun.length > 0) return begun[begun.length - 1].rate;
  const yesterday = patterns[weekdays[(now.getUTCDay() + 5) % 7]];
  return yesterday[yesterday.length - 1].rate;
}

const schedules = arbitraries.program.filter((program) => program.flex !== undefined).map((program) => program.flex!);

/** The same at a tenth of what is fast, so that a week of it is soon over. */
const slow = schedules.map(({ patterns, weekdays }) => ({
  patterns: patterns.map((steps) =>
    steps.map(({ minute, rate }) => ({ minute, rate: rate < 48_000 ? rate : Math.floor(rate / 10) })),
  ),
  weekdays,
}));

/** Eves: of a leap day, of a leap day's end, of a year without one, of a week's end, of its beginning, of a year's end. */
const eves = fc.constantFrom(
  at("2028-02-28T22:00"),
  at("2028-02-29T22:00"),
  at("2027-02-28T22:00"),
  at("2026-03-06T22:00"),
  at("2026-03-08T22:00"),
  at("2027-12-31T22:00"),
);

function pumpOn(flex: Flex, wall: number): Pump {
  // A pump of 40 mL, full: two days at the fastest rate do not empty it.
  const full = { capacity_nl: 40_000_000, fill_nl: 40_000_000 };
  const pump = new Pump({ mode: "flex", rate: 0, flex, bolus: null, limits: WIDE, low_pulses: 0 }, full);
  expect(pump.programmer.outcome(COMMAND_SET_CLOCK, words(wall))).toBe(OUTCOME_ACCEPTED);
  return pump;
}

/**
 * The amount that a schedule gives from tick `from` to tick `to` in pulses x RATE_TICKS_PER_PULSE, when the wall clock shows
 * `wall` in the minute that tick `from` is in. The pump's minutes begin with the run's, because it started at second 0.
 */
function due(flex: Flex, wall: number, from: number, to: number): bigint {
  let sum = 0n;
  for (let tick = from, minute = wall; tick < to; minute++) {
    const next = Math.min(to, (Math.floor(tick / MINUTE) + 1) * MINUTE);
    sum += BigInt(rateAt(flex, minute)) * BigInt(next - tick);
    tick = next;
  }
  return sum;
}

describe("THR-4: a flex schedule by the wall clock", () => {
  test("gives exactly rate x time over midnight, week's end, leap day and year's end (THR-2)", () => {
    const waits = fc.array(fc.integer({ min: 1, max: 9 * HOUR }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(schedules, eves, waits, (flex, eve, all) => {
        const pump = pumpOn(flex, eve);
        const [since, before] = [pump.machine.tick, pump.pulses];
        for (const wait of all) {
          pump.wait(wait);
          const exact = Number((due(flex, eve, since, pump.machine.tick) * 1000n) / RATE_TICKS_PER_PULSE) / 1000;
          // One pulse may have accrued in part when the clock was set, and one may wait for its turn at 900 ms.
          expect(Math.abs(pump.pulses - before - exact)).toBeLessThan(2);
        }
      }),
      { numRuns: runs(15) },
    );
  });

  test("begins each step in the first tick of its minute, and none elsewhere, for a week and a day", () => {
    fc.assert(
      fc.property(slow, eves, (flex, eve) => {
        const pump = pumpOn(flex, eve);
        const since = pump.machine.tick;
        const heard = pump.said.length;
        pump.machine.leap(8 * DAY);
        const began = pump.said
          .slice(heard)
          .filter((said) => said.name === "basal_rate")
          .map((said) => [said.tick, Math.round(Number(said.fields["ul_per_day"]) * 100)]);
        const empty = pump.heard("alarm_raised", { alarm: "empty_reservoir" })[0]?.tick ?? Infinity;
        const steps: number[][] = [];
        let rate = rateAt(flex, eve);
        const first = Math.ceil(since / MINUTE);
        for (let i = 0; i < 8 * 24 * 60 - 1; i++) {
          const next = rateAt(flex, eve + 1 + i);
          if (next !== rate) steps.push([(first + i) * MINUTE, next]);
          rate = next;
        }
        const until = (all: number[][]) => all.filter(([tick]) => tick < Math.min(empty, since + 8 * DAY - MINUTE));
        expect(until(began)).toEqual(until(steps));
      }),
      { numRuns: runs(6) },
    );
  });

  test("gives the rate of the new time at once, and nothing twice, when people set the clock", () => {
    const settings = fc.array(
      fc.record({ wait: fc.integer({ min: SECOND, max: 5 * HOUR }), by_min: fc.integer({ min: -3_000, max: 3_000 }) }),
      { minLength: 1, maxLength: 6 },
    );
    fc.assert(
      fc.property(schedules, eves, settings, (flex, eve, all) => {
        const pump = pumpOn(flex, eve);
        let [since, wall] = [pump.machine.tick, eve];
        let sum = 0n;
        const [before, begin] = [pump.pulses, since];
        const lasts = (to: number) => {
          sum += due(flex, wall, since, to);
          wall += Math.floor(to / MINUTE) - Math.floor(since / MINUTE);
          since = to;
        };
        for (const { wait, by_min } of all) {
          pump.wait(wait);
          const asked = pump.machine.tick;
          const shown = wall + Math.floor(asked / MINUTE) - Math.floor(since / MINUTE);
          expect(pump.programmer.outcome(COMMAND_SET_CLOCK, words(shown + by_min))).toBe(OUTCOME_ACCEPTED);
          const [{ tick }] = pump.heard("clock_set").slice(-1);
          lasts(tick);
          wall = shown + by_min;
          expect(Math.round(pump.machine.signal("motor.rate_ulPerDay") * 100)).toBe(rateAt(flex, wall));
        }
        pump.wait(HOUR);
        lasts(pump.machine.tick);
        const exact = Number((sum * 1000n) / RATE_TICKS_PER_PULSE) / 1000;
        expect(begin).toBeLessThan(pump.machine.tick);
        expect(Math.abs(pump.pulses - before - exact)).toBeLessThan(2);
      }),
      { numRuns: runs(15) },
    );
  });
});

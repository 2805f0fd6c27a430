// Clocks that change: a clinician sets them, summer time comes and goes, a leap day passes, a fault makes the counter jump.
// Lockout and cap are those of a pump whose clock nobody touched. A flex schedule gives the rate of the wall-clock minute,
// from its first tick on, and what it gave is the sum of these rates. The oracle knows weekdays from `Date` alone.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { words } from "../../emulator/telemetry/messages";
import { COMMAND_PATIENT_BOLUS, COMMAND_SET_CLOCK } from "../../hal/telemetry";
import { outcomeName } from "../../emulator/contract/codes";
import { runs } from "../effort";
import { collectPumps, DAY, HOUR, MINUTE, PROGRAM, Pump, SECOND } from "../pump";
import { statesHarms } from "./stated-harms";

collectPumps();

/** 2000-01-01T00:00, where the pump's wall clock begins. */
const EPOCH_MS = Date.UTC(2000, 0, 1);
const MS_PER_MINUTE = 60_000;
/** One pulse at a rate of 1 x 0.01 uL/day. */
const RATE_TICKS_PER_PULSE = 216_000_000;

const wallOf = (text: string) => (Date.parse(`${text}:00Z`) - EPOCH_MS) / MS_PER_MINUTE;
const textOf = (wall: number) => new Date(EPOCH_MS + wall * MS_PER_MINUTE).toISOString().slice(0, 16);
const wallNow = ({ machine }: Pump) => machine.board.clock.minutes + machine.board.clock.offsetMinutes;
const setClock = (pump: Pump, wall: number) =>
  outcomeName(pump.programmer.outcome(COMMAND_SET_CLOCK, words(wall)) ?? -1);

type Change = (pump: Pump) => unknown;
const setBy =
  (minutes: number): Change =>
  (pump) =>
    expect(setClock(pump, wallNow(pump) + minutes)).toBe("accepted");
const setTo =
  (text: string): Change =>
  (pump) =>
    expect(setClock(pump, wallOf(text))).toBe("accepted");
const jump =
  (ticks: number): Change =>
  (pump) =>
    pump.machine.inject("rtc_jump", ticks);

const CHANGES: [string, Change][] = [
  ["a clinician sets it back 2 h", setBy(-120)],
  ["a clinician sets it forward a day", setBy(1_440)],
  ["summer time begins", setTo("2026-03-29T03:00")],
  ["summer time ends", setTo("2026-10-25T02:00")],
  ["to the eve of a leap day", setTo("2028-02-28T23:59")],
  ["to the end of a leap day", setTo("2028-02-29T23:59")],
  ["to the end of a February without one", setTo("2027-02-28T23:59")],
  ["the counter jumps back 2 h", jump(-2 * HOUR)],
  ["the counter jumps forward a day", jump(DAY)],
  ["the counter jumps forward an hour and a half minute", jump(HOUR + 30 * SECOND)],
  ["the counter jumps back half a minute", jump(-30 * SECOND)],
];

describe("T6: lockout and cap do not depend on the wall clock", () => {
  const EVERY = 7 * MINUTE;
  const HOURS = 27;

  /** Asks every seven minutes for 27 h; `changes` come three minutes after the ask of each second hour. */
  function asked(changes: Change[]) {
    const pump = new Pump({ bolus: { ...PROGRAM.bolus!, lockout_min: 60, per24h: 6 } });
    setTo("2026-03-28T21:00")(pump);
    pump.wait(3 * HOUR - pump.machine.tick);
    const answers: (number | null)[] = [];
    for (let n = 0; n * EVERY < HOURS * HOUR; n++) {
      pump.wait(3 * HOUR + n * EVERY - pump.machine.tick);
      answers.push(pump.programmer.outcome(COMMAND_PATIENT_BOLUS));
      pump.wait(3 * MINUTE);
      if (n % 17 === 2) changes[((n - 2) / 17) % changes.length]?.(pump);
    }
    return { pump, answers: answers.map((answer) => outcomeName(answer ?? -1)) };
  }

  test("PTB-1, PTB-2: so that every answer equals that of a pump whose clock is left alone", () => {
    const { pump, answers } = asked([]);
    expect(pump.heard("bolus_started")).toHaveLength(6 + 3);
    const kinds = new Set(answers);
    expect(kinds).toEqual(new Set(["accepted", "lockout", "per_24h"]));
    const all = CHANGES.map(([, change]) => change);
    expect(asked(all).answers).toEqual(answers);
    for (const change of all) expect(asked([change]).answers).toEqual(answers);
  });

  test.each(CHANGES)(
    "PTB-1: so that, when %s, a bolus is denied a second before the end of the lockout and granted a minute later",
    (_, change) => {
      const pump = new Pump();
      setTo("2026-03-28T21:00")(pump);
      pump.wait(3 * HOUR);
      const ask = () => outcomeName(pump.programmer.outcome(COMMAND_PATIENT_BOLUS) ?? -1);
      expect(ask()).toBe("accepted");
      const [{ tick }] = pump.heard("bolus_started");
      pump.wait(20 * MINUTE);
      change(pump);
      pump.wait(tick + HOUR - SECOND - pump.machine.tick);
      expect(ask()).toBe("lockout");
      pump.wait(tick + HOUR + MINUTE - pump.machine.tick);
      expect(ask()).toBe("accepted");
    },
  );
});

type Steps = [string, number][];
/** Rates in uL/day by weekday, Monday first; each day has an edge of its own. */
const WEEK: Steps[] = [
  [
    ["00:00", 120],
    ["06:30", 200],
    ["22:00", 90],
  ],
  [
    ["00:00", 300],
    ["12:00", 250],
  ],
  [
    ["00:01", 150],
    ["23:59", 60],
  ],
  [
    ["02:00", 80],
    ["03:00", 400],
  ],
  [
    ["06:30", 220],
    ["22:00", 90],
  ],
  [["09:00", 170]],
  [
    ["00:00", 180],
    ["02:30", 48],
    ["23:59", 500],
  ],
];
const MONDAY_0 = (weekday: number) => (weekday + 6) % 7;
const minuteOf = (text: string) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));

/** 0.01 uL/day at a wall-clock minute: the last step of the day so far, or of the day before. */
function rateAt(wall: number): number {
  const date = new Date(EPOCH_MS + wall * MS_PER_MINUTE);
  const minute = date.getUTCHours() * 60 + date.getUTCMinutes();
  const today = MONDAY_0(date.getUTCDay());
  const begun = WEEK[today].filter(([at]) => minuteOf(at) <= minute);
  const [, rate] = begun.at(-1) ?? WEEK[(today + 6) % 7].at(-1)!;
  return rate * 100;
}

/** A pump with that week, three hours old, so that its counter can jump back; its clock says `start`. */
function scheduled(start: string): Pump {
  const patterns = WEEK.map((steps) => steps.map(([at, rate]) => ({ minute: minuteOf(at), rate: rate * 100 })));
  const pump = new Pump({
    mode: "flex",
    rate: 0,
    flex: { patterns, weekdays: [0, 1, 2, 3, 4, 5, 6] },
    bolus: null,
    limits: [{ pulses: 4_000, window_min: 60 }],
  });
  pump.wait(3 * HOUR);
  setTo(start)(pump);
  return pump;
}

/** Lets time pass: after each tick that is executed the rate is that of the clock on the board. What the rates come to. */
function follow(pump: Pump, ticks: number): number {
  const { machine } = pump;
  let owed = 0;
  for (const end = machine.tick + ticks; machine.tick < end;) {
    const before = machine.tick;
    machine.hop(end - before);
    const wall = wallNow(pump);
    const rate = Math.round(machine.signal("motor.rate_ulPerDay") * 100);
    if (rate !== rateAt(wall)) expect({ at: textOf(wall), rate }).toEqual({ at: textOf(wall), rate: rateAt(wall) });
    owed += rate * (machine.tick - before);
  }
  pump.assertInvariants();
  return owed / RATE_TICKS_PER_PULSE;
}

/** Follows `pump` for so long after each change; the pulses given are those owed. */
function followThrough(pump: Pump, stretches: { ticks: number; change: Change | null }[]): void {
  // With the part of a pulse that the accumulator holds already.
  const before = pump.pulses + pump.field("therapy.basal.accumulator") / RATE_TICKS_PER_PULSE;
  let owed = 0;
  for (const { ticks, change } of stretches) {
    const { tick } = pump.machine;
    change?.(pump);
    // The ticks of an exchange with the programmer are followed by the volume alone.
    owed += (rateAt(wallNow(pump)) * (pump.machine.tick - tick)) / RATE_TICKS_PER_PULSE;
    owed += follow(pump, ticks);
  }
  expect(pump.pulses - before - owed).toBeLessThan(0.01);
  expect(pump.pulses - before - owed).toBeGreaterThan(-1.01);
}

describe("T6, THR-4: a flex schedule gives the rate of the wall-clock minute", () => {
  test.each<[string, string, Change | null, number[]]>([
    ["midnight, twice", "2026-03-02T22:30", null, [300, 250, 150]],
    ["the week's end", "2026-03-08T12:00", null, [500, 120, 200]],
    ["28 and 29 February and 1 March 2028", "2028-02-28T21:00", null, [90, 300, 250, 150]],
    ["28 February and 1 March 2027", "2027-02-28T12:00", null, [500, 120, 200]],
    ["summer time begins: the hour that is skipped is not given", "2026-03-29T01:58", setTo("2026-03-29T03:00"), [48]],
    [
      "summer time ends: the hour that comes twice is given twice",
      "2026-10-25T02:57",
      setTo("2026-10-25T02:00"),
      [180, 48],
    ],
    ["back 2 h over midnight", "2026-03-03T00:30", setBy(-120), [90, 300]],
    ["back over the leap day's end", "2028-03-01T00:30", setBy(-60), [250, 150]],
    ["forward a day", "2026-03-05T02:30", setBy(1_440), [400, 220]],
    ["the counter jumps back 2 h", "2026-03-03T00:30", jump(-2 * HOUR), [90, 300]],
    ["the counter jumps forward a day", "2026-03-05T02:30", jump(DAY), [400, 220]],
    ["the counter jumps into the leap day", "2028-02-28T03:00", jump(DAY), [300, 250]],
    ["the counter jumps to the middle of a minute", "2026-03-05T02:57", jump(90 * SECOND + 37), [400]],
  ])("%s", (_, start, change, next) => {
    const pump = scheduled(start);
    follow(pump, 90 * SECOND);
    const from = pump.machine.tick;
    followThrough(pump, [{ ticks: 28 * HOUR, change }]);
    const turns = pump.heard("basal_rate").filter(({ tick }) => tick >= from);
    expect(turns.slice(0, next.length).map(({ fields }) => fields["ul_per_day"])).toEqual(next);
    expect(pump.alarms().filter((name) => name !== "clock_fault")).toEqual([]);
  });

  test("after any changes of the clock", () => {
    const stretches = fc.array(
      fc.record({
        ticks: fc.integer({ min: 1, max: 12 * HOUR }),
        change: fc.oneof(
          fc.constantFrom(...CHANGES.map(([, change]) => change)),
          fc.integer({ min: -4_000, max: 4_000 }).map(setBy),
          fc.integer({ min: -HOUR, max: 4 * DAY }).map(jump),
        ),
      }),
      { minLength: 1, maxLength: 8 },
    );
    fc.assert(
      fc.property(stretches, (all) => followThrough(scheduled("2026-03-06T23:50"), all)),
      { numRuns: runs(20) },
    );
  });
});

describe("THR-4: a clock that was first set years ahead", () => {
  test("takes the true date as soon as somebody sets it, and back again", () => {
    const pump = new Pump(null);
    const set = (wall: number) => outcomeName(pump.programmer.outcome(COMMAND_SET_CLOCK, words(wall))!);
    const [ahead, truth] = [18_934_560, 13_675_680];
    expect([set(ahead), set(truth), set(ahead), set(truth)]).toEqual(Array(4).fill("accepted"));
    expect(pump.machine.board.clock.offset()).toBe(truth - pump.machine.board.clock.minute());
  });
});

// Clocks that jump are drawn, so the hours that a schedule repeats or leaves out are others for each seed.
statesHarms({}, { "underdose, nobody": "H-6", "overdose, nobody": "H-6", "overdose, dose_limit": "H-6" });

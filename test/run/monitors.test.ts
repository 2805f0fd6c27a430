// Each monitor at its boundary, under a controller that does exactly what a list says: the last thing that holds, and the first
// that does not. A monitor that is relaxed by a pulse, a tick or a bucket of the windows fails here (PRP-1).

import { describe, expect, test } from "vitest";
import type { Program } from "../../emulator/telemetry/program";
import {
  COMMAND_EXPLANT,
  COMMAND_STOP,
  CONFIRM_NO_BRIDGE,
  CONFIRM_SOFT_LIMIT,
  CONFIRM_TOTAL,
  LIFE_EXPLANTED,
  OUTCOME_DOSE_LIMIT,
  OUTCOME_EMPTY,
  OUTCOME_LOCKOUT,
  OUTCOME_NOT_PROGRAMMED,
  OUTCOME_PER_24H,
  OUTCOME_STOPPED,
} from "../../hal/telemetry";
import { ALARM_DOSE_LIMIT, ALARM_EMPTY_RESERVOIR, ALARM_LOW_RESERVOIR, ALARM_MOTOR_STALL } from "../../hal/alarms";
import {
  CAUSE_BASAL,
  CAUSE_CLINICIAN_BOLUS,
  CAUSE_PATIENT_BOLUS,
  CAUSE_PRIME,
  CHANNEL_LIMIT0,
  CHANNEL_LIMIT1,
  CHANNEL_MODE,
  EVENT_ALARM_CLEARED,
  EVENT_ALARM_RAISED,
  EVENT_BASAL_RATE,
  EVENT_BOLUS_CANCELLED,
  EVENT_BOLUS_DENIED,
  EVENT_BOLUS_FINISHED,
  EVENT_BOLUS_STARTED,
  EVENT_BRIDGE_FINISHED,
  EVENT_BRIDGE_STARTED,
  EVENT_CLOCK_SET,
  EVENT_LIFE_CHANGED,
  EVENT_LIMIT_REACHED,
  EVENT_REFILLED,
  EVENT_SELF_TEST,
  EVENT_STALL_DETECTED,
  EVENT_STARTED,
  EVENT_STOPPED,
  MODE_CONTINUOUS,
  MODE_PRIMING,
} from "../../hal/trace";
import { PULSE_NL, RATE_MINIMUM } from "../../hal/units";
import { DAY, HOUR, MINUTE } from "../pump";
import { accepts, steps, Watched, type Act } from "./scripted-controller";

const BASAL: Program = { mode: "continuous", rate: 10_000, bolus: null, limits: [], low_pulses: 8 };
const BOLUS = { pulses: 20, duration_s: 300, lockout_min: 60, per24h: 4 };
const WINDOW = 15 * MINUTE;
/** A bucket of the reference controller's ring. */
const BUCKET = 750;

interface Setting {
  programs?: readonly Program[];
  ticks?: number;
  /** The CONFIRM_ bits and the reason of every commit. */
  confirmed?: { confirm: number; reason: number };
  /** False: nobody orders anything. Or what is asked in which tick; an act must stand in each tick in which that changes. */
  asks?: boolean | ((command: number, tick: number) => boolean);
  head?: boolean;
  /** The volume in the reservoir; absent: 20 mL. */
  fill_nl?: number;
}

/** Ids of the invariants that break while the pump does `acts` under the first program, in both gears, and the first tick. */
function brokenBy(acts: readonly Act[], setting: Setting = {}): Record<string, number> {
  const { programs = [BASAL], ticks = HOUR, confirmed = null, asks = true, head = false } = setting;
  const pumpSetup = setting.fill_nl === undefined ? {} : { fill_nl: setting.fill_nl };
  const [leapt, stepped = leapt] = [true, false].slice(0, ticks <= HOUR ? 2 : 1).map((leaps) => {
    const isAsking = (command: number) => (typeof asks === "boolean" ? asks : asks(command, pump.machine.tick));
    const orders = { isAsking, confirmed: () => confirmed };
    const pump: Watched = new Watched([accepts(programs[0]), ...acts], programs, pumpSetup, orders);
    pump.machine.board.link.programmingHead = head;
    if (leaps) pump.machine.leap(ticks);
    else pump.machine.run(ticks);
    return pump.broken();
  });
  expect(leapt).toEqual(stepped);
  return leapt;
}

const of = (id: string, broken: Record<string, number>): number | undefined => broken[id];

function limited(pulses: number): Program {
  return { ...BASAL, rate: 2_400_000, limits: [{ pulses, window_min: 15 }] };
}

function denied(at: number, reason: number, cause = CAUSE_PATIENT_BOLUS): Act {
  return { at, event: [EVENT_BOLUS_DENIED, cause, reason] };
}

function started(at: number, cause = CAUSE_PATIENT_BOLUS, pulses = 20, ticks = 30_000): Act {
  return { at, event: [EVENT_BOLUS_STARTED, cause, pulses, ticks] };
}

function finished(at: number, cause = CAUSE_PATIENT_BOLUS, pulses = 20): Act {
  return { at, event: [EVENT_BOLUS_FINISHED, cause, pulses] };
}

describe("LIM-1", () => {
  const programs = [limited(100)];

  test("a window holds its limit and one pulse, and not two", () => {
    expect(of("LIM-1", brokenBy(steps(1_000, 101), { programs }))).toBeUndefined();
    expect(of("LIM-1", brokenBy(steps(1_000, 102), { programs }))).toBe(1_000 + 101 * 90);
  });

  test("a pulse counts until the tick in which it is a window old, so a window that is a bucket or a tick short shows", () => {
    const last = (at: number) => brokenBy([...steps(1_000, 101), ...steps(at, 1)], { programs });
    expect(of("LIM-1", last(1_000 + WINDOW))).toBeUndefined();
    expect(of("LIM-1", last(1_000 + WINDOW - 1))).toBe(1_000 + WINDOW - 1);
    expect(of("LIM-1", last(1_000 + WINDOW - BUCKET))).toBe(1_000 + WINDOW - BUCKET);
  });

  test("pulses of every cause count together", () => {
    const causes = [CAUSE_BASAL, CAUSE_PATIENT_BOLUS, CAUSE_CLINICIAN_BOLUS, CAUSE_PRIME];
    const acts = causes.flatMap((cause, i) => steps(1_000 + i * 2_340, 26, 90, cause));
    expect(of("LIM-1", brokenBy(acts, { programs }))).toBe(1_000 + 3 * 2_340 + 23 * 90);
  });

  test("each of several windows is held, and so is one of seven days", () => {
    const limits = [
      { pulses: 500, window_min: 15 },
      { pulses: 100, window_min: 10_080 },
    ];
    const week = [{ ...BASAL, limits }];
    const late = (at: number) => [...steps(1_000, 101), ...steps(at, 1)];
    expect(of("LIM-1", brokenBy(late(1_000 + 7 * DAY - 1), { programs: week, ticks: 8 * DAY }))).toBeDefined();
    expect(of("LIM-1", brokenBy(late(1_000 + 7 * DAY), { programs: week, ticks: 8 * DAY }))).toBeUndefined();
  });

  describe("of a program that nobody limited", () => {
    // 960 uL/day are 160 pulses an hour. Books take 2 more, pulses made up and rounding 11, those of a bolus 8, and one is free.
    const own: Program = { ...BASAL, rate: 96_000 };
    const HOUR_MAX = 160 + 2 + 11 + 8 + 1;
    const first = 3_000;
    const gives = (count: number, acts: Act[] = [], more: Setting = {}) =>
      of("LIM-1", brokenBy([...acts, ...steps(first, count)], { programs: [own], ...more }));

    test("an hour holds what it gives, and not one pulse more, whatever the pump publishes", () => {
      expect(gives(HOUR_MAX)).toBeUndefined();
      expect(gives(HOUR_MAX + 1)).toBe(first + HOUR_MAX * 90);
      const boasts: Act[] = [CHANNEL_LIMIT0, CHANNEL_LIMIT1].map((channel) => ({ at: 0, publish: [channel, 99_999] }));
      expect(gives(HOUR_MAX + 1, boasts)).toBe(first + HOUR_MAX * 90);
    });

    test("a day holds what it gives, and not one pulse more", () => {
      // A pulse in 2,000 ticks is 180 an hour, within an hour's limit.
      const day = 3_840 + 2 + 11 + 8 + 1;
      const all = (count: number) =>
        of("LIM-1", brokenBy(steps(first, count, 2_000), { programs: [own], ticks: 22 * HOUR }));
      expect(all(day)).toBeUndefined();
      expect(all(day + 1)).toBe(first + day * 2_000);
    });

    test.each([
      ["a prime", started(1_000, CAUSE_PRIME, 10, 900)],
      ["a clinician's bolus", started(1_000, CAUSE_CLINICIAN_BOLUS, 10, 900)],
      ["a bridge", { at: 1_000, event: [EVENT_BRIDGE_STARTED, 10, 96_000] } as Act],
    ])("%s of ten pulses makes room for ten, if somebody ordered it", (_, act) => {
      expect(gives(HOUR_MAX + 10, [act], { head: true })).toBeUndefined();
      expect(gives(HOUR_MAX + 11, [act], { head: true })).toBe(first + (HOUR_MAX + 10) * 90);
      expect(gives(HOUR_MAX + 1, [act], { head: true, asks: (_, tick) => tick < 500 })).toBe(first + HOUR_MAX * 90);
    });

    test("a bridge stands until it has finished, whatever its rate becomes, and an hour longer", () => {
      const bridge: Act = { at: 1_000, event: [EVENT_BRIDGE_STARTED, 10, 96_000] };
      const later = 5 * HOUR;
      const after = (count: number, ...acts: Act[]) => {
        const pulses = steps(later, count);
        return of("LIM-1", brokenBy([bridge, ...acts, ...pulses], { programs: [own], ticks: 6 * HOUR, head: true }));
      };
      const finished = (at: number): Act => ({ at, event: [EVENT_BRIDGE_FINISHED, 10] });
      expect(after(HOUR_MAX + 10)).toBeUndefined();
      expect(after(HOUR_MAX + 11)).toBe(later + (HOUR_MAX + 10) * 90);
      expect(after(HOUR_MAX + 1, finished(later - HOUR))).toBeUndefined();
      expect(after(HOUR_MAX + 1, finished(later - 2 * HOUR))).toBe(later + HOUR_MAX * 90);
      expect(after(HOUR_MAX + 1, accepts(own, later - 2 * HOUR))).toBe(later + HOUR_MAX * 90);
    });

    test("a patient's bolus makes none beyond what the program permits", () => {
      expect(gives(HOUR_MAX + 1, [started(1_000, CAUSE_PATIENT_BOLUS, 10, 900)])).toBe(first + HOUR_MAX * 90);
    });

    test("a schedule makes room for the minutes that come twice when a clock is set", () => {
      const flex: Program = {
        ...own,
        mode: "flex",
        rate: 0,
        flex: { patterns: [[{ minute: 0, rate: 96_000 }]], weekdays: [0, 0, 0, 0, 0, 0, 0] },
      };
      const back: Act = { at: 1_000, event: [EVENT_CLOCK_SET, -15] };
      // 15 minutes are 40 pulses.
      expect(gives(HOUR_MAX + 40, [back], { programs: [flex] })).toBeUndefined();
      expect(gives(HOUR_MAX + 41, [back], { programs: [flex] })).toBe(first + (HOUR_MAX + 40) * 90);
    });

    test("the same program once more empties no window", () => {
      const again = accepts(own, first + 100 * 90 + 45);
      expect(gives(HOUR_MAX + 1, [again])).toBe(first + HOUR_MAX * 90);
    });
  });

  test("a reset empties no window", () => {
    const pump = new Watched([accepts(programs[0]), ...steps(1_000, 101)], programs);
    pump.machine.run(20_000);
    // The list of the scripted controller begins anew: its first program and its pulses come once more.
    pump.machine.inject("reset");
    pump.machine.run(20_000);
    expect(of("LIM-1", pump.broken())).toBeDefined();
  });
});

describe("LIM-2", () => {
  // 2 uL/h give one whole pulse and a part of the next in 15 min.
  const slow: Program = { ...BASAL, rate: 4_800, bolus: BOLUS, limits: [{ pulses: 21, window_min: 15 }] };

  test("a bolus is granted with a limit that it and the basal to come pass by one pulse, and not by two", () => {
    const grant = (pulses: number) =>
      brokenBy([started(1_000, CAUSE_PATIENT_BOLUS, pulses)], { programs: [slow], ticks: 2_000 });
    expect(of("LIM-2", grant(21))).toBeUndefined();
    expect(of("LIM-2", grant(22))).toBe(1_000);
  });

  test("basal counts to the end of the bolus and a window beyond it", () => {
    // 40 uL/h are 40 pulses in 15 min.
    const fast: Program = { ...slow, rate: 96_000, limits: [{ pulses: 59, window_min: 15 }] };
    const grant = (pulses: number) =>
      brokenBy([started(1_000, CAUSE_PATIENT_BOLUS, pulses)], { programs: [fast], ticks: 2_000 });
    expect(of("LIM-2", grant(21))).toBeUndefined();
    expect(of("LIM-2", grant(22))).toBe(1_000);
  });

  test("pulses of before count as long as they are in the window together with the bolus", () => {
    const before = (at: number) =>
      brokenBy([...steps(200, 4), started(at)], { programs: [slow], ticks: WINDOW + 2_000 });
    expect(of("LIM-2", before(1_000))).toBe(1_000);
    expect(of("LIM-2", before(WINDOW + 500))).toBeUndefined();
  });

  test("a rise of basal counts that comes after a window's length and before the bolus has left the window", () => {
    // From minute 20 on 40 uL/h. A bolus of 10 min is in a window until 25 min 10 s, and 15.09 pulses of basal are in that window.
    const patterns = [
      [
        { minute: 0, rate: 4_800 },
        { minute: 20, rate: 96_000 },
      ],
    ];
    const rises = (pulses: number): Program => ({
      ...BASAL,
      mode: "flex",
      rate: 0,
      flex: { patterns, weekdays: [0, 0, 0, 0, 0, 0, 0] },
      bolus: { ...BOLUS, pulses: 1, duration_s: 600 },
      limits: [{ pulses, window_min: 15 }],
    });
    const act = (pulses: number, what: Act) =>
      of("LIM-2", brokenBy([what], { programs: [rises(pulses)], ticks: 2_000 }));
    const grant = started(1_000, CAUSE_PATIENT_BOLUS, 1, 60_000);
    expect(act(14, grant)).toBeUndefined();
    expect(act(13, grant)).toBe(1_000);
    // With a 96th of the window they are 15.5: 16 and the bolus count, with 2 that may wait and 2 to spare.
    expect(act(20, denied(1_000, OUTCOME_DOSE_LIMIT))).toBeUndefined();
    expect(act(21, denied(1_000, OUTCOME_DOSE_LIMIT))).toBe(1_000);
  });

  test("a dose to come counts in the same way", () => {
    // 12 pulses in a minute every 24 min: the second begins 24 min after the program.
    const doses = (pulses: number): Program => ({
      ...BASAL,
      mode: "periodic",
      rate: 0,
      periodic: { pulses: 12, duration_s: 60, every_min: 24 },
      limits: [{ pulses, window_min: 15 }],
    });
    const grant = (pulses: number, minutes: number) =>
      of(
        "LIM-2",
        brokenBy([started(10_000, CAUSE_CLINICIAN_BOLUS, 1, minutes * MINUTE)], {
          programs: [doses(pulses)],
          ticks: 12_000,
        }),
      );
    // A bolus of 5 min has left the window before the dose; one of 12 min meets all of it, of which a rounded sum counts 11.
    expect(grant(0, 5)).toBeUndefined();
    expect(grant(10, 12)).toBeUndefined();
    expect(grant(9, 12)).toBe(10_000);
  });

  test("a bolus that fits with a 96th of the window and two pulses to spare is not denied for a limit", () => {
    const deny = (pulses: number) =>
      brokenBy([denied(1_000, OUTCOME_DOSE_LIMIT)], {
        programs: [{ ...slow, limits: [{ pulses, window_min: 15 }] }],
        ticks: 2_000,
      });
    // 20 of the bolus, at most 3 of basal, 2 that may wait, and 2 to spare.
    expect(of("LIM-2", deny(26))).toBeUndefined();
    expect(of("LIM-2", deny(27))).toBe(1_000);
  });
});

describe("LIM-5, PRP-5", () => {
  // 960 uL/day are 160 pulses an hour and 3,840 a day; books take one more, and pulses made up and rounding eleven.
  const program: Program = { ...BASAL, rate: 96_000 };
  const set = (hour: number, day: number) =>
    of(
      "LIM-5",
      brokenBy(
        [
          { at: 0, publish: [CHANNEL_LIMIT0, hour] },
          { at: 0, publish: [CHANNEL_LIMIT1, day] },
        ],
        { programs: [program], ticks: 100 },
      ),
    );

  test("the limits that a pump sets itself are the hour and the day of its program, and a little more", () => {
    expect(set(160, 3_840)).toBeUndefined();
    expect(set(160 + 13, 3_840 + 13)).toBeUndefined();
    expect(set(159, 3_840)).toBe(0);
    expect(set(160, 3_839)).toBe(0);
    expect(set(160 + 14, 3_840)).toBe(0);
    expect(set(160, 3_840 + 14)).toBe(0);
  });

  test("a pump without limits never reaches one by what its program gives; with a clinician's it may", () => {
    const reached: Act = { at: 1_000, event: [EVENT_LIMIT_REACHED, 60] };
    expect(of("LIM-5", brokenBy([reached], { programs: [program], ticks: 2_000 }))).toBe(1_000);
    expect(of("LIM-5", brokenBy([reached], { programs: [limited(100)], ticks: 2_000 }))).toBeUndefined();
  });
});

describe("LIM-8", () => {
  const drug = (rate: number): Program => ({ ...BASAL, rate, drugs: [{ id: 1, concentration: 100_000 }] });
  // Morphine 10 mg/mL: soft from 15 mg, hard from 22.5 mg a day.
  const commit = (rates: number[], confirm = 0, reason = 0) => {
    const programs = rates.map(drug);
    const acts = programs.slice(1).map((program, i) => accepts(program, 1_000 * (i + 1)));
    return of("LIM-8", brokenBy(acts, { programs, ticks: 5_000, confirmed: { confirm, reason } }));
  };

  test("a soft limit is passed only with its confirmation and a reason, by a single pulse", () => {
    expect(commit([150_000])).toBeUndefined();
    expect(commit([150_025])).toBe(0);
    expect(commit([150_025], CONFIRM_SOFT_LIMIT)).toBe(0);
    expect(commit([150_025], CONFIRM_SOFT_LIMIT, 1)).toBeUndefined();
  });

  test("a hard limit is never passed, by a single pulse", () => {
    expect(commit([225_000], CONFIRM_SOFT_LIMIT, 1)).toBeUndefined();
    expect(commit([225_025], CONFIRM_SOFT_LIMIT, 1)).toBe(0);
  });

  test("more than twice the last total needs its confirmation, by a single pulse", () => {
    expect(commit([10_000, 20_000])).toBeUndefined();
    expect(commit([10_000, 20_025])).toBe(1_000);
    expect(commit([10_000, 20_025], CONFIRM_TOTAL)).toBeUndefined();
  });

  test("a program that nobody commits is none", () => {
    const broken = brokenBy([], { programs: [drug(10_000)], ticks: 100, asks: false });
    expect(of("LIM-8", broken)).toBe(0);
  });

  test("each drug of a mixture has its limit", () => {
    const mixed: Program = {
      ...BASAL,
      rate: 30_000,
      drugs: [
        { id: 0, concentration: 100_000 },
        { id: 8, concentration: 20_000 },
      ],
    };
    // Baclofen 2 mg/mL at 0.3 mL/day is 0.6 mg a day; the hard limit is 1.5 mg.
    const of8 = (rate: number) =>
      of("LIM-8", brokenBy([], { programs: [{ ...mixed, rate }], ticks: 100, confirmed: { confirm: 1, reason: 1 } }));
    expect(of8(75_000)).toBeUndefined();
    expect(of8(75_025)).toBe(0);
  });
});

describe("PTB-3", () => {
  const patient: Program = { ...BASAL, bolus: BOLUS };
  const broken = (acts: Act[], more: Setting = {}) =>
    of("PTB-3", brokenBy(acts, { programs: [patient], ticks: 5 * MINUTE, ...more }));

  test("a bolus is granted on request, and not without one", () => {
    expect(broken([started(1_000)])).toBeUndefined();
    expect(broken([started(1_000)], { asks: false })).toBe(1_000);
  });

  test.each([
    ["another bolus runs", [started(900)]],
    ["a prime runs", [started(900, CAUSE_PRIME)]],
    ["a bridge runs", [{ at: 900, event: [EVENT_BRIDGE_STARTED, 10, 10_000] } as Act]],
    ["the pump is stopped", [{ at: 900, event: [EVENT_STOPPED, 0] } as Act]],
    ["an alarm stopped it", [{ at: 900, event: [EVENT_STOPPED, 1] } as Act]],
    ["a critical alarm is active", [{ at: 900, event: [EVENT_ALARM_RAISED, ALARM_MOTOR_STALL] } as Act]],
    ["the pump is empty", [{ at: 900, event: [EVENT_REFILLED, 1_400_000 / PULSE_NL] } as Act]],
  ])("a bolus is not granted while %s", (_, before) => {
    expect(broken([...before, started(1_000)])).toBe(1_000);
  });

  test("a bolus is not granted in the 80 ms of a self-test, and as soon as that has reported its end", () => {
    const tested = (at: number): Act => ({ at, event: [EVENT_SELF_TEST, 0] });
    expect(broken([started(1_000), tested(1_007)])).toBe(1_007);
    expect(broken([started(1_000), tested(1_008)])).toBeUndefined();
    expect(broken([started(1_000), tested(1_000)])).toBe(1_000);
    expect(broken([tested(1_000), started(1_000)])).toBeUndefined();
  });

  test("another alarm, a finished bolus and a started pump bar none", () => {
    const before: Act[] = [
      started(500),
      finished(600),
      { at: 700, event: [EVENT_STOPPED, 0] },
      { at: 800, event: [EVENT_STARTED] },
      { at: 900, event: [EVENT_ALARM_RAISED, ALARM_LOW_RESERVOIR] },
      { at: 950, event: [EVENT_REFILLED, 1_400_000 / PULSE_NL + 1] },
    ];
    expect(broken([...before, started(1_000)])).toBeUndefined();
  });

  test("a program without boluses grants the patient none", () => {
    expect(broken([started(1_000)], { programs: [BASAL] })).toBe(1_000);
    expect(broken([started(1_000, CAUSE_CLINICIAN_BOLUS)], { programs: [BASAL] })).toBeUndefined();
  });

  test("the lockout denies for its time and a minute, and no longer", () => {
    const deny = (at: number) =>
      broken([started(1_000), finished(2_000), denied(at, OUTCOME_LOCKOUT)], { ticks: 2 * HOUR });
    expect(deny(1_000 + HOUR + MINUTE - 1)).toBeUndefined();
    expect(deny(1_000 + HOUR + MINUTE)).toBe(1_000 + HOUR + MINUTE);
    expect(broken([denied(1_000, OUTCOME_LOCKOUT)])).toBe(1_000);
  });

  test("the cap denies the fifth bolus of a day, and not the fourth", () => {
    const boluses = (count: number) =>
      Array.from({ length: count }, (_, i) => [started(1_000 + i * 2 * HOUR), finished(2_000 + i * 2 * HOUR)]).flat();
    const deny = (count: number, at: number) =>
      broken([...boluses(count), denied(at, OUTCOME_PER_24H)], { ticks: 2 * DAY });
    expect(deny(4, 10 * HOUR)).toBeUndefined();
    expect(deny(3, 10 * HOUR)).toBe(10 * HOUR);
    expect(deny(4, 1_000 + DAY + MINUTE - 1)).toBeUndefined();
    expect(deny(4, 1_000 + DAY + MINUTE)).toBe(1_000 + DAY + MINUTE);
  });

  test.each([
    ["stopped", OUTCOME_STOPPED],
    ["not_programmed", OUTCOME_NOT_PROGRAMMED],
    ["empty", OUTCOME_EMPTY],
  ])("a denial for %s is false while nothing bars the bolus", (_, reason) => {
    const full: Act = { at: 500, event: [EVENT_REFILLED, 1_400_000 / PULSE_NL + 21] };
    expect(broken([full, denied(1_000, reason)])).toBe(1_000);
  });

  test("a denial for an empty reservoir holds when the bolus would empty it", () => {
    const low: Act = { at: 500, event: [EVENT_REFILLED, 1_400_000 / PULSE_NL + 20] };
    expect(broken([low, denied(1_000, OUTCOME_EMPTY)])).toBeUndefined();
  });
});

describe("THR-2", () => {
  /** 100 uL/day: a pulse every 21,600 ticks. */
  const EVERY = 21_600;
  const train = (count: number) => steps(5_000, count, EVERY);
  const moved = (by: number, which = 6) =>
    steps(5_000, 10, EVERY).map((act, i) => (i === which ? { ...act, at: act.at + by } : act));
  const broken = (acts: Act[], ticks = 11 * EVERY, programs = [BASAL]) =>
    of("THR-2", brokenBy(acts, { ticks, programs }));

  test("pulses at the rate hold, and one of them may be a tick off", () => {
    expect(broken(train(12))).toBeUndefined();
    expect(broken(moved(1), 9 * EVERY)).toBeUndefined();
    expect(broken(moved(-1), 9 * EVERY)).toBeUndefined();
  });

  test("a pulse two ticks too early breaks it in its tick; one two ticks too late, in the tick after the last that held", () => {
    const due = 5_000 + 6 * EVERY;
    expect(broken(moved(-2), 9 * EVERY)).toBe(due - 2);
    expect(broken(moved(2 + 20), 9 * EVERY)).toBe(due + 2);
  });

  test("a pulse that is left out and one too many break it", () => {
    expect(broken(train(8).filter((_, i) => i !== 6))).toBe(5_000 + 6 * EVERY + 2);
    expect(broken([...train(8), ...steps(5_000 + 6 * EVERY + 300, 1)])).toBe(5_000 + 6 * EVERY + 300);
  });

  test("a pump that never begins breaks it after the time of a pulse", () => {
    expect(broken([], 3 * EVERY)).toBeGreaterThan(EVERY);
  });

  test("a pulse that misses the rotor, an alarm that slows the pump and a stop are no breach", () => {
    expect(broken([...train(4), { at: 70_000, event: [EVENT_STOPPED, 0] }], 8 * EVERY)).toBeUndefined();
    const slowed: Act = { at: 70_000, event: [EVENT_ALARM_RAISED, 1] };
    expect(broken([...train(4), slowed], 8 * EVERY)).toBeUndefined();
  });

  test("a pump whose dose limit clears says its rate in the next tick, and one that goes on at the minimum rate breaks it", () => {
    const schedule: Program = {
      ...BASAL,
      mode: "flex",
      rate: 0,
      flex: { patterns: [[{ minute: 0, rate: 10_000 }]], weekdays: [0, 0, 0, 0, 0, 0, 0] },
    };
    const says = (rate: number, at: number): Act => ({ at, event: [EVENT_BASAL_RATE, rate] });
    const limited: Act[] = [
      says(10_000, 0),
      { at: 1_000, event: [EVENT_ALARM_RAISED, ALARM_DOSE_LIMIT] },
      says(RATE_MINIMUM, 1_001),
      { at: 2_000, event: [EVENT_ALARM_CLEARED, ALARM_DOSE_LIMIT] },
    ];
    const after = (...acts: Act[]) => broken([...limited, ...acts], 3_000, [schedule]);
    expect(after(says(10_000, 2_000))).toBeUndefined();
    expect(after(says(10_000, 2_001))).toBeUndefined();
    expect(after(says(10_000, 2_002))).toBe(2_002);
    expect(after()).toBe(2_002);
    expect(after(says(10_001, 2_001))).toBe(2_001);
  });

  test("pulses owed over a reset may come with the next one that falls due, and one must come in the time of a pulse", () => {
    const after = (acts: Act[], resets: boolean) => {
      // The list of the scripted controller begins anew with a reset.
      const pump = new Watched([accepts(BASAL), ...acts], [BASAL]);
      pump.machine.run(100);
      if (resets) pump.machine.inject("reset");
      pump.machine.leap(5 * EVERY);
      return of("THR-2", pump.broken());
    };
    const owed = steps(20_000, 3);
    expect(after([...owed, ...steps(20_000 + EVERY, 5, EVERY)], true)).toBeUndefined();
    expect(after([...owed, ...steps(20_000 + EVERY, 5, EVERY)], false)).toBe(20_090);
    expect(after([...owed, ...steps(20_000 + EVERY, 5, 90)], true)).toBeGreaterThan(20_000 + EVERY);
    expect(after([], true)).toBeGreaterThan(EVERY);
  });

  test("a bolus takes nothing from basal (THR-5)", () => {
    const bolus = [started(40_000), ...steps(41_510, 20, 1_500, CAUSE_PATIENT_BOLUS), finished(70_011)];
    const programs = [{ ...BASAL, bolus: BOLUS }];
    const apart = train(10).filter((_, i) => i !== 2);
    const beside = [...apart, ...steps(5_000 + 2 * EVERY, 1)];
    expect(broken([...beside, ...bolus], 9 * EVERY, programs)).toBeUndefined();
    expect(broken([...apart, ...bolus], 9 * EVERY, programs)).toBeDefined();
  });
});

describe("THR-6", () => {
  const programs = [{ ...BASAL, bolus: BOLUS }];
  const given = (count: number, every = 1_500) => steps(1_000 + every, count, every, CAUSE_PATIENT_BOLUS);
  const broken = (acts: Act[], ticks = 60_000) => of("THR-6", brokenBy([started(1_000), ...acts], { programs, ticks }));
  const end = 1_000 + 30_000;

  test("a bolus that is given whole and in its time holds", () => {
    expect(broken([...given(20), finished(end)])).toBeUndefined();
  });

  test("one pulse that is missing shows, whether the pump says so or not", () => {
    expect(broken([...given(19), finished(end)])).toBe(end);
    expect(broken([...given(19), finished(end, CAUSE_PATIENT_BOLUS, 19)])).toBe(end);
  });

  test("one pulse too many shows", () => {
    expect(broken([...given(20), ...steps(20_200, 1, 1, CAUSE_PATIENT_BOLUS), finished(end)])).toBe(end);
  });

  test("it ends within its duration, one pulse interval and what pulses wait for one another", () => {
    const last = end + 1_500 + 20 + 2 * 90;
    expect(broken([...given(20), finished(last)])).toBeUndefined();
    expect(broken([...given(20), finished(last + 1)])).toBe(last + 1);
    expect(broken(given(20), last)).toBeUndefined();
    expect(broken(given(20), last + 1)).toBe(last + 1);
  });

  test("it does not end before its time", () => {
    expect(broken([...given(20, 1_400), finished(end - 1_501)])).toBeUndefined();
    expect(broken([...given(20, 1_400), finished(end - 1_502)])).toBe(end - 1_502);
  });

  const cancelled: Act = { at: 9_000, event: [EVENT_BOLUS_CANCELLED, CAUSE_PATIENT_BOLUS, 5] };
  const cancels = (acts: Act[], asks: (command: number, tick: number) => boolean) =>
    of("THR-6", brokenBy([started(1_000), ...given(5), ...acts, cancelled], { programs, ticks: 60_000, asks }));
  /** An order that gives a bolus and nothing that ends one. */
  const toBegin = (command: number) => command !== COMMAND_STOP && command !== COMMAND_EXPLANT;

  test("a bolus that is cancelled without a word of the cause breaks it; a stop or an alarm explains it", () => {
    expect(cancels([], toBegin)).toBe(9_000);
    expect(cancels([{ at: 8_990, event: [EVENT_STOPPED, 0] }], toBegin)).toBeUndefined();
    expect(cancels([{ at: 8_990, event: [EVENT_ALARM_RAISED, ALARM_MOTOR_STALL] }], toBegin)).toBeUndefined();
  });

  test.each([
    ["stop", COMMAND_STOP],
    ["explant", COMMAND_EXPLANT],
  ])("a %s that the pump does not mention explains it until a last pulse has had its time", (_, order) => {
    const askedUntil = (until: number) => {
      const isAsked = (command: number, tick: number) =>
        command === order ? tick >= 8_000 && tick < until : toBegin(command);
      const edges = [8_000, until].map((at): Act => ({ at, publish: [CHANNEL_LIMIT0, at] }));
      return cancels(edges, isAsked);
    };
    expect(askedUntil(9_001)).toBeUndefined();
    expect(askedUntil(9_000 - 59)).toBeUndefined();
    expect(askedUntil(9_000 - 60)).toBe(9_000);
  });
});

describe("THR-7", () => {
  const drug = (concentration: number, id = 0): Program => ({ ...BASAL, drugs: [{ id, concentration }] });
  const broken = (acts: Act[], more: Setting = {}) =>
    of("THR-7", brokenBy(acts, { ticks: 5_000, head: true, ...more }));
  const bridge: Act = { at: 1_000, event: [EVENT_BRIDGE_STARTED, 10, 10_000] };

  test.each([
    ["prime", started(1_000, CAUSE_PRIME)],
    ["bridge", bridge],
  ])("a %s begins under the programming head, by an order", (_, act) => {
    expect(broken([act])).toBeUndefined();
    expect(broken([act], { head: false })).toBe(1_000);
    expect(broken([act], { asks: false })).toBe(1_000);
  });

  test("another concentration or drug comes with a bridge in the same tick, or with a waiver", () => {
    const none = { confirm: 0, reason: 0 };
    const change = (next: Program, acts: Act[] = [], confirm = 0) =>
      broken([accepts(next, 1_000), ...acts], {
        programs: [drug(100_000), next],
        confirmed: { ...none, confirm },
      });
    expect(change(drug(100_000))).toBeUndefined();
    expect(change(drug(100_001))).toBe(1_000);
    expect(change(drug(100_000, 1))).toBe(1_000);
    expect(change(drug(100_001), [], CONFIRM_NO_BRIDGE)).toBeUndefined();
    expect(change(drug(100_001), [bridge])).toBeUndefined();
    expect(change(drug(100_001), [{ ...bridge, at: 1_001 }])).toBe(1_000);
  });

  test("after a prime the pump is in its mode again", () => {
    const after = (mode: number) => [
      started(1_000, CAUSE_PRIME),
      { at: 3_000, publish: [CHANNEL_MODE, mode] } as Act,
      finished(3_000, CAUSE_PRIME),
    ];
    expect(broken(after(MODE_CONTINUOUS))).toBeUndefined();
    expect(broken(after(MODE_PRIMING))).toBe(3_000);
  });
});

describe("THR-8", () => {
  const running: Act = { at: 0, publish: [CHANNEL_MODE, MODE_CONTINUOUS] };
  const begin = (at: number, cause: number): Act => ({ at, pulse: cause });
  const broken = (...acts: Act[]) => of("THR-8", brokenBy([running, ...acts], { ticks: 5_000 }));
  const stop: Act = { at: 1_000, event: [EVENT_STOPPED, 0] };

  test.each([
    ["patient's bolus", CAUSE_PATIENT_BOLUS],
    ["clinician's bolus", CAUSE_CLINICIAN_BOLUS],
    ["prime", CAUSE_PRIME],
  ])("a pulse of a %s may begin in the tick of a stop, and in none after it", (_, cause) => {
    expect(broken(started(500, cause), stop, begin(1_000, cause))).toBeUndefined();
    expect(broken(started(500, cause), stop, begin(1_001, cause))).toBe(1_001);
  });

  test("a pulse of basal, and of a bolus that began later, is none of it", () => {
    expect(broken(started(500), stop, begin(1_001, CAUSE_BASAL))).toBeUndefined();
    expect(broken(started(500), stop, started(1_001), begin(1_001, CAUSE_PATIENT_BOLUS))).toBeUndefined();
  });

  test("a restart ends every bolus", () => {
    const acts = [running, started(500)];
    const pump = new Watched([accepts(BASAL), ...acts, begin(600, CAUSE_PATIENT_BOLUS)], [BASAL]);
    pump.machine.run(500);
    pump.machine.inject("reset");
    // The list begins anew, with a bolus that is said; without it the pulse would be of the bolus before.
    pump.machine.run(1_500);
    expect(of("THR-8", pump.broken())).toBeUndefined();
    const silent = new Watched([accepts(BASAL), running, begin(600, CAUSE_PATIENT_BOLUS)], [BASAL]);
    silent.machine.run(500);
    silent.machine.inject("reset");
    silent.machine.run(1_500);
    expect(of("THR-8", silent.broken())).toBeDefined();
  });
});

describe("THR-9", () => {
  /** 100 uL/day: a pulse every 21,600 ticks. A quarter of one, the ticks in which a pulse flies and waits, and two for each change. */
  const EVERY = 21_600;
  const LOST_MAX = EVERY / 4 + 130 + 3 * 2;
  const says = (rate: number, at: number): Act => ({ at, event: [EVENT_BASAL_RATE, rate] });
  const broken = (acts: Act[], more: Setting = {}) => of("THR-9", brokenBy([says(10_000, 0), ...acts], more));
  /** Three pulses, an hour of a tenth without basal, and pulses after it as late as `late` says. */
  const interrupted = (late: number, between: Act[] = []) => {
    const stop = 5_000 + 3 * EVERY + 4_000;
    return [
      ...steps(5_000, 4, EVERY),
      says(0, stop),
      ...between,
      says(10_000, stop + 36_000),
      ...steps(5_000 + 4 * EVERY + 36_000 + late, 2, EVERY),
    ];
  };
  const firstAfter = 5_000 + 4 * EVERY + 36_000;

  test("what has gathered stays while the rate is nothing: a quarter of a pulse may be lost, and not a tick more", () => {
    expect(broken(interrupted(0))).toBeUndefined();
    expect(broken(interrupted(LOST_MAX))).toBeUndefined();
    expect(broken(interrupted(LOST_MAX + 1))).toBe(firstAfter + LOST_MAX + 1);
  });

  test("a stop and a program that come with it change nothing", () => {
    const at = 5_000 + 3 * EVERY + 5_000;
    const between: Act[] = [
      { at, event: [EVENT_STOPPED, 0] },
      accepts(BASAL, at + 100),
      { at: at + 200, event: [EVENT_STARTED] },
    ];
    expect(broken(interrupted(LOST_MAX, between))).toBeUndefined();
    expect(broken(interrupted(LOST_MAX + 1, between))).toBeDefined();
  });

  test("losses add up: at each change a twelfth of a pulse", () => {
    const part = EVERY / 12;
    const acts = Array.from({ length: 5 }, (_, i) => {
      const from = 5_000 + i * (2 * EVERY + part);
      return [...steps(from, 2, EVERY), says(9_999, from + EVERY + 500), says(10_000, from + EVERY + 501)];
    });
    expect(broken(acts.slice(0, 3).flat())).toBeUndefined();
    expect(broken(acts.flat())).toBeDefined();
  });

  test("pulses that come while nothing is looked at count all the same", () => {
    const long = 30;
    const stop = 5_000 + (long - 1) * EVERY + 4_000;
    const later = (late: number) => [
      ...steps(5_000, long, EVERY),
      says(0, stop),
      says(10_000, stop + 1_000),
      ...steps(5_000 + long * EVERY + 1_000 + late, 1),
    ];
    const ticks = (long + 3) * EVERY;
    expect(broken(later(LOST_MAX), { ticks })).toBeUndefined();
    expect(broken(later(LOST_MAX + 1), { ticks })).toBeDefined();
  });

  test("pulses of a bolus are no pulses of basal", () => {
    const bolus = 5_000 + 3 * EVERY + 5_000;
    const between = [
      started(bolus, CAUSE_CLINICIAN_BOLUS, 5, 900),
      ...steps(bolus + 100, 5, 90, CAUSE_CLINICIAN_BOLUS),
      finished(bolus + 1_000, CAUSE_CLINICIAN_BOLUS, 5),
    ];
    expect(broken(interrupted(LOST_MAX + 1, between))).toBeDefined();
    expect(broken(interrupted(LOST_MAX, between))).toBeUndefined();
  });

  test.each([
    ["a stall", { at: 75_000, event: [EVENT_STALL_DETECTED] } as Act],
    ["a dose limit that is reached", { at: 75_000, event: [EVENT_LIMIT_REACHED, 60] } as Act],
    ["an alarm that slows the pump", { at: 75_000, event: [EVENT_ALARM_RAISED, ALARM_EMPTY_RESERVOIR] } as Act],
  ])("%s may lose pulses", (_, act) => {
    expect(broken(interrupted(EVERY / 2, [act]))).toBeUndefined();
  });

  test("doses of periodic mode are judged by THR-2", () => {
    const periodic: Program = {
      ...BASAL,
      mode: "periodic",
      rate: 0,
      periodic: { pulses: 12, duration_s: 60, every_min: 24 },
    };
    expect(broken(interrupted(EVERY / 2), { programs: [periodic] })).toBeUndefined();
  });
});

describe("RES-6", () => {
  const LOW_NL = 1_375_000;
  const QUARTER = 16 * MINUTE;
  const shows = (at: number): Act => ({ at, publish: [CHANNEL_MODE, MODE_CONTINUOUS] });
  const alarm = (at: number): Act => ({ at, event: [EVENT_ALARM_RAISED, ALARM_EMPTY_RESERVOIR] });
  const broken = (acts: Act[], fill_nl = LOW_NL) =>
    of("RES-6", brokenBy([shows(0), ...acts], { fill_nl, ticks: HOUR / 2 }));

  test("a level two steps of the sensor below 1.4 mL has its alarm within a quarter of an hour and a minute", () => {
    expect(broken([shows(QUARTER)])).toBeUndefined();
    expect(broken([shows(QUARTER + 1)])).toBe(QUARTER + 1);
    expect(broken([shows(QUARTER + 1)], LOW_NL + 1)).toBeUndefined();
    expect(broken([alarm(QUARTER), shows(QUARTER + 1)])).toBeUndefined();
  });

  test("another alarm is not this one", () => {
    const low: Act = { at: 500, event: [EVENT_ALARM_RAISED, ALARM_LOW_RESERVOIR] };
    expect(broken([low, shows(QUARTER + 1)])).toBe(QUARTER + 1);
  });

  test("the time begins anew when the alarm clears over a level that is still low, and with a restart", () => {
    const cleared: Act = { at: 2_000, event: [EVENT_ALARM_CLEARED, ALARM_EMPTY_RESERVOIR] };
    expect(broken([alarm(1_000), cleared, shows(2_000 + QUARTER)])).toBeUndefined();
    expect(broken([alarm(1_000), cleared, shows(2_000 + QUARTER + 1)])).toBe(2_000 + QUARTER + 1);
  });

  test("a level that is low, filled by a needle and low again was never low for long", () => {
    const after = (isFilled: boolean) => {
      const pump = new Watched([accepts(BASAL), shows(0), shows(QUARTER + 1)], [BASAL], { fill_nl: LOW_NL });
      pump.machine.run(QUARTER - 1_000);
      if (isFilled) pump.machine.topUp(1_000_000);
      pump.machine.run(500);
      if (isFilled) pump.machine.tap(1_000_000);
      pump.machine.run(2_000);
      return of("RES-6", pump.broken());
    };
    expect(after(true)).toBeUndefined();
    expect(after(false)).toBe(QUARTER + 1);
  });

  test("a pump that is explanted, and one that shows nothing, are not judged", () => {
    const explanted: Act = { at: 500, event: [EVENT_LIFE_CHANGED, LIFE_EXPLANTED] };
    expect(broken([explanted, shows(QUARTER + 1)])).toBeUndefined();
    const mute = brokenBy([{ at: QUARTER + 1, event: [EVENT_BASAL_RATE, 0] }], { fill_nl: LOW_NL, ticks: HOUR / 2 });
    expect(of("RES-6", mute)).toBeUndefined();
  });
});

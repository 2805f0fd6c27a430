// Bolus accuracy as a laboratory would file it: 25 successive boluses at the least and at the greatest setting, what left
// the head for each, the mean and the worst deviation from what was set. Accepted is a mean within 5 % and, where a bolus is
// ten pulses or more, a worst within 15 %: a single pulse is as uneven as the roller that gives it. Successive is without
// a refill between, so the greatest setting is a twenty-fifth of what a full pump gives; the record's own is given once.

import { describe, expect, test } from "vitest";
import { COMMAND_PATIENT_BOLUS } from "../../hal/telemetry";
import { CAUSE_PATIENT_BOLUS } from "../../hal/trace";
import { PULSE_NL } from "../../hal/units";
import { outcomeName } from "../../emulator/contract/codes";
import { collectPumps, MINUTE, Pump, SECOND } from "../pump";
import { statesHarms } from "./stated-harms";

collectPumps();

const BOLUSES = 25;
const MEAN_MAX_PCT = 5;
const WORST_MAX_PCT = 15;
/** From so many pulses on a bolus is held to its worst. */
const PULSES_JUDGED = 10;
const FULL_NL = 20_000_000;

interface Setting {
  pulses: number;
  duration_s: number;
  lockout_min: number;
}

const MIN: Setting = { pulses: 1, duration_s: 1, lockout_min: 15 };
const TEN_PULSES: Setting = { pulses: 10, duration_s: 60, lockout_min: 15 };
/** 742.5 uL as fast as the pump goes beside its minimum rate: 25 of them leave the 1.4 mL that it does not give. */
const GREATEST: Setting = { pulses: 2_970, duration_s: 2_675, lockout_min: 45 };
/** The most that the record holds: twelve hours at 1,000 uL/h, less the minimum rate. */
const RECORD: Setting = { pulses: 47_988, duration_s: 43_200, lockout_min: 720 };

const SETTINGS: [string, Setting][] = [
  ["the least setting, one pulse", MIN],
  ["ten pulses, the least that is held to its worst", TEN_PULSES],
  ["the greatest setting, 742.5 uL", GREATEST],
];

interface Unit {
  bias: number;
  ripple: number;
}

const AS_MADE: Unit = { bias: 0, ripple: 0.3 };
const TYPICAL: Unit = { bias: -0.024, ripple: 0.3 };

interface Accuracy {
  mean_pct: number;
  /** Worst shortfall and worst excess. */
  least_pct: number;
  most_pct: number;
  accepted: { mean: boolean; worst: boolean };
}

function pumpFor({ pulses, duration_s, lockout_min }: Setting, unit: Unit): Pump {
  const bolus = { pulses, duration_s, lockout_min, per24h: 96 };
  return new Pump({ mode: "minimum", rate: 0, bolus, limits: [] }, { fill_nl: FULL_NL, unit });
}

/** Asks for one bolus and lets its lockout pass; what left the head for it, nL. */
function give(pump: Pump, { lockout_min }: Setting): number {
  const { byCause_nl } = pump.machine.world;
  const before = byCause_nl[CAUSE_PATIENT_BOLUS];
  expect(outcomeName(pump.programmer.outcome(COMMAND_PATIENT_BOLUS) ?? -1)).toBe("accepted");
  pump.wait(lockout_min * MINUTE + SECOND);
  return byCause_nl[CAUSE_PATIENT_BOLUS] - before;
}

/** `before` is called with the number of each bolus, 1 to 25. */
function series(setting: Setting, unit: Unit, before: (pump: Pump, bolus: number) => void = () => undefined): number[] {
  const pump = pumpFor(setting, unit);
  const given = Array.from({ length: BOLUSES }, (_, i) => {
    before(pump, i + 1);
    return give(pump, setting);
  });
  expect(pump.heard("bolus_finished", { delivered_nl: setting.pulses * PULSE_NL })).toHaveLength(BOLUSES);
  return given;
}

function accuracyOf({ pulses }: Setting, given_nl: readonly number[]): Accuracy {
  const errors = given_nl.map((volume) => 100 * (volume / (pulses * PULSE_NL) - 1));
  const mean_pct = errors.reduce((sum, error) => sum + error, 0) / errors.length;
  const [least_pct, most_pct] = [Math.min(...errors), Math.max(...errors)];
  const worst = pulses < PULSES_JUDGED || Math.max(most_pct, -least_pct) <= WORST_MAX_PCT;
  return { mean_pct, least_pct, most_pct, accepted: { mean: Math.abs(mean_pct) <= MEAN_MAX_PCT, worst } };
}

describe.each(SETTINGS)("THR-6: 25 boluses at %s", (_, setting) => {
  test.each<[string, Unit]>([
    ["ideal", AS_MADE],
    ["typical, 2.4 % short", TYPICAL],
  ])("are accepted for a head that is %s", (__, unit) => {
    const { mean_pct, least_pct, most_pct, accepted } = accuracyOf(setting, series(setting, unit));
    expect(accepted).toEqual({ mean: true, worst: true });
    // A roller's pass of eight pulses sums to no ripple; what is uneven is one crest and the basal pulse that fell among them.
    const uneven_pct = (100 * unit.ripple * (1 + unit.bias) * (1 + Math.SQRT2 + 1)) / setting.pulses;
    expect(Math.abs(mean_pct - 100 * unit.bias)).toBeLessThan(1.5);
    expect(most_pct).toBeLessThanOrEqual(100 * unit.bias + uneven_pct);
    expect(least_pct).toBeGreaterThanOrEqual(100 * unit.bias - uneven_pct);
    expect(most_pct).toBeGreaterThan(least_pct);
  });
});

test.each<[string, Setting, number]>([
  ["6 % short, with one pulse", MIN, -0.06],
  ["6 % short, with ten pulses", TEN_PULSES, -0.06],
  ["6 % over, with ten pulses", TEN_PULSES, 0.06],
])("THR-6: the mean error finds a head that is %s", (_, setting, bias) => {
  const { accepted } = accuracyOf(setting, series(setting, { bias, ripple: 0.3 }));
  expect(accepted).toEqual({ mean: false, worst: true });
});

describe("THR-6: the worst bolus finds a fault that the mean hides", () => {
  test("in a tube that gives a fifth more from the 21st bolus on", () => {
    const given = series(TEN_PULSES, AS_MADE, (pump, bolus) => {
      if (bolus === 21) pump.machine.inject("over_delivery", 1.2);
    });
    expect(accuracyOf(TEN_PULSES, given).accepted).toEqual({ mean: true, worst: false });
  });

  test("in rollers so uneven that ten pulses show it", () => {
    const { mean_pct, accepted } = accuracyOf(TEN_PULSES, series(TEN_PULSES, { bias: 0, ripple: 0.95 }));
    expect(accepted).toEqual({ mean: true, worst: false });
    expect(Math.abs(mean_pct)).toBeLessThan(MEAN_MAX_PCT);
  });

  test("but not in boluses of a single pulse, which is as uneven as its roller", () => {
    const { least_pct, most_pct, accepted } = accuracyOf(MIN, series(MIN, AS_MADE));
    expect(accepted.worst).toBe(true);
    expect([least_pct, most_pct].map(Math.round)).toEqual([-30, 30]);
  });
});

test("THR-1, THR-6: the greatest bolus of the record is given whole over twelve hours, and a pulse more is refused", () => {
  const given_nl = give(pumpFor(RECORD, TYPICAL), RECORD);
  expect(Math.abs(100 * (given_nl / (RECORD.pulses * PULSE_NL) - 1) + 2.4)).toBeLessThan(0.02);
  const over = pumpFor({ ...RECORD, pulses: RECORD.pulses + 1 }, TYPICAL);
  expect(outcomeName(over.programmer.outcome(COMMAND_PATIENT_BOLUS) ?? -1)).toBe("out_of_range");
});

statesHarms({});

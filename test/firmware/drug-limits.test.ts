// The drug library at the pump's own link, at its boundary: the dose of a day that is one pulse beyond a limit, for each drug of
// the library, alone and in a mixture, in more than one concentration, in a pump that runs, one that is stopped and one that
// was reset. The oracle counts doses with exact integers.

import { describe, expect, test } from "vitest";
import { DRUG_ROWS } from "../../emulator/contract/drugs";
import { outcomeName } from "../../emulator/contract/codes";
import { concentrationMax, DRUG_CLONIDINE, hardDay, PULSES_PER_DOSE_UNIT, softDay } from "../../hal/drug-library";
import { COMMAND_STOP, CONFIRM_NO_BRIDGE, CONFIRM_SOFT_LIMIT, CONFIRM_TOTAL } from "../../hal/telemetry";
import { RATE_MAX, RATE_THERAPEUTIC_MIN } from "../../hal/units";
import type { Program } from "../../emulator/telemetry/program";
import { dayTotal } from "../../emulator/telemetry/program-totals";
import { Pump, SECOND } from "../pump";

const PLAIN = { mode: "continuous" as const, bolus: null, limits: [], low_pulses: 0 };
/** A rate of 25 x 0.01 uL/day is a pulse a day. */
const RATE_UNITS_PER_PULSE = 25;
const REASON = 1;

type Drugs = NonNullable<Program["drugs"]>;

/** The most pulses a day of a solution that are within a daily dose. */
function pulsesWithin(dose: number, concentration: number): number {
  return Number((BigInt(dose + 1) * BigInt(PULSES_PER_DOSE_UNIT) - 1n) / BigInt(concentration));
}

function giving(pulses: number, drugs: Drugs): Program {
  return { ...PLAIN, rate: pulses * RATE_UNITS_PER_PULSE, drugs };
}

/** A pump in that state, which has a program of two pulses an hour of the drugs, or none. */
const STATES: Record<string, (drugs: Drugs) => Pump> = {
  "that has no program": () => new Pump(null),
  "that runs": (drugs) => new Pump({ ...PLAIN, rate: RATE_THERAPEUTIC_MIN, drugs }),
  "that a command stopped": (drugs) => {
    const pump = new Pump({ ...PLAIN, rate: RATE_THERAPEUTIC_MIN, drugs });
    pump.programmer.ask(COMMAND_STOP);
    return pump.wait(SECOND);
  },
  "that a program stopped": (drugs) => {
    const pump = new Pump({ ...PLAIN, rate: RATE_THERAPEUTIC_MIN, drugs });
    pump.program({ ...PLAIN, mode: "stopped", rate: 0, drugs });
    return pump.wait(SECOND);
  },
  "that was reset": (drugs) => {
    const pump = new Pump({ ...PLAIN, rate: RATE_THERAPEUTIC_MIN, drugs });
    pump.machine.inject("reset");
    return pump.wait(SECOND);
  },
};

/** The outcome of a commit, confirmed but for what is left out. */
function commit(pump: Pump, program: Program, confirm: number, reason = REASON): string {
  const { total } = dayTotal(program);
  return outcomeName(
    pump.program(program, { confirm: confirm | CONFIRM_TOTAL | CONFIRM_NO_BRIDGE, reason, total }) ?? -1,
  );
}

/** Each listed drug in its strongest solution that a pump can give at its limits, and in one of a third of it. */
const SOLUTIONS = DRUG_ROWS.flatMap(({ id, name }) =>
  [1, 3].flatMap((part): [string, number, number][] => {
    const concentration = Math.floor(concentrationMax(id) / part);
    const [soft, hard] = [softDay(id), hardDay(id)].map((dose) => pulsesWithin(dose, concentration));
    const isGiven = soft * RATE_UNITS_PER_PULSE > RATE_THERAPEUTIC_MIN && (hard + 1) * RATE_UNITS_PER_PULSE <= RATE_MAX;
    return softDay(id) > 0 && isGiven ? [[`${name} ${concentration / 10} ug/mL`, id, concentration]] : [];
  }),
);

describe.each(Object.keys(STATES))("LIM-8: a pump %s", (state) => {
  test.each(SOLUTIONS)("takes and refuses %s by a single pulse a day", (_, id, concentration) => {
    const drugs = [{ id, concentration }];
    const pump = STATES[state](drugs);
    const soft = pulsesWithin(softDay(id), concentration);
    const hard = pulsesWithin(hardDay(id), concentration);
    expect(commit(pump, giving(hard + 1, drugs), CONFIRM_SOFT_LIMIT)).toBe("hard_limit");
    expect(commit(pump, giving(soft + 1, drugs), 0)).toBe("soft_limit");
    expect(commit(pump, giving(soft + 1, drugs), CONFIRM_SOFT_LIMIT, 0)).toBe("soft_limit");
    expect(commit(pump, giving(soft, drugs), 0, 0)).toBe("accepted");
    expect(commit(pump, giving(soft + 1, drugs), CONFIRM_SOFT_LIMIT)).toBe("accepted");
  });
});

describe("LIM-8: each drug of a mixture is held to its limits", () => {
  const places = SOLUTIONS.filter(([, id]) => id !== DRUG_CLONIDINE).flatMap(([name, id, concentration]) =>
    [0, 3].map((place): [string, number, number, number] => [name, place + 1, id, concentration]),
  );

  test.each(places)("%s as drug %i, among weak ones", (_, place, id, concentration) => {
    const drugs = Array.from({ length: 4 }, (_each, i) =>
      i === place - 1 ? { id, concentration } : { id: DRUG_CLONIDINE, concentration: 1 },
    );
    const pump = new Pump(null);
    expect(commit(pump, giving(pulsesWithin(hardDay(id), concentration) + 1, drugs), CONFIRM_SOFT_LIMIT)).toBe(
      "hard_limit",
    );
    expect(commit(pump, giving(pulsesWithin(softDay(id), concentration) + 1, drugs), 0)).toBe("soft_limit");
    expect(commit(pump, giving(pulsesWithin(softDay(id), concentration), drugs), 0)).toBe("accepted");
  });
});

describe("LIM-8: a total of more than twice the last, by a single pulse, is not taken without its confirmation", () => {
  test.each(Object.keys(STATES).filter((state) => state !== "that has no program"))("by a pump %s", (state) => {
    const drugs = [{ id: 0, concentration: 100_000 }];
    const last = RATE_THERAPEUTIC_MIN / RATE_UNITS_PER_PULSE;
    const pump = STATES[state](drugs);
    const doubled = giving(2 * last + 1, drugs);
    expect(outcomeName(pump.program(doubled) ?? -1)).toBe("total_doubled");
    expect(outcomeName(pump.program(doubled, { confirm: CONFIRM_TOTAL, total: 2 * last }) ?? -1)).toBe("total_doubled");
    expect(outcomeName(pump.program(giving(2 * last, drugs)) ?? -1)).toBe("accepted");
  });
});

test("the table of solutions has every drug of the library, and most of them in two concentrations", () => {
  const listed = DRUG_ROWS.filter(({ id }) => softDay(id) > 0).map(({ id }) => id);
  expect([...new Set(SOLUTIONS.map(([, id]) => id))]).toEqual(listed);
  expect(SOLUTIONS.length).toBeGreaterThan(listed.length);
});

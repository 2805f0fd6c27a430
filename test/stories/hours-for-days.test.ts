// LIM-8 and the accident behind it: a dose an hour entered where a dose a day was meant. The program is written as a
// clinician would write it, through the scenario's own units, and what stands against it is watched at the pump's link.

import { describe, expect, test } from "vitest";
import { decodeCommit, digestOf, encodeCommit, encodeProgram, stagePieces } from "../../emulator/telemetry/messages";
import { parseScenario } from "../../emulator/scenario/load";
import {
  COMMAND_COMMIT,
  COMMAND_STAGE,
  CONFIRM_SOFT_LIMIT,
  CONFIRM_TOTAL,
  REASON_TITRATION,
} from "../../hal/telemetry";
import { outcomeName } from "../../emulator/contract/codes";
import { collectPumps, DAY, HOUR, Pump } from "../pump";
import { statesHarms } from "./stated-harms";

collectPumps();

const MISTAKE = 24;
const ALL = CONFIRM_SOFT_LIMIT | CONFIRM_TOTAL;

/** The record of a basal in a scenario's words. */
function written(drug: string, basal: string) {
  const text = `duration: 1 d\ndrugs: [${drug}]\nprescription: { basal: ${basal} }`;
  return parseScenario(text, "typed.yaml").program;
}

const flexOf = (day: string, night: string) =>
  `{ mode: flex, steps: [{ at: "07:00", dose: ${day} }, { at: "22:00", dose: ${night} }] }`;
const BACLOFEN = "{ name: baclofen, concentration: 500 ug/mL }";

/** Commits a program with these confirmations: the outcome, and the two 24-hour totals that the pump answers, in uL. */
function committed(pump: Pump, program: ReturnType<typeof written>, confirm = 0, total_ul = 0) {
  const record = encodeProgram(program);
  for (const piece of stagePieces(record)) pump.programmer.ask(COMMAND_STAGE, piece);
  const payload = encodeCommit(digestOf(record), confirm, confirm ? REASON_TITRATION : 0, total_ul * 4);
  const reply = pump.programmer.ask(COMMAND_COMMIT, payload)!.payload;
  const totals = decodeCommit(reply)!;
  return { outcome: outcomeName(reply[0]), total_ul: totals.total / 4, before_ul: totals.before / 4 };
}

describe("LIM-8: 60 ug an hour for 60 ug a day, by flex steps", () => {
  const meant = written(BACLOFEN, flexOf("72 ug/day", "40 ug/day"));
  const typed = written(BACLOFEN, flexOf("72 ug/h", "40 ug/h"));

  test("is refused with the new and the old total, 24 to 1, and the old program runs on", () => {
    const pump = new Pump(meant);
    const digest = pump.field("program.digest");
    const said = committed(pump, typed);
    expect(said.outcome).toBe("soft_limit");
    // 60 and 1,440 ug of 500 ug/mL; a pulse either way.
    expect(Math.abs(said.before_ul - 120)).toBeLessThanOrEqual(0.25);
    expect(Math.abs(said.total_ul - MISTAKE * 120)).toBeLessThanOrEqual(0.25);
    const before = pump.pulses;
    pump.wait(DAY);
    expect(pump.field("program.digest")).toBe(digest);
    expect(Math.abs(pump.pulses - before - 480)).toBeLessThanOrEqual(1);
  });

  test("is refused again when only the soft limit is confirmed, or another total than the one shown", () => {
    const pump = new Pump(meant);
    const { total_ul, before_ul } = committed(pump, typed);
    expect(committed(pump, typed, CONFIRM_SOFT_LIMIT).outcome).toBe("total_doubled");
    expect(committed(pump, typed, ALL).outcome).toBe("total_doubled");
    expect(committed(pump, typed, ALL, before_ul).outcome).toBe("total_doubled");
    expect(committed(pump, typed, CONFIRM_TOTAL, total_ul).outcome).toBe("soft_limit");
    expect(pump.heard("program_accepted", {}).length).toBe(2);
    // Only who confirms the dose, gives a reason and repeats the total that is 24 times too high gets it.
    expect(committed(pump, typed, ALL, total_ul).outcome).toBe("accepted");
  });

  test("is refused at 100 ug by the hard limit, whatever is confirmed", () => {
    const pump = new Pump(written(BACLOFEN, flexOf("120 ug/day", "66 ug/day")));
    const wrong = written(BACLOFEN, flexOf("120 ug/h", "66 ug/h"));
    const { outcome, total_ul, before_ul } = committed(pump, wrong);
    expect(outcome).toBe("hard_limit");
    expect(Math.abs(total_ul / before_ul - MISTAKE)).toBeLessThan(0.1);
    expect(committed(pump, wrong, ALL, total_ul).outcome).toBe("hard_limit");
    expect(pump.machine.signal("motor.rate_ulPerDay")).toBeLessThanOrEqual(240);
  });
});

// Drug, a usual dose a day, and what stops the same number an hour when no total stands beside it: the pump's first program.
describe("LIM-8: the same slip in a pump's first program", () => {
  test.each([
    ["morphine", "10 mg/mL", "1 mg", "hard_limit"],
    ["hydromorphone", "5 mg/mL", "0.5 mg", "soft_limit"],
    ["fentanyl", "1 mg/mL", "100 ug", "hard_limit"],
    ["bupivacaine", "20 mg/mL", "5 mg", "hard_limit"],
    ["clonidine", "500 ug/mL", "80 ug", "hard_limit"],
    ["ziconotide", "25 ug/mL", "2.4 ug", "hard_limit"],
    ["baclofen", "500 ug/mL", "60 ug", "soft_limit"],
  ])(
    "with %s of %s is taken at %s a day, and as much an hour is refused as %s",
    (name, concentration, dose, outcome) => {
      const drug = `{ name: ${name}, concentration: ${concentration} }`;
      const continuous = (per: string) => written(drug, `{ mode: continuous, dose: ${dose}/${per} }`);
      expect(committed(new Pump(null), continuous("day")).outcome).toBe("accepted");
      const pump = new Pump(null);
      expect(committed(pump, continuous("h"), ALL & ~CONFIRM_SOFT_LIMIT).outcome).toBe(outcome);
      pump.wait(HOUR);
      expect(pump.pulses).toBe(0);
    },
  );
});

statesHarms({});

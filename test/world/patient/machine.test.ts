// The patient in the machine: moved once a minute in both gears, by what left the tip, and its signals.

import { describe, expect, test } from "vitest";
import { Machine, type MachineSetup } from "../../../emulator/machine/machine";
import type { PatientSetup } from "../../../emulator/world/patient/setup";
import { parseScenario } from "../../../emulator/run/open";
import { DAY, HOUR, MINUTE } from "../../pump";
import { replace } from "../../mutant";
import { minimal } from "../../scenario/example";

const PATIENT: PatientSetup = {
  draw: "typical",
  weight_kg: 70,
  age: 58,
  pain: 8,
  ashworth: 1,
  spasms: 0,
  oral: [{ drug: "morphine", dose_mg: 30, every_min: 720, byNeed_mg: 10 }],
  conditions: [],
  asks: false,
  startMinute: 480,
  drugs: ["morphine"],
};

function machine(patient: Partial<PatientSetup> = {}, seed = 1): Machine {
  const setup: MachineSetup = parseScenario(minimal(), "t.yaml");
  return new Machine({ ...setup, seed, patient: { ...PATIENT, ...patient } });
}

describe("PAT-2: the patient moves on a grid of a minute", () => {
  test("a leap and every tick give the same fingerprint at each cut", () => {
    const [leaping, stepping] = [machine(), machine()];
    for (const ticks of [MINUTE - 1, 1, 1, 2 * MINUTE - 1, 13 * MINUTE + 7, 2 * HOUR]) {
      leaping.leap(ticks);
      stepping.run(ticks);
      expect(leaping.fingerprint()).toBe(stepping.fingerprint());
    }
    expect(leaping.leapt).toBeGreaterThan(HOUR);
  });

  test.each<[string, (own: Machine) => void]>([
    [
      "leaves out one of the patient's minutes",
      (own) => {
        const patient = own.patient!;
        const pass = patient.pass.bind(patient);
        let minutes = 0;
        replace(patient, "pass", () => {
          if (++minutes !== 60) pass();
        });
      },
    ],
    [
      "lets the patient live one minute too many",
      (own) => {
        const patient = own.patient!;
        const pass = patient.pass.bind(patient);
        replace(patient, "pass", () => {
          pass();
          if (patient.steps === 60) pass();
        });
      },
    ],
  ])("a leap that %s is told apart", (_, change) => {
    const [leaping, stepping] = [machine(), machine()];
    change(leaping);
    leaping.leap(2 * HOUR);
    stepping.run(2 * HOUR);
    expect(leaping.fingerprint()).not.toBe(stepping.fingerprint());
  });

  test("a listener hears of each minute once, with the tick at which it ends", () => {
    const heard: number[] = [];
    const one = machine();
    one.listener = { event: () => {}, reset: () => {}, ticked: () => {}, lived: (tick) => heard.push(tick) };
    one.leap(HOUR);
    expect(heard).toEqual(Array.from({ length: 60 }, (_, i) => (i + 1) * MINUTE));
  });

  test("a leap ends at the first minute at which the patient asks", () => {
    const one = machine({ asks: true, oral: [] });
    one.leap(5 * MINUTE);
    const before = one.tick;
    while (!one.patient!.wants()) one.hop(DAY);
    expect(one.tick % MINUTE).toBe(0);
    expect(one.tick).toBeGreaterThanOrEqual(before);
  });
});

describe("PAT-1: drug that leaves the tip enters the patient", () => {
  test("the signals show it, and what came in is held or cleared", () => {
    const one = machine({ oral: [] });
    one.leap(DAY);
    const [tip, lumbar, cisternal] = ["tip", "lumbar", "cisternal"].map((cell) =>
      one.signal(`patient.csf_${cell}_ngPerMl`),
    );
    expect(tip).toBeGreaterThan(lumbar);
    expect(lumbar).toBeGreaterThan(cisternal);
    expect(one.signal("patient.csf_lumbar_ngPerMl.morphine")).toBe(lumbar);
    const { fluid } = one.patient!;
    const entered = one.world.catheter.tip_ng[0];
    expect(fluid.entered_ng[0]).toBeCloseTo(entered, 3);
    expect(fluid.held_ng(0) + fluid.cleared_ng(0)).toBeCloseTo(entered, 3);
    expect(one.signal("patient.pain")).toBeLessThan(8);
  });

  test("a machine without a patient has none of the signals", () => {
    const without = new Machine(parseScenario(minimal(), "t.yaml"));
    expect(without.signals.filter(({ name }) => name.startsWith("patient."))).toEqual([]);
  });
});

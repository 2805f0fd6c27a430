// Counterexamples that campaigns found and shrunk, and that hold now.

import { describe, expect, test } from "vitest";
import { referenceController } from "../../emulator/machine/controller-host";
import { ScenarioRun } from "../../emulator/run/run";
import { parseScenario } from "../../emulator/scenario/load";
import { PULSE_NL } from "../../hal/units";

/** A run's broken invariants, events in words, harms with the alarm that named each, when these began, and the volume given. */
function ran(text: string) {
  const scenario = parseScenario(`drugs: [{ name: morphine, concentration: 10 mg/mL }]\n${text}`, "mended.yaml");
  const run = new ScenarioRun(scenario, { gear: "leap", controller: referenceController, tracks: false });
  run.advance(run.end_ticks);
  const { invariants, events, harms } = run.report(0);
  const broken = invariants.flatMap(({ id, ok, at_s }) => (ok ? [] : [`${id} at ${at_s} s`]));
  const said = events.map(({ tick: _tick, time_s: _time, wall: _wall, ...row }) => Object.values(row).join(" "));
  return {
    broken,
    said,
    harms: harms.map(({ name, by }) => (by === null ? name : `${name} named by ${by}`)),
    harmTimes: harms.map(({ first_s }) => first_s),
    given_nl: run.machine.world.delivered_nl,
  };
}

describe("THR-6, MOT-2: in a stall of a pump that runs", () => {
  const stalled = (...orders: string[]) => `
duration: 30 h
prescription: { basal: { mode: continuous, rate: 100 uL/day } }
timeline:
  - { at: 21 h, fault: motor_stall, for: 7 h }
  ${orders.map((each) => `- ${each}`).join("\n  ")}
`;

  test("a prime is denied, because it would never end, and basal goes on when the rotor does", () => {
    const { broken, said } = ran(stalled("{ at: 26 h 50 min, do: prime, volume: 0.3 uL }"));
    expect(broken).toEqual([]);
    expect(said).toContain("bolus_denied prime alarm");
    expect(said).toContain("stall_recovered");
  });

  test("a prime after a stop is granted, and finds the stall again", () => {
    const { broken, said } = ran(
      stalled("{ at: 26 h 49 min, do: stop }", "{ at: 26 h 50 min, do: prime, volume: 0.3 uL }"),
    );
    expect(broken).toEqual([]);
    expect(said.filter((each) => each.startsWith("stall_detected"))).toHaveLength(2);
    expect(said).toContain("bolus_cancelled prime 0");
  });
});

test("LIM-5: a program that is committed to a pump which an alarm stops sets its limits at once", () => {
  const { broken, said } = ran(`
duration: 9 h
prescription:
  basal: { mode: continuous, rate: 305 uL/day }
  patient_bolus: { volume: 4 uL, duration: 3 min 31 s, lockout: 60 min, per_24h: 6 }
timeline:
  - { at: 2 h, fault: motor_reverse }
  - { at: 8 h 47 min, do: program, prescription: { basal: { mode: continuous, rate: 305 uL/day } } }
`);
  expect(said.filter((each) => each.startsWith("program_accepted"))).toHaveLength(2);
  expect(said).not.toContain("started");
  expect(broken).toEqual([]);
});

test("THR-2: a pulse that a dose completes when another program is committed is given at once, and not with the next one", () => {
  const { broken, said } = ran(`
duration: 14 h
prescription: { basal: { mode: periodic, volume: 10 uL, duration: 1 h 51 min 8 s, every: 700 min } }
timeline:
  - { at: 2 h 30 min, fault: flow_past_rotor, rate: 4000 uL/h }
  - { at: 12 h 40 min, do: refill, fill: 7 mL }
  - at: 13 h
    do: program
    prescription: { basal: { mode: continuous, rate: 100 uL/day }, confirm: { doubled_total: true }, reason: titration }
`);
  expect(said).toContain("alarm_cleared empty_reservoir");
  expect(broken).toEqual([]);
});

test("THR-6: a bolus that is cancelled because its first pulse is the last miss of a stall is explained by the stall", () => {
  const { broken, said } = ran(`
duration: 4 h
prescription: { basal: { mode: periodic, volume: 20 uL, duration: 4 h 30 min, every: 300 min } }
timeline:
  - { at: 2 h 38 min, do: program, prescription: { basal: { mode: continuous, rate: 68 uL/day } } }
  - { at: 2 h 47 min, fault: mri_field }
  - { at: 3 h 20 min 27 s, do: program, prescription: { basal: { mode: continuous, rate: 116.09 uL/day } } }
  - { at: 3 h 24 min, do: clinician_bolus, volume: 0.8 uL, duration: 14 min 51 s }
`);
  expect(said).toContain("bolus_cancelled clinician 0");
  expect(broken).toEqual([]);
});

test("EMU-8: a periodic dose that a restart puts off by a minute is no underdose", () => {
  const { broken, said, harms } = ran(`
duration: 2 d 2 h
prescription: { basal: { mode: periodic, volume: 5 uL, duration: 20 s, every: 500 min } }
timeline:
  - { at: 15 h, fault: nvm_torn_write }
`);
  expect(said).toContain("reset brownout");
  expect([broken, harms]).toEqual([[], []]);
});

describe("MOT-1, MOT-2: a pulse of basal that was missed", () => {
  /** Three pulses, once a day. */
  const daily = (timeline: string, duration: string) => `
duration: ${duration}
prescription: { basal: { mode: periodic, dose: 0.0075 mg, duration: 10 min, every: 1440 min } }
timeline: [${timeline}]
`;
  /** The same as a schedule: an hour of it gives two pulses. */
  const hourly = (timeline: string, duration: string) => `
duration: ${duration}
prescription: { basal: { mode: flex, steps: [{ at: 05:00, rate: 48 uL/day }, { at: 05:15, rate: 0 uL/day }] } }
timeline: [${timeline}]
`;

  test.each([
    ["a dose a day", daily],
    ["a quarter of an hour a day", hourly],
  ])("is tried again though none falls due, so a stall of %s is named before it is an underdose", (_, program) => {
    const { said, harms } = ran(program("{ at: 23 h, fault: motor_stall }", "3 d"));
    expect(said).toContain("stall_detected 8");
    expect(said).toContain("alarm_raised motor_stall");
    expect(harms).toEqual(["underdose named by motor_stall"]);
  });

  test("is made up within an hour and a half after a short stall", () => {
    const { broken, said, given_nl } = ran(daily("{ at: 23 h, fault: motor_stall, for: 90 min }", "1 d 2 h"));
    expect([broken, given_nl]).toEqual([[], 6 * PULSE_NL]);
    expect(said.filter((each) => each.startsWith("stall"))).toEqual([]);
  });
});

describe("EMU-8, MOT-1: a bolus that is under way", () => {
  const late = (fault: string) => `
duration: 2 d 8 h
prescription:
  basal: { mode: flex, steps: [{ at: 05:30, rate: 0 uL/day }] }
  patient_bolus: { volume: 15.5 uL, duration: 10 min 27 s, lockout: 60 min, per_24h: 6 }
timeline:
  - { at: 6 h, do: patient_bolus }
  - { at: 6 h 8 min, ${fault} }
  - { at: 7 h 4 min, do: patient_bolus }
  - { at: 1 d 7 h 48 min 34 s, do: clinician_bolus, volume: 2.3 uL, duration: 11 min 25 s }
`;

  test("and whose missed pulses are tried again is no underdose", () => {
    const { broken, harms } = ran(late("fault: motor_slip, fraction: 30 %"));
    expect([broken, harms]).toEqual([[], []]);
  });

  test("and of which nothing arrives is one as soon as it may be late no more", () => {
    const { harms, harmTimes } = ran(late("fault: catheter_disconnect"));
    expect(harms).toEqual(["underdose"]);
    const [start, duration] = [31 * 60 + 48 + 34 / 60, 11 + 25 / 60];
    expect(harmTimes[0] / 60).toBeGreaterThan(24 * 60);
    expect(harmTimes[0] / 60).toBeLessThan(start + 2 * duration + 2);
  });
});

test("THR-2: a step of the schedule that comes in the middle of a prime, before which basal was nothing", () => {
  const { broken, said } = ran(`
start: 2028-02-27T20:00
duration: 7 h
prescription: { basal: { mode: flex, steps: [{ at: 02:42, rate: 4000 uL/day }, { at: 23:30, rate: 0 uL/day }] } }
timeline:
  - { at: 6 h 40 min, do: prime, volume: 300 uL }
`);
  expect(said).toContain("bolus_finished prime 300000");
  expect(broken).toEqual([]);
});

test("EMU-8: a needle that empties the bellows in a session and another that fills it a minute later do no harm", () => {
  const dryFor = (refill: string) =>
    ran(`
duration: 22 h
prescription: { basal: { mode: continuous, rate: 100 uL/day } }
timeline:
  - { at: 21 h, do: tap, volume: 20 mL }
  - { at: ${refill}, do: refill, fill: 20 mL, accept: true }
`);
  expect(dryFor("21 h 1 min").harms).toEqual([]);
  expect(dryFor("21 h 20 min").harms).toEqual(["dry named by empty_reservoir"]);
});

test("EMU-8: a bolus that a program ends owes the pulses that fell due, and not the part of the next one", () => {
  const { said, harms } = ran(`
duration: 1 d 15 h
prescription:
  basal: { mode: periodic, volume: 3 uL, duration: 51 min 52 s, every: 150 min }
  patient_bolus: { volume: 0.5 uL, duration: 2 min 55 s, lockout: 60 min, per_24h: 2 }
timeline:
  - { at: 13 h 10 min, do: patient_bolus }
  - { at: 13 h 12 min 40 s, do: program, prescription: { basal: { mode: stopped } } }
`);
  expect(said).toContain("bolus_cancelled patient 250");
  expect(harms).toEqual([]);
});

test("LIM-2, TRI-1: a pump that denies a bolus for basal of after the end of its trial is cautious, and not wrong", () => {
  const { broken, said } = ran(`
duration: 6 d 19 h
pump: { model: external-trial }
prescription:
  basal: { mode: continuous, rate: 100 uL/day }
  patient_bolus: { volume: 5 uL, duration: 9 min 43 s, lockout: 60 min, per_24h: 6 }
  limits: [{ volume: 101 uL, window: 1400 min }]
  confirm: { tight_limits: true }
timeline:
  - { at: 5 d 17 h, do: stop }
  - { at: 6 d 17 h 50 min, do: start }
  - { at: 6 d 18 h, do: patient_bolus }
`);
  expect(said).toContain("bolus_denied patient dose_limit");
  expect(broken).toEqual([]);
});

// All problems of a file in one pass: those of its shape, of its units, of its times, of its drugs and of the controller's
// fields, each once, in the order of the file, and none that only follows from another.

import { describe, expect, it, test } from "vitest";
import { referenceFields } from "../../emulator/run/reference-fields";
import { parseScenario } from "../../emulator/scenario/load";
import { ScenarioError } from "../../emulator/scenario/scenario";
import { EXAMPLE, minimal } from "./example";

/** The problems as `line:column: path: ...`, as far as their first words. */
function problemsOf(text: string): string[] {
  try {
    parseScenario(text, "f.yaml", referenceFields);
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    return error.message.split("\n").map((line) => line.replace("f.yaml:", ""));
  }
  return [];
}

const places = (text: string): string[] => problemsOf(text).map((line) => /^\d+:\d+: \S+/.exec(line)![0]);

/** One mistake of every kind, and what each must bring. */
const MANY = `name: many mistakes
duration: 10 h
sed: 7
pump: { model: implant-20, fill: 25 mL }
drugs:
  - { name: morphine, concentration: 10 mg/mL }
  - { name: MORPHINE, concentration: 1 mg/mL }
prescription:
  basal: { mode: continuos, dose: 1 mg/day }
  patient_bolus: { dose: 0.1 ug, duration: 5 min, lockout: 60 min, per_24h: 8 }
  limits:
    - { volume: 25 uL, window: 10 min }
    - { volume: 0.1 uL, window: 1 h }
timeline:
  - { at: 12 h, do: patient_blus }
  - { at: 11 h, fault: motor_stall, for: 5 parsecs }
  - { at: 1 h, fault: link, drop: 5 % }
  - { at: 2 h, fault: link, drop: 5 % }
  - { at: 3 h, fault: ram_flip, field: therapy.rat, bit: 3 }
  - { at: 3 h, fault: nvm_flip, address: 131072, bit: 8 }
  - { doo: stop, at: 20 h }
expect:
  - { delivered: { from: 9 h, to: 8 h, volume: 1 uL, within: 1 uL } }
  - { event: { name: bolus_denied, reason: lockot, between: [1 h, 30 h] } }
  - { never: { event: stopped, by: comand } }
  - { dose: { drug: morfine, max: 1 mg } }
  - { alarm: { name: motor_stal, raised: { after: 11 h } } }
  - { signal: { name: guard.tripped, equals: 2, at: 1 d } }
  - {}
`;

describe("EMU-3: every problem of a file is reported in one pass", () => {
  it("from all kinds of checks, sorted by place", () => {
    expect(places(MANY)).toEqual([
      "3:1: sed:",
      "4:34: pump.fill:",
      "7:13: drugs[1].name:",
      "9:18: prescription.basal.mode:",
      "12:32: prescription.limits[0].window:",
      "13:17: prescription.limits[1].volume:",
      "15:11: timeline[0].at:",
      "15:21: timeline[0].do:",
      "16:11: timeline[1].at:",
      "16:42: timeline[1].for:",
      "18:5: timeline[3]:",
      "19:40: timeline[4].field:",
      "20:42: timeline[5].address:",
      "20:55: timeline[5].bit:",
      "21:7: timeline[6].doo:",
      "21:22: timeline[6].at:",
      "23:35: expect[0].delivered.to:",
      "24:44: expect[1].event.reason:",
      "24:67: expect[1].event.between[1]:",
      "25:36: expect[2].never.by:",
      "27:22: expect[4].alarm.name:",
      "27:51: expect[4].alarm.raised.after:",
      "28:46: expect[5].signal.equals:",
      "28:53: expect[5].signal.at:",
      "29:5: expect[6]:",
    ]);
  });

  it("except those that wrong drugs hide, which come when the drugs are right", () => {
    const fixed = MANY.replace("  - { name: MORPHINE, concentration: 1 mg/mL }\n", "");
    expect(places(fixed)).toEqual(
      expect.arrayContaining(["9:26: prescription.patient_bolus.dose:", "25:21: expect[3].dose.drug:"]),
    );
  });

  it("beside duplicate keys, tags and merge keys, which are reported once", () => {
    const text = `duration: 1 h
duration: 2
name: !label x
drugs: [{ name: morphine, concentration: 10 mg }]
prescription: { basal: &b { mode: continuous, rate: 100 uL/day } }
timeline: [{ at: 1 min, do: program, prescription: { basal: { <<: *b } } }, { at: 2 h, do: stop }]
---
name: second
`;
    expect(problemsOf(text).map((line) => line.slice(0, 60).trimEnd())).toEqual([
      "2:1: the key `duration` is here a second time: expected each",
      "2:11: duration: expected a duration (ms, s, min, h, d, week)",
      "3:7: expected a value without a tag, found `!label`",
      "4:42: drugs[0].concentration: expected a concentration (mg/m",
      "6:63: merge keys (`<<`) are not YAML 1.2: write the keys out",
      "7:1: expected one YAML document, found a second one",
    ]);
  });

  test.each([
    ["duration: 24 h", "duration: 24 hurs", "3:11: duration:"],
    ["duration: 24 h", "durration: 24 h", "3:1: durration:"],
    ["concentration: 10 mg/mL", "concentration: 10 mg", "12:38: drugs[0].concentration:"],
    ["  - { name: morphine, concentration: 10 mg/mL }", "  []", "11:1: drugs:"],
    ["mode: continuous, dose: 1 mg/day", "mode: continous, dose: 1 mg/day", "14:18: prescription.basal.mode:"],
    ["mode: continuous, dose: 1 mg/day", "dose: 1 mg/day", "14:10: prescription.basal.mode:"],
    ["name: bolus_denied", "name: bolus_deny", "26:22: expect[1].event.name:"],
    ["name: bolus_denied, reason", "reason", "26:14: expect[1].event.name:"],
    ["reason: lockout", "raeson: lockout", "26:36: expect[1].event.raeson:"],
    ["- { never: { alarm", "- { nevr: { alarm", "28:7: expect[3].nevr:"],
    ["never: { alarm: dose_guard }", "never: { alrm: dose_guard }", "28:14: expect[3].never.alrm:"],
    ["volume: 37.5 uL, within", "volum: 37.5 uL, within", "25:42: expect[0].delivered.volum:"],
    ["dose: 0.05 mg, duration", "doze: 0.05 mg, duration", "15:20: prescription.patient_bolus.doze:"],
    ["at: 12 h, fault", "at: 12 hors, fault", "23:11: timeline[2].at:"],
    ["fault: motor_stall, for", "fault: motor_stal, for", "23:18: timeline[2].fault:"],
  ])("and a single mistake makes a single problem, as for %s written as %s", (from, to, place) => {
    expect(EXAMPLE).toContain(from);
    const found = places(EXAMPLE.replace(from, to));
    expect(found).toHaveLength(1);
    expect(found[0].split(": ")[1]).toBe(place.split(": ")[1]);
  });

  it("with places in files that begin with a byte order mark or have Windows line ends", () => {
    const text = EXAMPLE.replace("alarm: dose_guard", "alarm: dose_gard");
    const plain = problemsOf(text);
    expect(plain).toHaveLength(1);
    expect(problemsOf(`\uFEFF${text}`)).toEqual(plain);
    expect(problemsOf(text.replaceAll("\n", "\r\n"))).toEqual(plain);
  });

  it("also when there are a hundred mistakes", () => {
    const entries = Array.from({ length: 100 }, (_, i) => `  - { at: ${i} min, do: stopp }\n`).join("");
    expect(problemsOf(minimal(`timeline:\n${entries}`))).toHaveLength(100);
  });
});

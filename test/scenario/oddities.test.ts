// A file may say more than it means. Each such oddity is a warning with its place, and changes no verdict.

import { readdirSync } from "node:fs";
import { describe, expect, it, test } from "vitest";
import { referenceController } from "../../emulator/machine/controller-host";
import { ScenarioRun } from "../../emulator/run/run";
import { loadScenario, parseScenario } from "../../emulator/scenario/load";
import { ScenarioError, type Warning } from "../../emulator/scenario/scenario";
import { EXAMPLE, minimal } from "./example";

const folder = new URL("../../scenarios/", import.meta.url).pathname;

const warningsOf = (text: string): Warning[] => parseScenario(text, "f.yaml").warnings!;

/** The rest of the line at the place of a warning. */
const restOf = (text: string, { line, column }: Warning): string => text.split("\n")[line - 1].slice(column - 1);

describe("a warning of the scenario's language (EMU-10)", () => {
  test.each<[string, string, string]>([
    [
      "timeline: [{ at: 1 h, fault: motor_stall, for: 30 h }]",
      "30 h",
      "the fault lasts to 1 d 7 h, and the run ends at 24 h",
    ],
    ["timeline: [{ at: 1 h, fault: motor_slip, fraction: 0 % }]", "{ at", "changes nothing, so it never acts"],
    ["timeline: [{ at: 1 h, fault: over_delivery, factor: 1 }]", "{ at", "changes nothing, so it never acts"],
    ["timeline: [{ at: 1 h, fault: rtc_jump, by: 0 s }]", "{ at", "changes nothing, so it never acts"],
    ["timeline: [{ at: 24 h, do: stop }]", "24 h", "the run ends at this moment"],
    [
      "timeline: [{ at: 90 ms, do: patient_bolus }]",
      "90 ms",
      "the pump is commissioned from 100 ms on, and takes no order before",
    ],
    ["expect: [{ delivered: { volume: 30 uL, within: 31 uL } }]", "{ delivered", "so it holds too when nothing comes"],
    ["expect: []", "[]", "it is empty, so the run is judged by invariants and harms alone"],
    ["expect: [{ signal: { name: guard.tripped, max: 1 } }]", "{ signal", "it always holds: guard.tripped is 0 to 1"],
    ["expect: [{ signal: { name: motor.pulses, min: 0 } }]", "{ signal", "it always holds: motor.pulses is at least 0"],
    [
      "expect: [{ never: { alarm: tube_set } }, { alarm: { name: tube_set } }]",
      "{ alarm: { name",
      "it cannot hold together with the expectation of line 4",
    ],
    [
      "expect: [{ never: { event: reset } }, { never: { event: reset } }]",
      "{ never",
      "the expectation of line 4 is the same",
    ],
    [
      "expect: [{ alarm: { name: tube_set, raised: { after: 9 h }, cleared: { within: 1 h } } }]",
      "{ alarm",
      "the alarm would have to clear before it is raised",
    ],
    ["expect: [{ event: { name: boot, between: [24 h, 24 h] } }]", "{ event", "no event comes after it"],
    [
      "timeline: [{ at: 9 h, do: refill, fill: 1 mL, drugs: [{ name: x, concentration: 1 mg/mL }] }]\nexpect: [{ dose: { drug: X, to: 9 h, max: 1 mg } }]",
      "{ dose",
      "there is no x in the pump before 9 h",
    ],
    [
      "timeline: [{ at: 9 h, do: refill, fill: 1 mL, drugs: [{ name: Bupivicaine, concentration: 1 mg/mL }] }]",
      "Bupivicaine",
      "the drug library has no `Bupivicaine`, so no limit of it holds; the nearest known one is `bupivacaine`",
    ],
  ])("comes for %s", (more, piece, words) => {
    const text = minimal(more);
    const found = warningsOf(text);
    expect(found).toHaveLength(1);
    expect(found[0].text).toContain(words);
    expect(restOf(text, found[0]).startsWith(piece), restOf(text, found[0])).toBe(true);
  });

  test.each<[string, string, string]>([
    ["basal: { mode: periodic, volume: 10 uL, duration: 5 h, every: 4 h }", "5 h", "a dose lasts longer than the 4 h"],
    [
      "basal: { mode: minimum }, patient_bolus: { volume: 1 uL, duration: 2 h, lockout: 1 h, per_24h: 8 }",
      "2 h",
      "a bolus lasts longer than the lockout of 1 h",
    ],
    [
      "basal: { mode: minimum }, patient_bolus: { volume: 1 uL, duration: 2 min, lockout: 5 h, per_24h: 6 }",
      "6 }",
      "the lockout of 5 h permits at most 5 boluses in 24 h",
    ],
    [
      "basal: { mode: minimum }, limits: [{ volume: 1 mL, window: 24 h }, { volume: 2 mL, window: 1 day }]",
      "1 day",
      "limits[0] has the same window, and the lower of them counts",
    ],
    ["basal: { mode: minimum }, low_reservoir: 21 mL", "21 mL", "it is more than the 20 mL that the pump holds"],
    ["basal: { mode: minimum }, reason: other", "other", "it has no effect without confirm.soft_limit"],
    ["basal: { mode: minimum }, confirm: { soft_limit: true }", "true", "takes this confirmation only with a reason"],
    [
      "basal: { mode: continuous, rate: 0.2 uL/day }",
      "24 h",
      "the first pulse comes after 1 d 6 h, when the run is over",
    ],
  ])("comes for a prescription with %s", (prescription, piece, words) => {
    const text = minimal("", prescription);
    const found = warningsOf(text);
    expect(found).toHaveLength(1);
    expect(found[0].text).toContain(words);
    expect(restOf(text, found[0]).startsWith(piece), restOf(text, found[0])).toBe(true);
  });

  it("does not come for a list that is empty because its only entry is wrong", () => {
    const refused = (text: string): ScenarioError => {
      try {
        parseScenario(text, "f.yaml");
      } catch (error) {
        if (error instanceof ScenarioError) return error;
      }
      throw new Error("it is taken");
    };
    const { message, warnings } = refused(minimal("expect: [{ never: { event: bolus_denid } }]"));
    expect(message).toContain("unknown event `bolus_denid`");
    expect(warnings).toEqual([]);
    // Oddities elsewhere in the file are told all the same.
    const both = minimal("timeline: [{ at: 24 h, do: stop }]\nexpect: [{ never: { event: bolus_denid } }]");
    expect(refused(both).warnings?.map(({ text }) => text)).toEqual([
      expect.stringContaining("the run ends at this moment"),
    ]);
  });

  test.each(readdirSync(folder))("does not come for scenarios/%s", (file) => {
    expect(loadScenario(folder + file).warnings).toEqual([]);
  });

  it("stands in the report of the run, beside the verdict that there is without it", () => {
    const scenario = parseScenario(EXAMPLE.replace("for: 30 min", "for: 30 h"), "f.yaml");
    const run = new ScenarioRun(
      { ...scenario, duration_ticks: 100 },
      { gear: "leap", controller: referenceController, tracks: false },
    );
    expect(run.report(0).warnings).toEqual([
      { text: "timeline[2].for: the fault lasts to 1 d 18 h, and the run ends at 24 h", line: 23, column: 42 },
    ]);
  });
});

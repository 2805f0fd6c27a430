// The stepper's language on the day of breakthrough pain: its questions in the field's words, its places, marks, branches and
// refusals. One session serves the questions, which change nothing.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { OUTCOME_LIST } from "../../emulator/contract/codes";
import { CommandError } from "../../emulator/debug/command-error";
import { Stepper } from "../../emulator/debug/stepper";
import { TimeTravel, type Moving } from "../../emulator/debug/time-travel";
import { WHY_ROWS } from "../../emulator/debug/why";
import { EVENT_VALUES } from "../../emulator/machine/events";
import { parseScenario } from "../../emulator/scenario/load";
import { runOf, instrumented, travelIn } from "./instrumented-here";

const folder = mkdtempSync(join(tmpdir(), "cistern-language-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function sessionIn(time: TimeTravel) {
  const session = new Stepper(time, instrumented.root);
  return { time, session, say: async (line: string, moving?: Moving) => (await session.execute(line, moving)).text };
}

/** At the denied bolus. */
const denied = sessionIn(travelIn("breakthrough-pain"));
await denied.say("continue event bolus_denied");

/** The same day in other words of the scenario. */
function altered(change: (text: string) => string) {
  const text = change(readFileSync("scenarios/breakthrough-pain.yaml", "utf8"));
  return sessionIn(new TimeTravel(runOf(parseScenario(text, "t.yaml")), { instrumented, text }));
}

describe("STP-1: `why` explains in the field's words", () => {
  test.each(["why bolus_denied", "why lockout"])(
    "%s tells the rule, and how much of the lockout was left",
    async (line) => {
      const before = denied.time.place;
      expect(await denied.say(line)).toBe(
        [
          "9 h 20 min 10 ms         bolus_denied kind=patient reason=lockout",
          "  lockout (PTB-1): the lockout after the last patient bolus is not over",
          "  lockout 40 min left: the last bolus was accepted 20 min before, and the lockout is 1 h",
        ].join("\n"),
      );
      expect(denied.time.place).toEqual(before);
    },
  );

  test("of a full window it tells what the window held, of how much, and what the bolus adds", async () => {
    const { say } = altered((text) =>
      text
        .replace("lockout: 60 min", "lockout: 15 min")
        .replace("{ volume: 25 uL, window: 1 h }", "{ volume: 12 uL, window: 1 h }")
        .replace("reason: lockout", "reason: dose_limit"),
    );
    await say("continue event bolus_denied");
    expect(await say("why dose_limit")).toContain(
      "window 1 (1 h) at 9.25 of 12 uL; window 2 (1 d) at 43.75 of 160 uL; the bolus adds 5 uL, and basal 4.166",
    );
  });

  test("of a full day it tells how many there were, and when the oldest leaves", async () => {
    const { say } = altered((text) => text.replace("lockout: 60 min, per_24h: 8", "lockout: 15 min, per_24h: 1"));
    await say("continue event bolus_denied");
    expect(await say("why bolus_denied")).toContain(
      "1 of 1 patient boluses were accepted in the last 24 h; the oldest leaves in 23 h 40 min",
    );
  });

  test("of an alarm it tells the cause, the urgency, the effect and the end", async () => {
    const { say } = sessionIn(travelIn("breakthrough-pain"));
    await say("continue event alarm_raised");
    expect((await say("why alarm_raised")).split("\n").slice(1)).toEqual([
      "  motor_stall: eight pulses in a row without proof of motion; gone after four proofs in a row",
      "  critical: delivery goes on, and it ends with its cause",
    ]);
  });

  test("of a reason that has not come yet it tells the rule and the present values", async () => {
    expect(await denied.say("why busy")).toContain("no event so far is or has the reason busy");
    expect(await denied.say("why empty")).toContain("the lower of estimate and sensor is 17.95625 mL");
  });

  test("each reason of a denied bolus has a row, and each row a meaning", () => {
    const denials = EVENT_VALUES.get("bolus_denied")!["reason"];
    const rows = WHY_ROWS.map(({ reason }) => reason);
    expect(new Set(rows)).toEqual(new Set(denials.kind === "words" ? denials.words : []));
    for (const reason of rows) expect(OUTCOME_LIST.rows.find(({ name }) => name === reason)?.means).toBeDefined();
  });
});

describe("STP-3: `who` tells the last write", () => {
  test("with tick, old and new value, author, file and line, and the calls that led there", async () => {
    const [first, second] = (await denied.say("who therapy.patientBolus.lastStart")).split("\n");
    expect(first).toMatch(
      /^therapy\.patientBolus\.lastStart: 0 -> 3240002 at 9 h 10 ms \(tick 3240001\) by the firmware, firmware\/patient-bolus\.ts:\d+ in PatientBolus\.start$/,
    );
    expect(second).toMatch(/^ {2}called by firmware\/therapy\.ts:\d+ in Therapy\.grant$/);
    expect(await denied.say("who motor.pulses")).toMatch(
      /174 -> 175 .* by the firmware, firmware\/motor\.ts:\d+ in Motor\.pulse$/m,
    );
    expect(await denied.say("who program.mode")).toContain("by the firmware");
    expect(await denied.say("who machine.hung")).toBe(
      "no tick since the start of the record has left another value in machine.hung",
    );
  });
});

describe("STP-1: places", () => {
  test("`step` and `back` go to pulses, events, writes and lines, and show the source", async () => {
    const { say, time } = sessionIn(travelIn("breakthrough-pain"));
    await say("goto 9 h 30 min");
    expect(await say("back event")).toContain("reason=lockout");
    expect(await say("back event bolus_started kind=patient")).toMatch(
      /^event bolus_started kind=patient holds at 9 h 20 ms/,
    );
    const tick = time.place.tick;
    await say("step pulse");
    expect(time.place.tick).toBeGreaterThan(tick);
    await say("back pulse");
    expect(time.place.tick).toBeLessThanOrEqual(tick);
    const lines = (await say("step write therapy.bolus.given")).split("\n");
    expect(lines[0]).toMatch(/^write therapy\.bolus\.given holds at 9 h .*, statement \d+$/);
    expect(lines.filter((line) => line.startsWith(">"))).toHaveLength(1);
    expect(lines.find((line) => line.startsWith(">"))).toMatch(/^> +\d+ {2}.*this\.given\.add\(1\);$/);
    const place = time.place;
    await say("step in");
    expect(time.place).not.toEqual(place);
    await say("back in");
    expect(time.place).toEqual(place);
    expect(await say("step out")).toMatch(/firmware\/therapy\.ts:\d+ in Therapy\.followMotor/);
    expect(await say("back line")).toMatch(/firmware\/therapy\.ts:\d+ in Therapy\.followMotor/);
  });

  test("`reverse` goes to where the condition began to hold, and `wait` counts from a tick on", async () => {
    const { say, time } = sessionIn(travelIn("breakthrough-pain"));
    await say("goto 13 h");
    expect(await say("reverse alarm.active > 0")).toMatch(/holds at 12 h 25 min/);
    const { tick } = time.place;
    expect(await say("wait event bolus_denied within 1 h since 9 h")).toContain("holds at 9 h 20 min");
    await say("goto end");
    await say(`goto ${tick}`);
    expect(await say("wait event reset within 10 min")).toMatch(/^event reset never held; the end is 12 h 35 min/);
    expect(await say("wait 10 s")).toMatch(/^12 h 35 min 22 s /);
  });

  test("marks are places for `goto` and `diff`, and a watched symbol is shown when it changes", async () => {
    const { say } = sessionIn(travelIn("breakthrough-pain"));
    await say("goto 8 h 59 min");
    await say("mark before");
    expect(await say("watch program.mode")).toMatch(/^program\.mode +3$/);
    await say("w therapy.patientBolus.startsCount");
    expect((await say("goto 9 h 1 min")).split("\n")).toEqual([
      "9 h 1 min (tick 3246000)",
      "therapy.patientBolus.startsCount   0 -> 1",
    ]);
    expect(await say("diff before")).toMatch(/^therapy\.patientBolus\.startsCount +0 -> 1$/m);
    await say("mark after");
    expect(await say("diff before after")).toBe(await say("diff before"));
    expect(await say("watch off program.mode")).not.toContain("program.mode");
    expect(await say("goto before")).toContain("8 h 59 min (tick 3234000)");
    expect(await say("mark")).toMatch(/^before .*\nafter /);
  });
});

describe("STP-1: a change by hand begins a branch", () => {
  test("`goto` returns to either, and `export` writes a scenario that reproduces the branch", async () => {
    const { say, time, session } = sessionIn(travelIn("breakthrough-pain"));
    await say("goto 10 h");
    expect(await say("set program.lockoutTicks 2 h")).toBe(
      "program.lockoutTicks               720000 ticks (2 h), from the next tick on",
    );
    await say("do patient_bolus");
    await say("goto 11 h");
    const there = time.run.fingerprint;
    expect(session.prompt).toBe("11 h [branch 1] > ");
    expect((await say("branches")).split("\n")).toEqual([
      "  0  the scenario's own, up to 10 h, 0 by hand",
      "* 1  from branch 0 at 10 h, up to 11 h, 2 by hand",
    ]);
    expect(await say("why lockout")).toContain("the lockout is 2 h");
    expect(await say("who program.lockoutTicks")).toContain("by the hand");
    await say("goto main");
    expect(await say("get program.lockoutTicks")).toMatch(/ 360000$/);
    await say("goto 11 h");
    expect([session.prompt, time.run.fingerprint === there]).toEqual(["11 h > ", false]);
    await say("goto branch 1");
    const file = join(folder, "branch.yaml");
    expect(await say(`export ${file}`)).toContain("branch 1 as a scenario, with 2 entries by hand");
    const again = runOf(parseScenario(readFileSync(file, "utf8"), "scenarios/breakthrough-pain.yaml"));
    again.advance(time.place.tick);
    expect(again.fingerprint).toBe(there);
  });

  test("`diff` tells a change that has not acted yet, from the moment it is made until a tick has passed", async () => {
    const { say } = sessionIn(travelIn("breakthrough-pain"));
    await say("goto 9 h");
    await say("mark before");
    await say("set program.lockoutTicks 15 min");
    expect(await say("diff before")).toBe(
      "nothing differs\nat here, from the next tick on: do: set, symbol: program.lockoutTicks, value: 90000",
    );
    await say("step");
    const lines = (await say("diff before")).split("\n");
    expect(lines.filter((line) => /^program\.lockoutTicks +360000 -> 90000$/.test(line))).toHaveLength(1);
    expect(lines.join("\n")).not.toContain("from the next tick on");
    await say("mark after");
    await say("inject motor_slip 20 %");
    expect(await say("diff after")).toBe(
      "nothing differs\nat here, from the next tick on: fault: motor_slip, fraction: 20 %",
    );
    await say("step");
    await say("release motor_slip");
    expect(await say("diff after")).toContain("\nat here, from the next tick on: release motor_slip");
  });

  test("a fault that is injected lasts until the scenario has the same one, or until it is released", async () => {
    const { say, time } = sessionIn(travelIn("breakthrough-pain"));
    await say("goto 1 h");
    await say("inject motor_stall");
    expect(await say("continue event alarm_raised")).toContain("alarm=motor_stall");
    expect(time.place.tick).toBeLessThan(3 * 360_000);
    const stall = (at: string) => say(`goto ${at}`).then(() => say("faults"));
    expect(await stall("12 h 10 min")).toMatch(/^motor_stall +on /m);
    expect(await stall("12 h 31 min")).toMatch(/^motor_stall +off /m);
    await say("goto 3 h");
    await say("release motor_stall");
    expect(await stall("3 h 1 min")).toMatch(/^motor_stall +off /m);
  });

  test("`do` takes the keys of a scenario, and `acknowledge` an alarm", async () => {
    const { say } = sessionIn(travelIn("breakthrough-pain"));
    await say("goto 12 h 26 min");
    expect(await say("acknowledge motor_stall")).toBe("acknowledge begins at 12 h 26 min");
    expect(await say("step event")).toContain("alarm_acknowledged alarm=motor_stall");
    await say("goto 1 h");
    await say("do clinician_bolus volume: 1 uL, duration: 5 min");
    expect(await say("continue event bolus_started")).toContain("kind=clinician volume_nl=1000 duration_s=300");
  });
});

describe("values in the field's units", () => {
  test.each([
    ["show therapy.rate", "10000 (100 uL/day)"],
    ["show program.lockoutTicks", "360000 ticks (1 h)"],
    ["show program.bolusPulses", "20 pulses (5 uL)"],
    ["show therapy.mode", "3 (continuous)"],
    ["show therapy.patientBolus.starts", "list of 96: 3240002, 0 (95 times)"],
    ["show memory.faulty", "0 (no)"],
    ["show *.level_nl", "17956250 nL"],
  ])("%s gives %s", async (line, text) => {
    expect((await denied.say(line)).split("\n")[0]).toMatch(new RegExp(`^\\S+ +${text.replace(/[()*.]/g, "\\$&")}$`));
  });

  test.each([
    "reservoir.level < 18 mL",
    "reservoir.level > 17.95 mL and not reservoir.level_nl == 0",
    "program.bolusPulses == 5 uL",
    "program.lockoutTicks == 1 h",
    "therapy.rate == 100 uL/day or motor.pulses < 3",
    "therapy.mode == continuous",
    "limiter.window0 <= limiter.limit0",
    "memory.faulty == no",
  ])("expect %s holds at the denied bolus (STP-1)", async (condition) => {
    const { text, verdict } = await denied.session.execute(`expect ${condition}`);
    expect([text, verdict]).toEqual([`holds: ${condition}`, null]);
  });

  test("an `expect` that does not hold shows the values, and the session's verdict is a fail", async () => {
    const { session } = sessionIn(travelIn("breakthrough-pain"));
    const { text, verdict } = await session.execute("expect reservoir.level < 2 mL");
    expect(text).toMatch(/^does not hold: reservoir\.level < 2 mL\n {2}reservoir\.level_nl +18000000 nL$/);
    expect(verdict).toBe("fail");
    expect((await session.execute("step")).verdict).toBe("fail");
  });
});

describe("EMU-3, EMU-10: one sentence each, and the session is as before", () => {
  test.each([
    ["continue motor.pulses > 5 and motor.pulses < 3", "motor.pulses > 5 and motor.pulses < 3 never hold together"],
    ["continue motor.pulses > 4 and not motor.pulses >= 5", "never hold together"],
    ["continue motor.pulses >= 4 and motor.pulses <= 4 and motor.pulses != 4", "never hold together"],
    ["continue not (motor.pulses > 5 or motor.pulses < 6)", "never hold together"],
    ["continue therapy.rate == 1.5", "never holds: therapy.rate is -2147483648 to 2147483647, in whole numbers"],
    ["continue not motor.pulses >= 0", "not motor.pulses >= 0 never holds: motor.pulses is at least 0"],
    ["continue motor.pulses < 0 or guard.tripped > 1", "motor.pulses < 0 never holds"],
    ["continue reservoir.level < 2 mg", "reservoir.level_nl: expected a volume (nL, uL, mL), found"],
    ["continue motor.pulses > 3 and therapy.mode == stoped", "(column 38)"],
    ["continue battery.cell_mv < 2 V", "found 2 V for battery.cell_mv, expected a number of mV"],
    ["continue therapy.patientBolus.starts > 1", "is a list, whose first element is therapy.patientBolus.starts[0]"],
    ["continue 1 h", "1 h has passed: the run is at 9 h 20 min 20 ms (tick 3360002); goto goes there"],
    ["goto 25 h", "that is after the end of the run, 1 d"],
    ["goto nowhere", "found nowhere, expected a time, a tick, start or end; there are no marks yet"],
    ["goto branch 3", "no branch has the number 3; the branches are 0"],
    ["back 10 h", "that is before the start; the run is at 9 h 20 min 20 ms"],
    ["who therapy.rat", "no symbol is called therapy.rat; the nearest known one is therapy.rate"],
    ["who log.sequence", "it is a list, whose first element is log.sequence[0]"],
    ["watch therapy.rat", "no symbol is called therapy.rat; the nearest known one is therapy.rate"],
    ["why lockot", "unknown event or reason `lockot`: the nearest known one is `lockout`"],
    ["diff a", "unknown mark `a`, because there is none"],
    ["mark 5", "found 5, expected one word that is no number and no place"],
    ["step pulse 3", "found 3 after pulse, expected nothing"],
    ["do patient_bolu", "unknown action `patient_bolu`: the nearest known one is `patient_bolus`"],
    ["do clinician_bolus volume", "expected keys as in a scenario"],
    ["do clinician_bolus volume: 5 uL", "duration"],
    ["acknowledge motor_stal", "unknown alarm `motor_stal`: the nearest known one is `motor_stall`"],
    ["release motor_stall", "the fault motor_stall is not on"],
    ["expect changed therapy.rate", "expected a condition on the present state, without changed and event"],
    ["events since yesterday", "expected a duration"],
    ["export", "usage: export FILE"],
    ["w", "nothing is watched"],
    ["wh therapy.rate", "wh may be who, why"],
  ])("%s", async (line, sentence) => {
    const before = [denied.time.place, denied.time.branches.length];
    const text = await denied.say(line).catch((error: unknown) => {
      if (error instanceof CommandError) return error.message;
      throw error;
    });
    expect(text).toContain(sentence);
    expect(text).not.toContain("\n");
    expect([denied.time.place, denied.time.branches.length]).toEqual(before);
  });
});

describe("STP-5: a person stops a movement", () => {
  test.each(["continue therapy.rate == 5", "reverse clock.now == 5 and motor.pulses == 9", "goto start"])(
    "%s ends where it may, its progress is told, and the session goes on",
    async (line) => {
      const { session, say } = sessionIn(travelIn("breakthrough-pain"));
      await say("goto 6 h");
      const stopper = { stopped: false };
      const seen: number[] = [];
      const progress = ({ tick }: { tick: number }) => {
        seen.push(tick);
        stopper.stopped = true;
      };
      const { text } = await session.execute(line, { stopper, progress });
      if (seen.length > 0) expect(text).toMatch(/^stopped at /);
      expect(await say("goto 6 h 1 min")).toBe("6 h 1 min (tick 2166000)");
    },
  );

  test("a search that finds nothing is stopped at once, where it began if it goes back", async () => {
    const { session, say } = sessionIn(travelIn("breakthrough-pain"));
    await say("goto 6 h");
    const stopper = { stopped: true };
    expect((await session.execute("reverse clock.now == 5 and motor.pulses == 9", { stopper })).text).toBe(
      "stopped at 6 h (tick 2160000)",
    );
    expect((await session.execute("who machine.hung", { stopper })).text).toBe("stopped");
  });
});

describe("the line at the prompt", () => {
  test.each([
    ["con", ["continue"]],
    ["who therapy.patientBolus.l", ["therapy.patientBolus.lastStart"]],
    ["continue motor.pulses > 3 and event bolus_d", ["bolus_denied"]],
    ["c event bolus_denied reason=lo", ["reason=lockout"]],
    ["inject motor_st", ["motor_stall"]],
    ["why per", ["per_24h"]],
    ["step wr", ["write"]],
    ["do clin", ["clinician_bolus"]],
    ["acknowledge motor_s", ["motor_stall"]],
    ["nothing at", []],
  ])("%s is completed by %j", (line, completions) => {
    expect(denied.session.completions(line).words).toEqual(completions);
  });

  test("a command may be shortened, and only a move is repeated by an empty line", async () => {
    expect(await denied.say("ev 1")).toBe(await denied.say("events 1"));
    expect((await denied.session.execute("show therapy.rate")).repeats).toBe(true);
    expect((await denied.session.execute("events 1")).repeats).toBe(false);
  });

  test("`help` of a command gives its line, and `id` tells version, scenario, seed and controller", async () => {
    expect(await denied.say("help who")).toMatch(/^who SYMBOL +tell the last write/);
    expect(await denied.say("id")).toMatch(
      /^cistern \S+, process \d+\nscenario {4}A day with breakthrough pain \(.*\)\nseed +7\ncontroller +reference$/,
    );
  });
});

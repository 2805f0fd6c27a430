// Ways to a green that proves nothing, each as its user met it: the program in a process of its own, its exit code and the
// first line of what it says.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import type { RunReport } from "../../emulator/run/report";
import { cisternHere } from "../program";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const pain = join(root, "scenarios", "breakthrough-pain.yaml");
const quiet = join(import.meta.dirname, "quiet.yaml");
const unsteady = join(import.meta.dirname, "unsteady.mjs");
const tiny = join(root, "test", "tiny-controller.mjs");
const small = join(import.meta.dirname, "small.yaml");
const folder = mkdtempSync(join(tmpdir(), "cistern-verdict-"));
const inFolder = (name: string) => join(folder, name);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const cistern = (...args: string[]) => cisternHere(folder, args);

async function reportOf(...args: string[]): Promise<RunReport & { code: number | null }> {
  const { code, out } = await cistern("run", ...args, "--json");
  return { ...(JSON.parse(out) as RunReport), code };
}

/** A scenario of `small.yaml` with more lines. */
function scenario(name: string, ...more: string[]): string {
  writeFileSync(inFolder(name), `${readFileSync(small, "utf8")}${more.join("\n")}\n`);
  return inFolder(name);
}

describe("a run that ended too early", () => {
  test.each(["run", "board", "serve"])(
    "EMU-6: is refused by %s when it would end before its first tick",
    async (command) => {
      const { code, err } = await cistern(command, small, "--until", "0 s", ...(command === "run" ? [] : ["--pty"]));
      expect(code).toBe(2);
      expect(err).toContain("--until: found 0 s, expected more than 0 s");
    },
  );

  test.each(["10 ms", "20 ms", "150 ms"])(
    "EMU-6: proves nothing after %s, which is before the commissioning",
    async (until) => {
      const { code, verdict, reason, invariants } = await reportOf(small, "--until", until);
      expect([code, verdict]).toEqual([4, "invalid"]);
      expect(reason).toBe(`the run ended at ${until} of 2 h before the pump was commissioned`);
      expect(invariants.filter(({ judged }) => judged)).toEqual([]);
    },
  );

  test.each(["leap", "lockstep"])(
    "EMU-6: in %s proves something from the tick after the commissioning on",
    async (gear) => {
      const whole = await reportOf(small, "--until", "1 min", "--gear", gear);
      const accepted = whole.events.find((event) => event.name === "program_accepted")!.tick;
      const verdicts: string[] = [];
      for (let ticks = accepted; ticks < accepted + 6; ticks++) {
        verdicts.push((await reportOf(small, "--until", `${ticks * 10} ms`, "--gear", gear)).verdict);
      }
      expect(verdicts).toEqual([...verdicts].sort());
      expect(new Set(verdicts)).toEqual(new Set(["invalid", "pass"]));
    },
  );

  test("EMU-6: counts the expectations that it did not reach in its reason, as neither judged nor held", async () => {
    const report = await reportOf(pain, "--until", "9 h 10 min");
    expect([report.code, report.verdict]).toEqual([4, "invalid"]);
    expect(report.reason).toBe("the run ended at 9 h 10 min of 1 d, and 3 of 5 expectations were not judged");
    expect(report.expectations.map(({ judged, ok }) => [judged, ok])).toEqual([
      [true, true],
      [false, false],
      [false, false],
      [false, false],
      [true, true],
    ]);
    const { out } = await cistern("run", pain, "--until", "9 h 10 min");
    expect(out).toContain("seen: not judged: the run ended too early (never raised so far)");
  });

  test("EMU-6: judges every expectation that no later tick can change", async () => {
    const file = scenario(
      "early.yaml",
      "expect:",
      "  - { event: { name: bolus_started } }",
      "  - { event: { name: bolus_started, count: 1 } }",
      "  - { event: { name: bolus_started, max: 0 } }",
      "  - { never: { event: bolus_started } }",
      "  - { never: { event: reset } }",
      "  - { alarm: { name: motor_stall, raised: { after: 10 min, within: 10 min } } }",
      "  - { signal: { name: motor.pulses, between: [0 s, 2 h], max: 3 } }",
      "  - { signal: { name: motor.pulses, between: [0 s, 2 h], max: 300 } }",
    );
    const report = await reportOf(file, "--until", "1 h 30 min");
    expect(report.expectations.map(({ judged, ok }) => [judged, ok])).toEqual([
      [true, true],
      [false, false],
      [true, false],
      [true, false],
      [false, false],
      [true, false],
      [true, false],
      [false, false],
    ]);
    expect([report.code, report.verdict]).toEqual([1, "fail"]);
  });
});

test("EMU-6: an alarm that never comes in a whole run is a failed expectation, however long it had time for", async () => {
  const alarms = ["{ name: motor_stall }", "{ name: tube_set, raised: true }", "{ name: eos, raised: { after: 1 h } }"];
  const file = scenario("never-raised.yaml", "expect:", ...alarms.map((alarm) => `  - { alarm: ${alarm} }`));
  const whole = await reportOf(file);
  expect(whole.expectations.map(({ judged, ok }) => [judged, ok])).toEqual(Array(3).fill([true, false]));
  expect([whole.code, whole.verdict]).toEqual([1, "fail"]);
  const early = await reportOf(file, "--until", "1 h 30 min");
  expect(early.expectations.map(({ judged }) => judged)).toEqual(Array(3).fill(false));
  expect(early.code).toBe(4);
});

describe("the headline of a run", () => {
  test("EMU-6: names a failed expectation before a fault that never acted, with times in words", async () => {
    const file = scenario(
      "hidden.yaml",
      "  - { at: 12 min, fault: link, drop: 5 %, for: 12 min }",
      "expect: [{ delivered: { from: 0 s, to: 30 min, volume: 1 mL, within: 1 uL } }]",
    );
    const report = await reportOf(file);
    expect([report.code, report.verdict]).toEqual([1, "fail"]);
    expect(report.reason).toMatch(/^expected delivered 0 s to 30 min: 1 mL within 1 uL; seen: \d/);
    expect(report.findings.map(({ at_s, kind, weight }) => [at_s, kind, weight])).toEqual([
      [1800, "expectation", "fail"],
      [null, "fault", "invalid"],
    ]);
    expect(report.findings[1].text).toBe("the fault link.drop of 12 min never acted");
  });

  test("EMU-6: names a refused prescription before the faults that had nothing to act on", async () => {
    const text = readFileSync(small, "utf8").replace("dose: 1 mg/day }", "dose: 900 mg/day }");
    writeFileSync(inFolder("refused.yaml"), `${text}  - { at: 90 min, fault: motor_stall, for: 5 min }\n`);
    const report = await reportOf(inFolder("refused.yaml"));
    expect([report.code, report.reason]).toEqual([4, "the pump refused the prescription: out_of_range"]);
    expect(report.findings.at(-1)?.text).toBe("the fault motor_stall of 1 h 30 min never acted");
  });

  test("EMU-6: names the first of two failures in time, whatever their order in the file", async () => {
    const file = scenario(
      "order.yaml",
      "expect:",
      "  - { never: { event: bolus_finished } }",
      "  - { never: { event: program_accepted } }",
      "  - { alarm: { name: motor_stall, raised: { after: 10 min, within: 10 min } } }",
    );
    const report = await reportOf(file);
    expect(report.reason).toMatch(/^expected never event program_accepted; seen: /);
    const times = report.findings.map(({ at_s }) => at_s!);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(times[1]).toBe(1200);
  });
});

describe("`cistern run --twice`", () => {
  test("EMU-6: prints the gears, the leapt ticks, and the fingerprints of machine and controller that it compared", async () => {
    const report = await reportOf(pain, "--twice");
    expect([report.code, report.twice?.equal, report.twice?.differ_at_s]).toEqual([0, true, null]);
    const [leap, lockstep] = report.twice!.runs;
    expect([leap.gear, lockstep.gear]).toEqual(["leap", "lockstep"]);
    expect(leap.ticks_leapt).toBeGreaterThan(8_000_000);
    expect(lockstep).toMatchObject({ ticks_executed: 8_640_000, ticks_leapt: 0, machine: report.fingerprint });
    expect(lockstep.controller).toBe(leap.controller);
    const { out } = await cistern("run", pain, "--twice");
    expect(out).toMatch(
      new RegExp(
        `leap      machine ${leap.machine}, controller ${leap.controller}; [\\d,]+ ticks executed, [\\d,]+ leapt`,
      ),
    );
    expect(out).toMatch(/lockstep {2}machine .*; 8,640,000 ticks executed, 0 leapt\n {4}equal\n/);
  });

  test("EMU-6: names the two fingerprints that differ, and the first tick after which they do", async () => {
    const report = await reportOf(quiet, "--twice", "--controller", unsteady);
    const [leap, lockstep] = report.twice!.runs;
    expect([report.code, report.verdict]).toEqual([4, "invalid"]);
    expect(leap.machine).toBe(lockstep.machine);
    expect(leap.controller).not.toBe(lockstep.controller);
    expect(report.reason).toBe(
      `the two gears differ, first after tick 0 (0 s): controller ${leap.controller} in leap and ${lockstep.controller} in lockstep`,
    );
    expect(report.twice!.differ_at_s).toBe(0);
  });

  test("EMU-6: proves nothing for a controller that never leaps, because it is compared with itself", async () => {
    const report = await reportOf(quiet, "--twice", "--controller", tiny);
    expect(report.twice!.equal).toBe(true);
    expect([report.code, report.reason]).toEqual([4, expect.stringContaining("the leap gear never leapt")]);
  });
});

describe("`cistern run --time-limit`", () => {
  test("EMU-6: makes a run that takes longer invalid, and writes its outputs", async () => {
    const text = readFileSync(small, "utf8").replace("duration: 2 h", "duration: 3000 d");
    writeFileSync(inFolder("endless.yaml"), text);
    const outputs = ["late.csv", "late.html", "late.snapshot"];
    const files = ["--trace", outputs[0], "--report", outputs[1], "--save", outputs[2]];
    const report = await reportOf("endless.yaml", "--gear", "lockstep", "--time-limit", "1 s", ...files);
    expect([report.code, report.verdict]).toEqual([4, "invalid"]);
    expect(report.reason).toMatch(/^the time limit of 1 s was over at .* of 3000 d$/);
    for (const file of outputs) expect(readFileSync(inFolder(file), "utf8").length).toBeGreaterThan(1000);
  });

  test.each([
    ["0 s", "expected more than 0 s"],
    ["5", "--time-limit"],
  ])("EMU-3: refuses a limit of %s", async (limit, message) => {
    const { code, err } = await cistern("run", small, "--time-limit", limit);
    expect([code, err]).toEqual([2, expect.stringContaining(message)]);
  });
});

describe("the text of a run on the console", () => {
  test("EMU-6: ends with the last events, all that went wrong and the verdict, in this order", async () => {
    const file = scenario(
      "end.yaml",
      "  - { at: 12 min, fault: link, drop: 5 %, for: 12 min }",
      "expect: [{ never: { event: bolus_started } }, { never: { event: program_accepted } }]",
    );
    const { out } = await cistern("run", file);
    const lines = out.trimEnd().split("\n");
    const [events, wrong] = [/^ {2}events/, /^ {2}went wrong/].map((title) =>
      lines.findIndex((line) => title.test(line)),
    );
    expect(events).toBeGreaterThan(0);
    expect(wrong).toBeGreaterThan(events);
    expect(lines.slice(wrong + 1, wrong + 4).map((line) => line.trim())).toEqual([
      expect.stringMatching(/^180 ms: expected never event program_accepted; seen: /),
      expect.stringMatching(/^1 h 10 ms: expected never event bolus_started; seen: /),
      "the fault link.drop of 12 min never acted",
    ]);
    expect(lines.at(-1)).toMatch(/^FAIL {2}small: expected never event program_accepted; seen: /);
  });

  test("EMU-6: shows the last of many events, and how many there are", async () => {
    const acts = Array.from({ length: 40 }, (_, i) => `  - { at: ${20 + i} min, do: interrogate }`);
    const { out } = await cistern("run", scenario("many.yaml", ...acts.reverse()));
    const { events } = await reportOf(inFolder("many.yaml"));
    expect(out).toContain(`events, the last 30 of ${events.length}: --json has all`);
    expect(out).toContain("bolus_finished");
    expect(out).not.toContain("program_accepted");
    expect(out.trimEnd().split("\n").at(-1)).toBe("PASS  small");
  });
});

// The command line as its users see it: the program itself in a process of its own, its exit codes, what it prints and what
// it writes.

import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import type { RunReport } from "../../emulator/run/report";
import { interrupted } from "./interrupted";
import { compileController, SHIPPED_FLAGS } from "../../scripts/dialect.mjs";
import { cisternHere, cisternIn, cisternPath, type Ended } from "../program";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const scenario = join(root, "scenarios", "breakthrough-pain.yaml");
const quiet = join(root, "test", "cases", "quiet.yaml");
const tiny = join(root, "test", "tiny-controller.mjs");
const folder = mkdtempSync(join(tmpdir(), "cistern-cli-"));
const inFolder = (name: string) => join(folder, name);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const cistern = (args: string[], input = "") => (input === "" ? cisternHere(root, args) : cisternIn(root, args, input));

/** The example scenario with some of its text replaced. */
function variant(name: string, ...changes: [string, string][]): string {
  let text = readFileSync(scenario, "utf8");
  for (const [from, to] of changes) {
    expect(text).toContain(from);
    text = text.replace(from, to);
  }
  writeFileSync(inFolder(name), text);
  return inFolder(name);
}

const reportOf = (result: Ended) => JSON.parse(result.out) as RunReport;

describe("`cistern run`", () => {
  test("prints a verdict and exits with 0 when everything held", async () => {
    const { code, out, err } = await cistern(["run", scenario]);
    expect([code, err]).toEqual([0, ""]);
    expect(out).toContain("A day with breakthrough pain  PASS");
    expect(out).toContain("seen: 37.25 uL");
    expect(out).not.toContain("\x1b[");
  });

  test("prints the published value in one line, and nothing else, with --json", async () => {
    const result = await cistern(["run", scenario, "--json"]);
    expect(result.out.trim().split("\n")).toHaveLength(1);
    const report = reportOf(result);
    expect(Object.keys(report)).toEqual(
      expect.arrayContaining(
        "schema scenario seed controller gear version ended fingerprint delivered tip events alarms expectations invariants faults verdict patient speed".split(
          " ",
        ),
      ),
    );
    const keys = Object.keys(report);
    expect(keys.indexOf("harms")).toBeLessThan(keys.indexOf("delivered"));
    expect(report).toMatchObject({ schema: "cistern.run/1", seed: 7, gear: "leap", verdict: "pass", patient: null });
    expect(report.delivered.by_cause).toMatchObject({ patient_bolus: 5000, clinician_bolus: 0, prime: 0, bridge: 0 });
    expect(report.faults).toEqual([
      { name: "motor_stall", at_s: 43200, until_s: 45000, acted: 9, first_s: expect.closeTo(43200.3, 0) as number },
    ]);
  });

  test("exits with 1 and prints the value that was seen when an expectation fails", async () => {
    const { code, out } = await cistern(["run", variant("fails.yaml", ["volume: 37.5 uL", "volume: 40 uL"])]);
    expect(code).toBe(1);
    expect(out).toMatch(/FAIL {2}delivered 0 s to 9 h: 40 uL[\s\S]*seen: 37.25 uL/);
  });

  test("EMU-4: exits with 4 when a fault never acted, and says which", async () => {
    const file = variant(
      "idle.yaml",
      ["fault: motor_stall, for: 30 min", "fault: guard_dead"],
      ["  - { alarm: { name: motor_stall, raised: { after: 12 h, within: 30 min } } }\n", ""],
    );
    const { code, out } = await cistern(["run", file]);
    expect(code).toBe(4);
    expect(out).toContain("the fault guard_dead of 12 h never acted");
  });

  test.each([
    ["an unknown key", [["seed: 7", "sede: 7"]], /:4:1: .*sede.*seed/],
    ["a bare number", [["fill: 18 mL", "fill: 18"]], /:7:\d+: .*mL/],
    [
      "a field that does not exist",
      [["motor_stall, for: 30 min", "ram_flip, field: therapy.rat, bit: 3"]],
      /:\d+:\d+: .*therapy\.rate/,
    ],
    ["a fault that does not exist", [["motor_stall, for", "motor_stal, for"]], /:\d+:\d+: .*motor_stall/],
    [
      "a refill larger than the reservoir",
      [["at: 9 h, do: patient_bolus", "at: 9 h, do: refill, fill: 20.1 mL"]],
      /:21:34: timeline\[0\]\.fill: expected at most the 20 mL/,
    ],
    [
      "a clock before the calendar",
      [["at: 9 h, do: patient_bolus", "at: 9 h, do: set_clock, to: 1999-12-31T23:59"]],
      /:21:35: timeline\[0\]\.to: .*from 2000/,
    ],
  ] as [string, [string, string][], RegExp][])(
    "EMU-3: exits with 2, a place and no stack for %s",
    async (name, changes, message) => {
      const { code, out, err } = await cistern(["run", variant(`${name}.yaml`, ...changes)]);
      expect([code, out]).toEqual([2, ""]);
      expect(err).toMatch(message);
      expect(err).not.toContain("    at ");
    },
  );

  test.each([
    [["run", "no-such-file.yaml"], 2, /no-such-file\.yaml/],
    [["run"], 2, /scenario/],
    [["run", scenario, "--gear", "third"], 2, /leap, lockstep/],
    [["run", scenario, "--seed", "-1"], 2, /--seed: found -1, expected an integer/],
    [["run", scenario, "--until", "9"], 2, /--until/],
    [["run", scenario, "--until", "30 h"], 2, /--until: found 30 h, expected at most the scenario's 1 d/],
    [["run", scenario, "--trace", "x.fst"], 2, /\.csv or \.vcd/],
    [["run", scenario, "--report", "x.pdf"], 2, /\.html/],
    [["run", scenario, "--controller", "package.json"], 2, /package\.json/],
    [["run", scenario, "--controller", scenario], 2, /cannot load this controller/],
    [["run", scenario, "--from", scenario], 2, /is no snapshot of cistern/],
    [["run", scenario, "--trace", join("no", "such", "folder.csv")], 3, /folder\.csv.*directory does not exist/],
    [["flip"], 2, /flip/],
  ] as [string[], number, RegExp][])("EMU-3: with %j exits with %i", async (args, exit, message) => {
    const { code, err } = await cistern(args);
    expect(code).toBe(exit);
    expect(err).toMatch(message);
    expect(err).not.toContain("    at ");
  });

  test("THR-1: exits as invalid when the pump refuses the prescription, unless that was expected", async () => {
    const file = variant("refused.yaml", ["dose: 1 mg/day }", "dose: 900 mg/day }"]);
    const { code, out } = await cistern(["run", file, "--until", "1 h"]);
    expect(code).toBe(4);
    expect(out).toContain("the pump refused the prescription: out_of_range");
  });

  test("EMU-1: compares the gears with --twice, and finds a pump that differs between them", async () => {
    expect((await cistern(["run", scenario, "--twice"])).code).toBe(0);
    const eager = inFolder("eager.mjs");
    const idle = "idle() { return 1000; } skip(ticks) { this.skipped = (this.skipped ?? 0) + ticks; }";
    writeFileSync(eager, readFileSync(tiny, "utf8").replace("  boot() {", `  ${idle}\n  boot() {`));
    const { code, out } = await cistern(["run", quiet, "--twice", "--controller", eager]);
    expect(code).toBe(4);
    expect(out).toContain("the two gears differ, first after tick");
  });

  test("writes CSV, VCD and a report, and leaves no half-written file", async () => {
    const out = mkdtempSync(join(folder, "out-"));
    const files = ["a.csv", "a.vcd", "a.html"].map((name) => join(out, name));
    const { code } = await cistern(["run", scenario, "--trace", files[0], "--trace", files[1], "--report", files[2]]);
    expect(code).toBe(0);
    expect(readdirSync(out).sort()).toEqual(["a.csv", "a.html", "a.vcd"]);
    expect(readFileSync(files[0], "utf8")).toMatch(/^time_s,tick,signal,value\n[\s\S]*,motor\.pulses,416\n/);
    expect(readFileSync(files[1], "utf8")).toContain("$timescale");
    expect(readFileSync(files[2], "utf8")).toContain("A day with breakthrough pain");
  });

  test("EMU-5: reports the same after it was saved half-way and resumed as without an interruption", async () => {
    const saved = inFolder("half.snapshot");
    const half = await cistern(["run", scenario, "--until", "12 h 10 min", "--save", saved, "--json"]);
    // Half a run has judged half of its expectations.
    expect(half.code).toBe(4);
    const rest = reportOf(await cistern(["run", scenario, "--from", saved, "--json"]));
    const whole = reportOf(await cistern(["run", scenario, "--json"]));
    expect({ ...rest, speed: null }).toEqual({ ...whole, speed: null });
  });

  test("EMU-5, EMU-9: refuses a snapshot with damage, or of another scenario, with 2 and one line", async () => {
    const saved = inFolder("whole.snapshot");
    await cistern(["run", scenario, "--until", "1 h", "--save", saved]);
    expect(statSync(saved).mode & 0o777).toBe(0o600);
    const text = readFileSync(saved, "utf8");
    const refused = async (name: string, content: string, file = scenario) => {
      writeFileSync(inFolder(name), content);
      const { code, err } = await cistern(["run", file, "--from", inFolder(name)]);
      expect([code, err.trim().split("\n").length]).toEqual([2, 1]);
      return err;
    };
    expect(await refused("damaged", text.replace('"tick":', '"tock":'))).toContain("is damaged: its SHA-256");
    expect(await refused("other", text, variant("other.yaml", ["seed: 7", "seed: 8"]))).toContain(
      "was saved with the seed 7, and this run has 8",
    );
  });

  test("exits with 130 at an interrupt, and reports the results so far as interrupted", async () => {
    const long = variant("long.yaml", ["duration: 24 h", "duration: 3000 d"]);
    const program = [cisternPath];
    const { code, out } = await interrupted([...program, "run", long, "--json"], root);
    expect(code).toBe(130);
    const report = JSON.parse(out) as RunReport;
    expect(report).toMatchObject({ verdict: "interrupted", expectations: [] });
    expect(report.ended.tick).toBeGreaterThan(0);
  });
});

describe("`cistern run --controller`", () => {
  test("runs the WebAssembly build in the same machine with the same results", async () => {
    const module = inFolder("controller.wasm");
    writeFileSync(module, await compileController(SHIPPED_FLAGS, { names: false }));
    const wasm = reportOf(await cistern(["run", scenario, "--json", "--controller", module]));
    const reference = reportOf(await cistern(["run", scenario, "--json"]));
    expect(wasm.controller).toBe(module);
    expect(wasm.fingerprint).toBe(reference.fingerprint);
    expect({ ...wasm, controller: "", speed: null }).toEqual({ ...reference, controller: "", speed: null });
  });

  test("runs a tiny controller in lockstep, and sees that it lacks a stall alarm", async () => {
    const result = await cistern(["run", scenario, "--json", "--controller", tiny]);
    const report = reportOf(result);
    expect(result.code).toBe(1);
    expect(report.speed.ticks_leapt).toBe(0);
    expect(report.expectations.map((row) => row.ok)).toEqual([true, false, false, true, true]);
  });

  test("LIM-1: catches a controller that keeps no dose limit by a monitor", async () => {
    const file = variant("tight.yaml", ["volume: 25 uL, window: 1 h", "volume: 2 uL, window: 1 h"]);
    const report = reportOf(await cistern(["run", file, "--json", "--controller", tiny]));
    expect(report.invariants.find((row) => row.id === "LIM-1")).toMatchObject({ ok: false });
  });

  test("proves nothing, and prints no stack trace, when the controller throws", async () => {
    const module = inFolder("throws.mjs");
    writeFileSync(
      module,
      readFileSync(tiny, "utf8").replace("this.accumulator += this.rate;", 'if (this.rate) throw new Error("boom");'),
    );
    const { code, out, err } = await cistern(["run", scenario, "--controller", module]);
    expect([code, err]).toEqual([4, ""]);
    expect(out).toMatch(/the controller failed in tick \d+: boom/);
  });
});

describe("`cistern step`", () => {
  const script = [
    "continue motor.pulses >= 10",
    "show motor.pulses",
    "inject motor_stall",
    "continue event alarm_raised",
    "back 1 h",
    "show alarm.active",
    "events 1",
    "quit",
  ].join("\n");

  test("STP-1: reads a script, echoes it, and prints its answers", async () => {
    const { code, out, err } = await cistern(["step", scenario], script);
    expect([code, err]).toEqual([0, ""]);
    expect(out).toMatch(/motor\.pulses >= 10 holds at 36 min/);
    expect(out).toMatch(/motor\.pulses +10\n/);
    expect(out).toMatch(/event alarm_raised holds at 1 h 1 min/);
    expect(out).toMatch(/alarm\.active +0\n/);
  });

  test("STP-1: ends with the exit code of the last verdict, and 1 after an `expect` that does not hold", async () => {
    const held = await cistern(["step", scenario], "expect motor.pulses == 0\ncontinue\n");
    expect([held.code, held.err]).toEqual([0, ""]);
    const missed = await cistern(["step", scenario], "expect motor.pulses > 0\nstep\n");
    expect([missed.code, missed.err]).toEqual([1, ""]);
    expect(missed.out).toContain("does not hold: motor.pulses > 0\n");
    const broken = await cistern(["step", scenario], "goto 1 h\nset therapy.running 0\ncontinue\n");
    expect([broken.code, broken.err]).toEqual([1, ""]);
  });

  test("EMU-3: stops at the first line that it cannot read, with its number", async () => {
    const { code, err } = await cistern(["step", scenario], "step\nshow nothing.at.all\nstep\n");
    expect(code).toBe(2);
    expect(err).toContain("line 2: no symbol's name contains nothing.at.all");
  });
});

describe("`cistern schema`", () => {
  test("prints the JSON Schema of a scenario", async () => {
    const { code, out } = await cistern(["schema"]);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ type: "object" });
  });
});

describe("the help of", () => {
  test.each(
    [["--help"], ["run", "--help"], ["step", "--help"], ["schema", "--help"], ["--version"]].map((args) => [args]),
  )("%j exits with 0", async (args) => {
    const { code, out } = await cistern(args);
    expect(code).toBe(0);
    expect(out.length).toBeGreaterThan(3);
  });
});

// Traces as their readers meet them: the files of the program, read by sigrok-cli, and the choice of what is in them.

import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { ALARM_ROWS } from "../../emulator/contract/alarms";
import { hasSigrok } from "../machine-here";
import { cisternHere } from "../program";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const pain = join(root, "scenarios", "breakthrough-pain.yaml");
const tiny = join(root, "test", "tiny-controller.mjs");
const folder = mkdtempSync(join(tmpdir(), "cistern-traces-"));
const inFolder = (name: string) => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (...args: string[]) => cisternHere(folder, ["run", ...args]);

/** The names of the signals in a CSV file, and the number of the rows of each. */
function signalsIn(file: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const line of readFileSync(inFolder(file), "utf8").trimEnd().split("\n").slice(1)) {
    const name = line.split(",")[2];
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

test("EMU-11: the VCD of a day is channels in sigrok, one for each alarm and each mode, to the day's last millisecond", async ({
  skip,
}) => {
  skip(!hasSigrok, "sigrok-cli is not installed");
  await run(pain, "--trace", "day.vcd");
  const { stdout } = spawnSync("sigrok-cli", ["-l", "1", "-I", "vcd", "-i", inFolder("day.vcd"), "--show"], {
    encoding: "utf8",
  });
  const channels = [...stdout.matchAll(/^- (.*): logic$/gm)].map(([, name]) => name);
  expect(channels).toEqual(
    expect.arrayContaining([...ALARM_ROWS.map(({ name }) => name), "mode_continuous", "tone_dual", "tripped"]),
  );
  expect(stdout).toContain("Logic sample count: 86400000");
});

describe("--signals", () => {
  test("EMU-11: writes the named signals and symbols of the firmware, and no others, in both formats", async () => {
    const { code } = await run(
      ...[pain, "--until", "2 h", "--trace", "some.csv", "--trace", "some.vcd"],
      ...["--signals", "therapy.rate, motor.*,board.guard.open,event.last"],
    );
    expect(code).toBe(4);
    const names = [...signalsIn("some.csv").keys()];
    expect(names).toEqual(
      expect.arrayContaining(["therapy.rate", "motor.pulses", "motor.inFlight", "board.guard.open", "event.last"]),
    );
    expect(names.filter((name) => !/^(therapy\.rate|motor\..*|board\.guard\.open|event\.last)$/.test(name))).toEqual(
      [],
    );
    const vcd = readFileSync(inFolder("some.vcd"), "utf8");
    expect(vcd).toMatch(/\$var real 64 \w+ rate \$end/);
    expect(vcd).toMatch(/\$var wire 1 \w+ proved \$end/);
    expect(vcd).toMatch(/\$var string 1 \w+ last \$end/);
    expect(vcd).not.toContain("level_nl");
  });

  test("EMU-11: leaves the report whole, which needs signals that the trace does not have", async () => {
    await run(pain, "--until", "2 h", "--trace", "one.csv", "--signals", "therapy.rate", "--report", "one.html");
    await run(pain, "--until", "2 h", "--report", "all.html");
    expect([...signalsIn("one.csv").keys()]).toEqual(["therapy.rate"]);
    const withoutSpeed = (file: string) =>
      readFileSync(inFolder(file), "utf8").replace(/host_s|[\d.,]+ (?:ms|s)\b|[\d,.]+ ?x real/g, "");
    expect(withoutSpeed("one.html").length).toBeGreaterThan(100_000);
    expect(Math.abs(withoutSpeed("one.html").length - withoutSpeed("all.html").length)).toBeLessThan(100);
  });

  test("EMU-11: is the same choice for a controller that runs apart", async () => {
    const args = [pain, "--until", "10 min", "--controller", tiny, "--trace", "tiny.csv"];
    await run(...args, "--signals", "accumulator,motor.pulses");
    const counts = signalsIn("tiny.csv");
    expect([...counts.keys()].sort()).toEqual(["accumulator", "motor.pulses"]);
    expect(counts.get("accumulator")).toBeGreaterThan(10_000);
    const { code, err } = await run(...args, "--signals", "accumulater");
    expect([code, err]).toEqual([
      2,
      "cistern: --signals: no signal or symbol is called accumulater; the nearest known one is accumulator\n",
    ]);
  });

  test("EMU-11: of a run that goes on from a snapshot begins at the snapshot for what was not recorded before", async () => {
    await run(pain, "--until", "1 h", "--save", "an.hour", "--trace", "first.csv", "--signals", "motor.pulses");
    await run(
      ...[pain, "--until", "2 h", "--from", "an.hour", "--trace", "second.csv"],
      ...["--signals", "motor.pulses,motor.pulsesTotal"],
    );
    const rows = readFileSync(inFolder("second.csv"), "utf8").split("\n");
    const firstOf = (name: string) => rows.find((row) => row.split(",")[2] === name);
    expect(firstOf("motor.pulses")).toBe("0.00,0,motor.pulses,0");
    expect(firstOf("motor.pulsesTotal")).toMatch(/^3600\.00,360000,motor\.pulsesTotal,\d+$/);
  });

  test.each([
    ["therapy.rat", "no signal or symbol is called therapy.rat; the nearest known one is therapy.rate"],
    ["motor.pulses,moter.*", "no signal or symbol fits moter.*; the nearest pattern that some fit is motor.*"],
    ["event.lst", "no signal or symbol is called event.lst; the nearest known one is event.last"],
    [
      "therapy.patientBolus.starts",
      "therapy.patientBolus.starts is a list of values; name one of them, for instance therapy.patientBolus.starts[0]",
    ],
    ["motor.pulses,", "found motor.pulses,, expected names of signals, such as motor.*,therapy.rate"],
  ])("EMU-11: refuses %s with the nearest that is known, and writes nothing", async (names, message) => {
    const { code, err } = await run(pain, "--trace", "none.csv", "--signals", names);
    expect([code, err]).toEqual([2, `cistern: --signals: ${message}\n`]);
    expect(existsSync(inFolder("none.csv"))).toBe(false);
  });

  test("EMU-11: is refused without --trace, and for several scenarios", async () => {
    const alone = await run(pain, "--signals", "motor.*");
    expect([alone.code, alone.err]).toEqual([2, "cistern: --signals: found no --trace, whose signals it chooses\n"]);
    const several = await run(pain, join(root, "scenarios", "mri-scan.yaml"), "--signals", "motor.*");
    expect([several.code, several.err]).toEqual([2, "cistern: --signals: found 2 scenarios, expected one\n"]);
  });
});

// `cistern programmer` as its users have it: processes of their own, a pump that `cistern serve` runs on a pseudo-terminal, a
// person who answers or is not there, and what is printed for people and for programs. One pump for all of it, in the order in
// which a clinic would use it. Linux only, like the pseudo-terminal.

import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FRAME_VERSION } from "../../hal/telemetry";
import { hasPty } from "../machine-here";
import { cisternHere, type Ended } from "../program";
import { Desk, root } from "./programmer-run";
import { until } from "../until";

const desk = new Desk();
const clinic = (...args: string[]) => desk.programmer("clinician", ...args);
const patient = (...args: string[]) => desk.programmer("patient", ...args);
const valueOf = (result: Ended) => JSON.parse(result.out) as Record<string, unknown>;

/** 100 uL/day of morphine, as in the scenario that is served, with a change. */
function programFile(name: string, dose: string, drug = "{ name: morphine, concentration: 10 mg/mL }"): string {
  const text = `drugs:\n  - ${drug}\nprescription:\n  basal: { mode: continuous, dose: ${dose} }\n`;
  writeFileSync(desk.file(name), text);
  return desk.file(name);
}

beforeAll(async () => {
  if (hasPty) await desk.serve(join(root, "scenarios", "breakthrough-pain.yaml"));
});
afterAll(() => desk.close());

describe.runIf(hasPty)("the command `pair`", () => {
  test("is named, and the exit code is 2, when a command has no pairing yet", async () => {
    const { code, err } = await clinic("status");
    expect([code, err]).toEqual([
      2,
      `cistern: there is no pairing in ${desk.file("clinician.json")}: \`cistern programmer pair --role clinician\` makes one\n`,
    ]);
  });

  test("is not needed for `version`", async () => {
    expect(valueOf(await clinic("version", "--json"))).toMatchObject({
      schema: "cistern.programmer/1",
      command: "version",
      result: "read",
      exit: 0,
      telemetry: FRAME_VERSION,
    });
  });

  test.each(["clinician", "patient"])("as %s writes a file that only its owner can read", async (role) => {
    const { code, out } = await desk.programmer(role, "pair", "--role", role);
    expect([code, out]).toEqual([0, expect.stringContaining(`Paired as ${role}`)]);
    expect(statSync(desk.file(`${role}.json`)).mode & 0o777).toBe(0o600);
  });

  test("asks before it replaces a pairing, and exits with 2 where nobody answers", async () => {
    const before = readFileSync(desk.file("patient.json"), "utf8");
    expect((await patient("pair", "--role", "patient")).code).toBe(2);
    expect(readFileSync(desk.file("patient.json"), "utf8")).toBe(before);
  });
});

describe.runIf(hasPty)("the commands that read", () => {
  test("`status` writes text to stdout and nothing to stderr", async () => {
    const { code, out, err } = await clinic("status");
    expect([code, err]).toEqual([0, ""]);
    expect(out).toMatch(/^ {2}therapy +continuous$/m);
    expect(out).toMatch(/^ {2}rate +100 uL\/day, 4.17 uL\/h$/m);
    expect(out).toMatch(/^ {2}alarms +none$/m);
    expect(out).not.toContain("\x1b[");
  });

  test("`interrogate --json` prints one value with everything", async () => {
    const value = valueOf(await clinic("interrogate", "--json"));
    expect(value).toMatchObject({
      version: { telemetry: FRAME_VERSION },
      status: { mode: "continuous", head: true, total_24h_nl: 140_000 },
      program: { mode: "continuous", rate: 10_000 },
      usage: { requests: 0, granted: 0, denied: {} },
    });
  });

  test("`read` prints doses with units, lockout, limits, and the largest volume in a day", async () => {
    const { out } = await clinic("read");
    expect(out).toMatch(/basal +100 uL\/day \(1 mg\/day morphine\)/);
    expect(out).toMatch(/patient bolus +5 uL \(50 ug morphine\) over 5 min/);
    expect(out).toMatch(/at most +8 in 24 h: 40 uL \(400 ug morphine\)/);
    expect(out).toMatch(/most in 24 h +140 uL \(1.4 mg morphine\)/);
    expect(out).toMatch(/limit in 24 h +160 uL \(1.6 mg morphine\)/);
  });

  test("`log` prints text for people, or lines of JSON", async () => {
    const { out } = await clinic("log", "--last", "2");
    expect(out.trim().split("\n")).toHaveLength(2);
    expect(out).toContain("session_opened      clinician");
    const { entries } = valueOf(await clinic("log", "--json")) as { entries: { sequence: number }[] };
    expect(entries.map(({ sequence }) => sequence)).toEqual(entries.map((_, i) => i + 1));
  });

  test("`log --follow --json` prints one value a line until it is interrupted, and exits with 130", async () => {
    const running = desk.start("clinician", ["log", "--follow", "--json", "--last", "1"]);
    await until("an entry", () => running.out.includes("\n"));
    running.child.kill("SIGINT");
    const { code, out } = await running.over;
    expect(code).toBe(130);
    for (const line of out.trim().split("\n")) expect(JSON.parse(line)).toHaveProperty("sequence");
  });
});

describe.runIf(hasPty)("the patient's programmer", () => {
  test("gets a bolus with exit code 0, and then an explained denial with exit code 1", async () => {
    expect(await patient("bolus")).toEqual({ code: 0, out: "bolus: accepted. The bolus has begun.\n", err: "" });
    const { code, out, err } = await patient("bolus");
    expect([code, out]).toEqual([1, ""]);
    expect(err).toMatch(/^bolus: the pump refused \(busy\): .+\n {2}What to do: .+\n$/);
    expect(valueOf(await clinic("usage", "--json"))).toMatchObject({ usage: { granted: 1, denied: { busy: 1 } } });
  });

  test("cannot stop the pump, and sees no program", async () => {
    expect((await patient("stop", "--yes")).err).toContain("the pump refused (not_authorised)");
    expect((await patient("interrogate")).out).toContain("not shown to a patient");
  });
});

describe.runIf(hasPty)("a command that acts asks first", () => {
  test("and exits with 2 without --yes and without a terminal, before anything is sent", async () => {
    const { sequence } = JSON.parse(readFileSync(desk.file("clinician.json"), "utf8")) as { sequence: number };
    const commands = [["stop"], ["start"], ["explant"], ["program", programFile("same.yaml", "1 mg/day")]];
    for (const result of await Promise.all(commands.map((args) => clinic(...args)))) {
      expect(result).toEqual({ code: 2, out: "", err: expect.stringContaining("--yes answers") as string });
    }
    expect(JSON.parse(readFileSync(desk.file("clinician.json"), "utf8"))).toMatchObject({ sequence });
  });

  test("and does nothing and exits with 130 after a no at the terminal, and acts after a yes", async () => {
    const no = await desk.atTerminal("clinician", ["stop"], "n");
    expect([no.code, no.err]).toEqual([130, expect.stringContaining("not done, as you said")]);
    expect(valueOf(await clinic("status", "--json"))).toMatchObject({ status: { mode: "continuous" } });
    const yes = await desk.atTerminal("clinician", ["stop"], "y");
    expect([yes.code, yes.err]).toEqual([0, expect.stringContaining("All delivery stops")]);
    expect(valueOf(await clinic("status", "--json"))).toMatchObject({ status: { mode: "stopped" } });
    expect((await clinic("start", "--yes")).code).toBe(0);
  });

  test("and takes a clinician's bolus as a dose, whose volume follows from the pump's own concentration", async () => {
    const value = valueOf(await clinic("bolus", "0.02 mg", "--clinician", "--duration", "10 min", "--yes", "--json"));
    expect(value).toMatchObject({ command: "bolus", exit: 0, volume_nl: 2000, duration_s: 600 });
  });
});

describe.runIf(hasPty)("the command `program`", () => {
  test("names line and column of a mistake in the file, and sends nothing", async () => {
    const { code, err } = await clinic("program", programFile("wrong.yaml", "1 mL/day"), "--yes");
    expect([code, err]).toEqual([2, expect.stringMatching(/wrong\.yaml:4:36: prescription\.basal\.dose: expected/)]);
  });

  test("takes the YAML that `read` wrote, and changes nothing", async () => {
    const { out } = await clinic("read", "--yaml");
    writeFileSync(desk.file("back.yaml"), out);
    const { code, err } = await clinic("program", desk.file("back.yaml"), "--yes");
    expect(code).toBe(0);
    expect(err).toContain("as before");
    expect(err).not.toContain("* ");
    // The clinician's, of ten minutes.
    expect(err).toMatch(/A bolus is running, .+ of 2 uL given: a new program cancels the rest\./);
  });

  test("shows the old and the new program side by side with their totals, and then commits", async () => {
    const { code, out, err } = await clinic("program", programFile("more.yaml", "1.2 mg/day"), "--yes");
    expect(err).toMatch(/\* basal +100 uL\/day \(1 mg\/day morphine\) +120 uL\/day \(1.2 mg\/day morphine\)/);
    expect(err).toContain("24-hour total: 140 uL now, 120 uL new: -14.3 %");
    expect([code, out]).toEqual([0, "program: accepted. In force, with at most 120 uL in 24 h.\n"]);
  });

  test("THR-10: says before the question that a program starts the stopped pump, and nothing of it to a pump that runs", async () => {
    const file = programFile("start.yaml", "1.2 mg/day");
    expect((await clinic("program", file, "--yes")).err).not.toContain("starts it");
    await clinic("stop", "--yes");
    const no = await desk.atTerminal("clinician", ["program", file], "n");
    expect([no.code, no.err]).toEqual([130, expect.stringContaining("The pump is stopped: a new program starts it.")]);
    expect(valueOf(await clinic("status", "--json"))).toMatchObject({ status: { mode: "stopped" } });
    expect((await clinic("program", file, "--yes")).code).toBe(0);
    expect(valueOf(await clinic("status", "--json"))).toMatchObject({ status: { mode: "continuous" } });
  });

  test("LIM-8: needs the doubled total confirmed by name, which --yes alone does not do", async () => {
    const file = programFile("twice.yaml", "3 mg/day");
    const { code, err } = await clinic("program", file, "--yes");
    expect([code, err]).toEqual([1, expect.stringContaining("the pump refused (total_doubled)")]);
    expect((await clinic("program", file, "--yes", "--confirm", "total")).code).toBe(0);
  });

  test("LIM-8: asks each of the pump's questions by itself at a terminal", async () => {
    const file = programFile("soft.yaml", "16 mg/day", "{ name: morphine, concentration: 20 mg/mL }");
    const no = await desk.atTerminal("clinician", ["program", file], "y", "n");
    expect([no.code, no.err]).toEqual([1, expect.stringContaining("The pump asks (soft_limit)")]);
    const yes = await desk.atTerminal("clinician", ["program", file], "y", "y", "y", "y");
    for (const asked of ["soft_limit", "total_doubled", "bridge_needed"]) {
      expect(yes.err).toContain(`The pump asks (${asked})`);
    }
    expect(yes.code).toBe(0);
  });

  test("LIM-9: needs a program that cannot be given confirmed by name, and names the field in words and in --json", async () => {
    const file = desk.file("tight.yaml");
    writeFileSync(
      file,
      `drugs: [{ name: morphine, concentration: 20 mg/mL }]
prescription:
  basal: { mode: continuous, dose: 3 mg/day }
  patient_bolus: { volume: 10 uL, duration: 5 min, lockout: 1 h, per_24h: 1 }
  limits: [{ volume: 8 uL, window: 1 h }]
`,
    );
    const { code, err } = await clinic("program", file, "--yes");
    expect([code, err]).toEqual([
      1,
      expect.stringContaining("the pump refused (tight_limits, for the field limits[0])"),
    ]);
    expect(valueOf(await clinic("program", file, "--yes", "--json"))).toMatchObject({ field: "limits[0]" });
    const asked = await desk.atTerminal("clinician", ["program", file], "y", "n");
    expect(asked.err).toContain("It names the field limits[0].");
    expect((await clinic("program", file, "--yes", "--confirm", "tight-limits")).code).toBe(0);
  });

  test("needs a reason for a soft limit, and refuses an unknown confirmation or reason", async () => {
    const file = desk.file("soft.yaml");
    expect((await clinic("program", file, "--confirm", "soft-limit", "--yes")).err).toContain("needs a --reason");
    expect((await clinic("program", file, "--confirm", "everything", "--yes")).err).toContain('found "everything"');
  });
});

describe.runIf(hasPty)("the commands for the rest of a pump's life", () => {
  test("refuse a refill that differs from the expected volume, which is shown", async () => {
    const { code, err } = await clinic("refill", "--filled", "18 mL", "--aspirated", "2 mL", "--emptied", "--yes");
    expect([code, err]).toEqual([1, expect.stringMatching(/expected (18|17\.99\d*) mL to be left and 2 mL came out/)]);
  });

  test("set the clock, run a self-test and acknowledge an alarm", async () => {
    expect(valueOf(await clinic("clock", "--to", "2026-03-02T09:30", "--yes", "--json"))).toMatchObject({ exit: 0 });
    expect((await clinic("clock")).out).toBe("2026-03-02T09:30\n");
    expect((await clinic("acknowledge", "all", "--yes")).out).toContain("nothing to acknowledge");
    expect((await clinic("acknowledge", "motor_stal", "--yes")).err).toContain("nearest known one is `motor_stall`");
  });

  test("refuse to explant a pump that delivers, and read and write the log of a stopped one first", async () => {
    expect((await clinic("explant", "--yes")).err).toContain("the pump refused (busy)");
    expect((await clinic("stop", "--yes")).code).toBe(0);
    const file = desk.file("log.jsonl");
    expect(await clinic("explant", "--yes", "--log", file)).toMatchObject({ code: 0 });
    const lines = readFileSync(file, "utf8").trim().split("\n");
    expect(lines.map((line) => (JSON.parse(line) as { ring: string }).ring)).toContain("faults");
    expect(valueOf(await clinic("status", "--json"))).toMatchObject({ status: { life: "explanted" } });
    expect((await clinic("start", "--yes")).err).toContain("the pump refused (life_cycle)");
  });
});

test("a mistake in the arguments is reported before any port is opened", async () => {
  const nowhere = ["--serial", desk.file("nowhere"), "--pairing", desk.file("none.json"), "--yes"];
  const wrong: [args: string[], said: string][] = [
    [["bolus", "5 uL"], "needs --clinician"],
    [["bolus", "5", "--clinician", "--duration", "1 min"], "bare number"],
    [["prime", "5 mg"], "expected a volume"],
    [["refill", "--filled", "18 mL"], "--aspirated is missing"],
    [["pair", "--role", "surgeon"], "expected clinician, patient, observer"],
    [["clock", "--to", "noon"], "--to: found"],
    [["version"], "there is no port"],
  ];
  const results = await Promise.all(wrong.map(([args]) => cisternHere(root, ["programmer", ...args, ...nowhere])));
  wrong.forEach(([args, said], i) => {
    expect(results[i]).toEqual({
      code: args[0] === "version" ? 3 : 2,
      out: "",
      err: expect.stringContaining(said) as string,
    });
  });
  expect(existsSync(desk.file("none.json"))).toBe(false);
});

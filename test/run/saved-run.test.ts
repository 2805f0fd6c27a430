// Snapshot files: what is read back is what was written, and a file that is damaged, crafted or of something else is refused in
// one line before any of it is used.

import { createHash } from "node:crypto";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FileError } from "../../emulator/file";
import { loadController, referenceController, type ControllerFactory } from "../../emulator/machine/controller-host";
import { ScenarioRun } from "../../emulator/run/run";
import { resumeFrom, textOfSavedRun, writeSavedRun } from "../../emulator/run/saved-run";
import { parseScenario } from "../../emulator/scenario/load";
import { ScenarioError } from "../../emulator/scenario/scenario";
import { buildDigest, VERSION } from "../../emulator/version";
import { IS_PROOF, runs } from "../effort";

const folder = mkdtempSync(join(tmpdir(), "cistern-saved-run-"));
const path = join(folder, "file.snapshot");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SCENARIO = `
name: two boluses
duration: 3 h
pump: { fill: 18 mL }
drugs: [{ name: morphine, concentration: 10 mg/mL }]
prescription:
  basal: { mode: continuous, rate: 480 uL/day }
  patient_bolus: { volume: 5 uL, duration: 5 min, lockout: 30 min, per_24h: 8 }
timeline:
  - { at: 20 min, do: patient_bolus }
  - { at: 90 min, do: patient_bolus }
expect:
  - { delivered: { from: 0 s, to: 1 h, volume: 25 uL, within: 1 uL } }
  - { signal: { name: motor.pulses, between: [0 s, 2 h], min: 0, max: 400 } }
`;

function runOf(controller: ControllerFactory = referenceController, text = SCENARIO, tracks = true): ScenarioRun {
  return new ScenarioRun(parseScenario(text, "two.yaml"), { gear: "leap", controller, tracks });
}

/** A run after an hour and a half, in the middle of a bolus. */
function halfway(controller?: ControllerFactory): ScenarioRun {
  const run = runOf(controller);
  run.advance(91 * 6000);
  return run;
}

let whole = "";
beforeAll(() => {
  whole = textOfSavedRun(halfway());
});

/** The refusal of a file with this content, and nothing when it is taken. A refusal must leave the run as it was. */
function refusalOf(content: string | Uint8Array, run = runOf()): string | null {
  writeFileSync(path, content);
  const before = [run.machine.tick, run.machine.fingerprint(), run.machine.controllerFingerprint()];
  try {
    resumeFrom(path, run);
    return null;
  } catch (error) {
    expect(error).toBeInstanceOf(ScenarioError);
    expect([run.machine.tick, run.machine.fingerprint(), run.machine.controllerFingerprint()]).toEqual(before);
    const { message } = error as ScenarioError;
    expect(message.split("\n")).toHaveLength(1);
    return message;
  }
}

type Json = Record<string, unknown>;

/** The file with its body changed and its digest made anew, as somebody would who wants it to be read. */
function crafted(change: (body: { run: Json & { machine: Json; watch: Json } } & Json) => void): string {
  const body = JSON.parse(whole.split("\n")[1]) as { run: Json & { machine: Json; watch: Json } };
  change(body);
  const line = `${JSON.stringify(body)}\n`;
  return `{"schema":"cistern.snapshot/4","sha256":"${createHash("sha256").update(line).digest("hex")}"}\n${line}`;
}

test("EMU-5: a run that continues from its file ends as one that was never saved", () => {
  const resumed = runOf();
  writeFileSync(path, whole);
  resumeFrom(path, resumed);
  const uninterrupted = runOf();
  for (const run of [resumed, uninterrupted]) run.advance(run.end_ticks);
  expect({ ...resumed.report(0), speed: null }).toEqual({ ...uninterrupted.report(0), speed: null });
  expect(resumed.signalTracks()).toEqual(uninterrupted.signalTracks());
});

describe("EMU-9: damage", () => {
  const file = () => Buffer.from(whole);
  let run: ScenarioRun;
  beforeAll(() => {
    run = runOf();
  });

  test("a flipped bit in any byte of the first line is refused", () => {
    const end = whole.indexOf("\n") + 1;
    for (let byte = 0; byte < end; byte++) {
      for (const bit of IS_PROOF ? [0, 1, 2, 3, 4, 5, 6, 7] : [byte & 7]) {
        const bytes = file();
        bytes[byte] ^= 1 << bit;
        expect([byte, bit, refusalOf(bytes, run)]).not.toEqual([byte, bit, null]);
      }
    }
  });

  // 2,000 bits in `npm run prove`.
  test("of bits flipped anywhere in the file none is accepted", () => {
    const size = file().length;
    fc.assert(
      fc.property(fc.nat(size * 8 - 1), (bit) => {
        const bytes = file();
        bytes[bit >> 3] ^= 1 << (bit & 7);
        expect(refusalOf(bytes, run)).not.toBeNull();
      }),
      { numRuns: runs(1000) },
    );
  });

  test.each([
    ["that is empty", () => "", /is no snapshot of cistern/],
    ["that is a scenario", () => SCENARIO, /is no snapshot of cistern/],
    ["of the first line alone", () => whole.slice(0, whole.indexOf("\n") + 1), /is damaged: its SHA-256/],
    ["without a line's end", () => whole.slice(0, 40), /first line is damaged|is damaged/],
    ["that was cut", () => whole.slice(0, 5000), /is damaged: its SHA-256/],
    ["with something after its end", () => `${whole} `, /is damaged: its SHA-256/],
    ["of the first format", () => '{"schema":"cistern.snapshot/1","version":"0.1.0"}', /a snapshot of format 1/],
  ])("a file %s is refused", (_, content, expected) => {
    expect(refusalOf(content())).toMatch(expected);
  });

  test("a file that is not there is refused with the reason", () => {
    expect(() => resumeFrom(join(folder, "none"), runOf())).toThrow(/none: cannot be read/);
  });
});

describe("EMU-3, EMU-9: a crafted file with a right digest", () => {
  const state = (body: { run: { machine: Json } }, which: "machine" | "controller") =>
    body.run.machine[which] as { scalars: { base64: string }; arrays: { type: string; base64: string }[] };
  const numbers = (...values: number[]) => Buffer.from(new Float64Array(values).buffer).toString("base64");
  const withScalar = (which: "machine" | "controller", value: number) =>
    crafted((body) => {
      const { scalars } = state(body, which);
      const bytes = Buffer.from(scalars.base64, "base64");
      bytes.writeDoubleLE(value, 0);
      scalars.base64 = bytes.toString("base64");
    });

  test("that changes nothing is read, so the cases below are refused for their change", () => {
    expect(refusalOf(crafted(() => undefined))).toBeNull();
  });

  test.each<[string, () => string]>([
    ["a tick at the end of all numbers", () => crafted((body) => (body.run.machine["tick"] = Number.MAX_SAFE_INTEGER))],
    ["a tick after the end of the run", () => crafted((body) => (body.run.machine["tick"] = 4 * 360_000))],
    ["a negative tick", () => crafted((body) => (body.run.machine["tick"] = -1))],
    ["counts that do not add up", () => crafted((body) => (body.run.machine["leapt"] = 1))],
    ["a text for a number", () => crafted((body) => (body.run.machine["executed"] = "1"))],
    ["no monitors", () => crafted((body) => (body.run.watch["monitors"] = []))],
    [
      "a monitor too many",
      () => crafted((body) => (body.run.watch["monitors"] as Json[]).push({ books: {}, brokenAt: null })),
    ],
    [
      "a monitor with other books",
      () => crafted((body) => ((body.run.watch["monitors"] as Json[])[0]["books"] = { times: 5 })),
    ],
    [
      "a monitor that broke in the future",
      () => crafted((body) => ((body.run.watch["monitors"] as Json[])[0]["brokenAt"] = 1e9)),
    ],
    ["an event in the future", () => crafted((body) => (body.run["events"] as number[][]).push([1e9, 1, 0, 0, 0]))],
    ["events out of order", () => crafted((body) => (body.run["events"] as number[][]).reverse())],
    ["an event of another length", () => crafted((body) => (body.run["events"] as number[][])[0].pop())],
    ["no probes", () => crafted((body) => (body.run["probes"] = []))],
    ["a probe of the past that is missing", () => crafted((body) => (body.run["probes"] as unknown[]).shift())],
    [
      "a probe of the future",
      () => crafted((body) => (body.run["probes"] as { tick: number }[]).forEach((probe) => (probe.tick = 1e9))),
    ],
    ["probes out of order", () => crafted((body) => (body.run["probes"] as unknown[]).reverse())],
    ["another timeline", () => crafted((body) => ((body["before"] as { timeline: unknown[] }).timeline = []))],
    ["other settings", () => crafted((body) => ((body["before"] as { settings: unknown }).settings = {}))],
    ["no ranges", () => crafted((body) => (body.run["ranges"] = []))],
    [
      "a track with fewer values than ticks",
      () => crafted((body) => (body.run["tracks"] as { values: number[] }[])[0].values.pop()),
    ],
    ["a key that is unknown", () => crafted((body) => (body.run["more"] = 1))],
    ["a state of no fields", () => crafted((body) => (state(body, "machine").scalars.base64 = ""))],
    [
      "a state of one field too many",
      () => crafted((body) => (state(body, "controller").scalars.base64 += numbers(1))),
    ],
    ["half a number", () => crafted((body) => (state(body, "machine").scalars.base64 = "AAAA"))],
    ["an array that is missing", () => crafted((body) => state(body, "machine").arrays.pop())],
    ["an array of another length", () => crafted((body) => (state(body, "machine").arrays[0].base64 = ""))],
    ["an array of another type", () => crafted((body) => (state(body, "machine").arrays[0].type = "Float64Array"))],
    ["an infinite number in the world", () => withScalar("machine", Infinity)],
    ["no number in the world", () => withScalar("machine", NaN)],
    ["a fraction in the firmware", () => withScalar("controller", 0.5)],
    ["a number of 33 bits in the firmware", () => withScalar("controller", 2 ** 32)],
    ["another build", () => crafted((body) => (body["build"] = "0".repeat(64)))],
    ["another version", () => crafted((body) => (body["version"] = "0.0.9"))],
    ["a body that is null", () => `${crafted(() => undefined).split("\n")[0]}\nnull\n`],
  ])("and %s is refused", (_, make) => {
    expect(refusalOf(make())).not.toBeNull();
  });

  test("the refusal of another version or build names it", () => {
    expect(refusalOf(crafted((body) => (body["version"] = "0.0.9")))).toContain(
      `was saved by cistern 0.0.9; this is ${VERSION}`,
    );
    expect(refusalOf(crafted((body) => (body["build"] = "0".repeat(64))))).toContain("another build");
    expect(buildDigest()).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe("EMU-5: what a file belongs to", () => {
  test("another seed, or another scenario, is refused", () => {
    writeFileSync(path, whole);
    const other = runOf(referenceController, SCENARIO.replace("480 uL/day", "481 uL/day"));
    expect(() => resumeFrom(path, other)).toThrow(/prescription\.rate is not as it was in the snapshot's run/);
    const scenario = parseScenario(SCENARIO, "two.yaml");
    const seeded = new ScenarioRun(scenario, { gear: "leap", controller: referenceController, tracks: false, seed: 8 });
    expect(() => resumeFrom(path, seeded)).toThrow(/was saved with the seed 1, and this run has 8/);
  });

  test("a controller is known by its bytes: an edit is refused, and a copy under another name is taken", async () => {
    const source = (step: number) =>
      `class Counts { constructor(hal) { this.hal = hal; this.n = 0; } boot() {} tick() { this.n += ${step}; this.hal.watchdog.kick(); } }
       export const createController = (hal) => new Counts(hal);`;
    const file = (name: string, text: string) => {
      writeFileSync(join(folder, name), text);
      return loadController(join(folder, name));
    };
    const saved = textOfSavedRun(halfway(await file("a.mjs", source(1))));
    expect(refusalOf(saved, runOf(await file("copy.mjs", source(1))))).toBeNull();
    expect(refusalOf(saved, runOf(await file("a.mjs", source(2))))).toMatch(
      /was saved with another controller than this run has/,
    );
  });
});

describe("EMU-9: writing a snapshot", () => {
  test("the file is for its owner alone, also where a wider one was", () => {
    const run = runOf();
    const file = join(folder, "private.snapshot");
    writeSavedRun(file, textOfSavedRun(run));
    expect(statSync(file).mode & 0o777).toBe(0o600);
    chmodSync(file, 0o644);
    writeSavedRun(file, textOfSavedRun(run));
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test("a file that is no snapshot is not replaced", () => {
    const file = join(folder, "letter.txt");
    writeFileSync(file, "dear all");
    const names = readdirSync(folder);
    expect(() => writeSavedRun(file, textOfSavedRun(runOf()))).toThrow(FileError);
    expect(() => writeSavedRun(file, textOfSavedRun(runOf()))).toThrow(/the file there is no snapshot/);
    expect([readFileSync(file, "utf8"), readdirSync(folder)]).toEqual(["dear all", names]);
    writeFileSync(file, "");
    writeSavedRun(file, textOfSavedRun(runOf()));
    expect(statSync(file).size).toBeGreaterThan(1000);
  });
});

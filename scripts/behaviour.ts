// Records the behaviour of the pump, to prove that a change of the code's structure changes nothing else:
//
//   npx tsx scripts/behaviour.ts write FILE      records the behaviour
//   npx tsx scripts/behaviour.ts check FILE      records it again and prints every difference; the exit code is 1 if there is one
//
// A recording has a line for each file in scenarios/, for each of 300 generated scenarios (fixed seeds; every mode, fault and
// command; every tenth in lockstep) and for each file of golden vectors. A line of a scenario has the fingerprint and, beside
// it, digests that do not depend on the order of the state: of every traced event and reset, every pulse with its tick, every
// telemetry byte with its tick, and the non-volatile memory at the end. `check --without-fingerprint` compares these alone, for
// a change that must change the fingerprint. The line of the golden telemetry has the digest of what a pump answers to the
// conversation's frames, and the line of the hal wire's vectors those of the bytes and of the values that its coders make of
// them.

import { createHash, type Hash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { arbitraries } from "../emulator/campaign/arbitraries";
import { loadScenario } from "../emulator/scenario/load";
import { referenceController } from "../emulator/machine/controller-host";
import { ScenarioRun } from "../emulator/run/run";
import type { Scenario } from "../emulator/scenario/scenario";
import { decodeVector, encodeVector, halWireVectors } from "../test/hal-wire/vector";
import { answerOf, bytes, hex, pumpOfTheVectors, telemetryVectors } from "../test/telemetry/vector";

const GENERATED = 300;
const SEED = 20_261_127;
const HOURS = 30;
const ROOT = join(import.meta.dirname, "..");

/** One line of a recording: digests by name. */
type Line = Record<string, string | number>;
type Recording = Record<string, Line>;

function digest(hash: Hash): string {
  return hash.digest("hex").slice(0, 16);
}

/** Runs a scenario to its end. */
function lineOf(scenario: Scenario, gear: "leap" | "lockstep"): Line {
  const run = new ScenarioRun(scenario, { gear, controller: referenceController, tracks: false });
  const { machine } = run;
  const { motor, link, nvm } = machine.board;
  const [events, pulses, bytes] = [createHash("sha256"), createHash("sha256"), createHash("sha256")];
  let lastPulses = motor.pulses;
  let lastHistory = link.history;
  const inner = machine.listener;
  machine.listener = {
    event: (code, a, b, c) => {
      events.update(`${machine.tick} ${code} ${a} ${b} ${c}\n`);
      inner?.event(code, a, b, c);
    },
    reset: (cause) => {
      events.update(`${machine.tick} reset ${cause}\n`);
      inner?.reset(cause);
    },
    ticked: () => {
      if (motor.pulses !== lastPulses) pulses.update(`${machine.tick} ${motor.pulses}\n`);
      if (link.history !== lastHistory) bytes.update(`${machine.tick} ${link.history}\n`);
      lastPulses = motor.pulses;
      lastHistory = link.history;
      inner?.ticked();
    },
  };
  run.advance(run.end_ticks);
  const report = run.report(0);
  return {
    fingerprint: report.fingerprint,
    verdict: report.verdict,
    events: digest(events),
    pulses: digest(pulses),
    pulse_count: motor.pulses,
    bytes: digest(bytes),
    nvm: digest(createHash("sha256").update(nvm.bytes)),
    expectations: report.expectations.map((each) => (each.ok ? "+" : "-")).join(""),
  };
}

function record(): Recording {
  const recording: Recording = {};
  for (const file of readdirSync(join(ROOT, "scenarios")).sort()) {
    if (!file.endsWith(".yaml")) continue;
    recording[`scenarios/${file}`] = lineOf(loadScenario(join(ROOT, "scenarios", file)), "leap");
  }
  const generated = fc.sample(arbitraries.scenario({ faults: true, hours: HOURS }), { numRuns: GENERATED, seed: SEED });
  generated.forEach((scenario, i) => {
    const digestOfIt = digest(createHash("sha256").update(JSON.stringify(scenario)));
    recording[`generated ${i}`] = { scenario: digestOfIt, ...lineOf(scenario, i % 10 === 0 ? "lockstep" : "leap") };
  });
  recording["vectors/hal-wire.json"] = halWireLine();
  recording["vectors/telemetry.json"] = telemetryLine();
  return recording;
}

/** Encodes and decodes the golden vectors of the hal wire. */
function halWireLine(): Line {
  const [encoded, decoded] = [createHash("sha256"), createHash("sha256")];
  for (const vector of halWireVectors()) {
    const { plain, wire } = encodeVector(vector);
    encoded.update(`${plain} ${wire}\n`);
    decoded.update(`${JSON.stringify(decodeVector(vector.wire))}\n`);
  }
  return { encoded: digest(encoded), decoded: digest(decoded) };
}

/** Sends a pump every frame of the golden conversation, in order. */
function telemetryLine(): Line {
  const machine = pumpOfTheVectors();
  const answers = createHash("sha256");
  for (const { to, wait_ticks, head } of telemetryVectors().exchanges) {
    answers.update(`${hex(answerOf(machine, bytes(to.air), wait_ticks, head))}\n`);
  }
  return { answers: digest(answers), fingerprint: machine.fingerprint() };
}

function differences(was: Recording, is: Recording, skip: readonly string[]): string[] {
  const names = new Set([...Object.keys(was), ...Object.keys(is)]);
  return [...names].flatMap((name) => {
    const fields = new Set([...Object.keys(was[name] ?? {}), ...Object.keys(is[name] ?? {})]);
    const apart = [...fields].filter((field) => !skip.includes(field) && was[name]?.[field] !== is[name]?.[field]);
    return apart.length > 0 ? [`${name}: ${apart.join(", ")}`] : [];
  });
}

const [verb, file, ...flags] = process.argv.slice(2);
if ((verb !== "write" && verb !== "check") || file === undefined) {
  process.stderr.write("usage: behaviour.ts write FILE | check FILE [--without-fingerprint]\n");
  process.exit(2);
}
const recording = record();
if (verb === "write") writeFileSync(file, `${JSON.stringify(recording, null, 1)}\n`);
else {
  const was = JSON.parse(readFileSync(file, "utf8")) as Recording;
  const found = differences(was, recording, flags.includes("--without-fingerprint") ? ["fingerprint"] : []);
  for (const each of found) process.stdout.write(`${each}\n`);
  process.stdout.write(`${Object.keys(recording).length} lines, ${found.length} differ\n`);
  if (found.length > 0) process.exitCode = 1;
}

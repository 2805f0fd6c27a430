// `cistern serve` with a controller that is not ours: the pump is in a child process, and its users see no difference until the
// controller breaks its contract.

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { openSerial } from "../../emulator/port/port";
import { TelemetryClient } from "../../emulator/programmer/client";
import type { ServeReport } from "../../emulator/rig/serve-report";
import type { RunReport } from "../../emulator/run/report";
import { ROLE_OBSERVER } from "../../hal/telemetry";
import { CASES, controllerFile } from "../cases/compiled";
import { hasPty } from "../machine-here";
import { cisternHere, cisternPath } from "../program";
import { until } from "../until";
import { whenFree } from "../when-free";

const root = join(import.meta.dirname, "..", "..");
const scenario = join(root, "scenarios", "breakthrough-pain.yaml");
const quiet = join(CASES, "quiet.yaml");
const folder = mkdtempSync(join(tmpdir(), "cistern-serve-apart-"));
const children: ChildProcess[] = [];
/** The reference firmware as somebody else's controller. */
const foreign = join(folder, "foreign.ts");
writeFileSync(
  foreign,
  `export { createController } from ${JSON.stringify(join(root, "firmware", "controller.ts"))};\n`,
);

afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const serve = (...args: string[]) => cisternHere(root, ["serve", ...args, "--pty"]);

describe.runIf(hasPty)("EMU-7: `serve` with a controller that is not ours", () => {
  test("EMU-1: has the fingerprint of the same firmware in one process at the same tick", async () => {
    const options = [scenario, "--until", "10 h", "--seed", "7", "--json"];
    const [served, ran] = await Promise.all([
      serve("--speed", "max", "--controller", foreign, ...options),
      cisternHere(root, ["run", ...options]),
    ]);
    const report = JSON.parse(served.out) as ServeReport;
    expect([served.code, report.verdict, report.findings]).toEqual([0, "pass", []]);
    expect(report.fingerprint).toBe((JSON.parse(ran.out) as RunReport).fingerprint);
  });

  test.each([
    ["loops-in-a-tick.mjs", "the controller did not return from tick 499 within 1 s"],
    ["exits-zero.mjs", "the controller failed in tick 99: it ended the process: process.exit(0)"],
    ["kills-itself.mjs", "its process was ended by SIGKILL"],
    ["leaves-a-timer.mjs", "the controller left a timer open in"],
    ["replaces-math-in-a-tick.mjs", "the controller changed the language around it in the ticks"],
    ["module-variable.mjs", "the controller keeps state in the variable ticks"],
  ])("EMU-6: is invalid when the controller breaks its contract: %s", async (name, why) => {
    const until = ["--until", "20 s", "--speed", "max"];
    const { code, out } = await serve(quiet, "--controller", controllerFile(name), ...until, "--json");
    const report = JSON.parse(out) as ServeReport;
    expect([code, report.verdict]).toEqual([4, "invalid"]);
    expect(report.reason).toContain(why);
    expect(report.findings[0]).toMatchObject({ kind: "controller", weight: "invalid" });
  });

  test("refuses a controller that cannot be loaded in one line, before it makes a port", async () => {
    const { code, out, err } = await serve(quiet, "--controller", controllerFile("private-field.mjs"));
    expect([code, out]).toEqual([2, ""]);
    expect(err.trim().split("\n")).toHaveLength(1);
    expect(err).toContain("it keeps state in the private field #ticks");
  });

  test("takes the controller of the scenario, carries bytes and control lines, and ends at `quit`", async () => {
    const [own, socket] = [join(folder, "own.yaml"), join(folder, "control")];
    writeFileSync(own, `controller: ${foreign}\n${readFileSync(scenario, "utf8")}`);
    const child = spawn(process.execPath, [cisternPath, "serve", own, "--pty", "--control", socket, "--json"], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    children.push(child);
    const seen = { out: "", err: "" };
    child.stdout.on("data", (bytes: Buffer) => (seen.out += bytes.toString()));
    child.stderr.on("data", (bytes: Buffer) => (seen.err += bytes.toString()));
    const over = new Promise<number | null>((resolve) => child.once("close", resolve));
    await until("the paths are printed", () => /^control \S+$/m.test(seen.err));
    const port = await whenFree(() => openSerial(/^(\/\S+)$/m.exec(seen.err)![1], 115_200));
    const pairing = await new TelemetryClient(port).pair(ROLE_OBSERVER);
    expect(pairing.kind).toBe("paired");
    await port.close();
    // Lines that are sent in one piece are carried out one after the other, and time passes between them: the watchdog bites a second
    // after the hang, when somebody waits for it.
    const wait = "wait event reset within 10 s";
    const answers = await asked(socket, [
      "watch events",
      "status",
      "wait 1 s",
      "inject hang",
      wait,
      "nonsense",
      "quit",
    ]);
    expect(await over).toBe(0);
    expect(answers.filter((each) => "ok" in each).map((each) => each["ok"])).toEqual([
      ...[true, true, true, true, true, false, true],
    ]);
    expect(answers.some((each) => "event" in each)).toBe(true);
    const report = JSON.parse(seen.out) as ServeReport;
    expect(report).toMatchObject({ controller: foreign, ended: { by: "quit" }, verdict: "pass" });
    expect(report.port).toMatchObject({ rx_frames: 2, tx_frames: 2, rx_dropped: 0, tx_dropped: 0, queued: 0 });
  });

  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)("EMU-9: ends in order at %s, with its snapshot", async (signal, expected) => {
    const file = join(folder, `${signal}.snapshot`);
    const child = spawn(
      process.execPath,
      [cisternPath, "serve", scenario, "--pty", "--controller", foreign, "--save", file],
      { stdio: ["ignore", "pipe", "ignore"] },
    );
    children.push(child);
    const over = new Promise<number | null>((resolve) => child.once("close", resolve));
    await new Promise((resolve) => child.stdout.once("data", resolve));
    child.kill(signal);
    expect(await over).toBe(expected);
    expect(readFileSync(file, "utf8")).toMatch(/^\{"schema":"cistern.snapshot/);
  });
});

/** Sends requests to a control socket in one piece, and returns all that it answers and pushes. */
async function asked(path: string, lines: readonly string[]): Promise<Record<string, unknown>[]> {
  let text = "";
  const socket = connect(path);
  socket.on("data", (bytes: Buffer) => (text += bytes.toString()));
  socket.write(lines.map((line) => `${line}\n`).join(""));
  await new Promise((resolve) => socket.once("close", resolve));
  const answers = text.trim().split("\n");
  return answers.map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe.runIf(hasPty)("EMU-6: a service is judged as every run is", () => {
  test("--junit and --time-limit: past the limit it proves nothing, and each expectation is skipped", async () => {
    const file = join(folder, "junit.xml");
    const { code, out } = await serve(scenario, "--time-limit", "1 s", "--junit", file, "--json");
    const report = JSON.parse(out) as ServeReport;
    expect([code, report.ended.by, report.verdict]).toEqual([4, "limit", "invalid"]);
    expect(report.reason).toMatch(/^the time limit of 1 s was over at /);
    const xml = readFileSync(file, "utf8");
    expect(xml).toContain('<error message="the time limit of 1 s was over at');
    expect(xml.match(/name="expectation [^>]*>\s*<skipped/g)).toHaveLength(5);
  });

  test("one that ends before its pump is commissioned is invalid", async () => {
    const { code, out } = await serve(scenario, "--until", "100 ms");
    expect(code).toBe(4);
    expect(out).toContain("  the run ended at 100 ms of 100 ms before the pump was commissioned\n");
  });

  test("HIL-5: a class of calls outside of the contract makes it invalid unless it is allowed", async () => {
    const none = join(root, "examples", "minimal-controller", "steady.yaml");
    const options = [none, "--controller", controllerFile("outside.mjs"), "--until", "1 min", "--speed", "max"];
    const [refused, allowed] = await Promise.all([
      serve(...options),
      serve(...options, "--allow", "addresses,slots,counts,pulses,free"),
    ]);
    expect([refused.code, allowed.code]).toEqual([4, 0]);
    expect(refused.out).toContain("2 calls of the controller outside of the contract (addresses)");
    expect(allowed.out).toContain("addresses: 2, the first to nvm.write at 1 s (allowed)");
  });
});

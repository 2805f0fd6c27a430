// The build of the machine that a command takes: the one module beside the program, or TypeScript, which the environment, a debugger or a
// missing module asks for. Both give the same report; a module of another build is refused.

import { execFile } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { CampaignReport } from "../../emulator/campaign/campaign-report";
import type { CohortReport } from "../../emulator/run/cohort-report";
import type { RunReport } from "../../emulator/run/report";
import { ROOT } from "../../scripts/sources.mjs";
import { bundles, cisternHere, cisternIn, type Ended } from "../program";

const QUIET = "test/cases/quiet.yaml";
const TYPESCRIPT = { CISTERN_MACHINE: "typescript" };
/** Beside the folder of the bundles, so that its programs find their dependencies. */
const folder = mkdtempSync(join(dirname(bundles), "cistern-other-"));
const wasm = join(folder, "machine.wasm");

afterAll(() => rmSync(folder, { recursive: true, force: true }));

for (const name of ["cistern.cjs", "cistern.cjs.code", "cistern.js", "run-bundle.cjs"]) {
  copyFileSync(join(bundles, name), join(folder, name));
}

/** Runs the copy of the program, or with `node` the program itself under these options of Node. */
function ran(args: readonly string[], more: Record<string, string> = {}, node: readonly string[] = []): Promise<Ended> {
  const program = join(node.length > 0 ? bundles : folder, "cistern.js");
  const env = { ...process.env, NO_COLOR: "1", ...more };
  return new Promise((resolve) => {
    execFile(process.execPath, [...node, program, ...args], { cwd: ROOT, env }, (error, out, err) =>
      resolve({ code: error ? ((error.code ?? null) as number | null) : 0, out, err }),
    );
  });
}

const both = async (...args: string[]) => [
  await cisternHere(ROOT, [...args, "--json"], { CISTERN_MACHINE: "" }),
  await cisternHere(ROOT, [...args, "--json"], TYPESCRIPT),
];
const reportOf = <T>({ out }: Ended) => JSON.parse(out) as T;

describe("EMU-1: the one module is the machine of a command, and TypeScript comes to the same", () => {
  test("of `run`, which says so in its report and in its text", async () => {
    const [one, other] = (await both("run", "scenarios/breakthrough-pain.yaml")).map((ended) =>
      reportOf<RunReport>(ended),
    );
    expect(one.speed).toMatchObject({ machine: "module", reason: null });
    expect(other.speed).toMatchObject({ machine: "typescript", reason: "CISTERN_MACHINE asks for it" });
    expect({ ...one, speed: null }).toEqual({ ...other, speed: null });
    const { out } = await cisternHere(ROOT, ["run", QUIET]);
    expect(out).toMatch(/controller reference, machine module, fingerprint [0-9a-f]{16}\n/);
    const { out: text } = await cisternHere(ROOT, ["run", QUIET], TYPESCRIPT);
    expect(text).toContain("machine typescript (CISTERN_MACHINE asks for it), fingerprint");
  });

  test("of `check`", async () => {
    const [one, other] = (await both("check", "--runs", "4", "--seed", "5")).map((ended) =>
      reportOf<CampaignReport>(ended),
    );
    expect([one.machine, other.machine]).toEqual(["module", "typescript"]);
    const plain = { machine: "", host_s: 0, core_s: 0 };
    expect({ ...one, ...plain }).toEqual({ ...other, ...plain });
    expect(one.cases).toBe(4);
  });

  test("of `cohort`", async () => {
    const [one, other] = (
      await both("cohort", "scenarios/cp-spasticity-screening.yaml", "--n", "2", "--workers", "1")
    ).map((ended) => reportOf<CohortReport>(ended));
    expect([one.machine, other.machine]).toEqual(["module", "typescript"]);
    expect({ ...one, machine: "" }).toEqual({ ...other, machine: "" });
  });

  test("and TypeScript that of a controller of one's own", async () => {
    const ended = await cisternIn(ROOT, ["run", QUIET, "--json", "--controller", "test/tiny-controller.mjs"]);
    expect(reportOf<RunReport>(ended).speed).toMatchObject({ machine: "typescript", reason: null });
  });

  test("and TypeScript under a debugger, so that breakpoints stop in the sources", async () => {
    const { out } = await ran(["run", QUIET, "--json"], {}, ["--inspect=127.0.0.1:0"]);
    expect(reportOf<RunReport>({ code: 0, out, err: "" }).speed).toMatchObject({
      machine: "typescript",
      reason: "a debugger is attached",
    });
  });
});

describe("EMU-1: a module that cannot be used", () => {
  test("is done without where it is missing, and the report says so; who asks for it gets one line", async () => {
    const { speed } = reportOf<RunReport>(await ran(["run", QUIET, "--json"]));
    expect(speed).toMatchObject({ machine: "typescript", reason: `${wasm} is missing` });
    expect(await ran(["run", QUIET], { CISTERN_MACHINE: "module" })).toEqual({
      code: 2,
      out: "",
      err: `cistern: CISTERN_MACHINE: found module, expected typescript: ${wasm} is missing\n`,
    });
  });

  test("is refused in one line when it is of another build or damaged", async () => {
    const bytes = readFileSync(join(bundles, "machine.wasm"));
    const map = JSON.parse(readFileSync(join(bundles, "machine.json"), "utf8")) as { build: string };
    const place = (build: string, module: Uint8Array) => {
      writeFileSync(join(folder, "machine.json"), JSON.stringify({ ...map, build }));
      writeFileSync(wasm, module);
    };
    const refusal = `cistern: ${wasm}: cannot load the machine's module: `;
    place("0".repeat(64), bytes);
    for (const command of [
      ["run", QUIET],
      ["check", "--runs", "1"],
    ]) {
      expect(await ran(command)).toEqual({
        code: 2,
        out: "",
        err: `${refusal}it belongs to another build of the program\n`,
      });
    }
    place(map.build, bytes.subarray(0, -1));
    const { code, err } = await ran(["run", QUIET]);
    expect([code, err]).toEqual([
      2,
      expect.stringMatching(/: the machine's module [0-9a-f]{16} is not the one of its map\n$/),
    ]);
    expect((await ran(["run", QUIET], TYPESCRIPT)).code).toBe(0);
  });

  test("an unknown choice is refused in one line", async () => {
    expect(await cisternHere(ROOT, ["run", QUIET], { CISTERN_MACHINE: "native" })).toEqual({
      code: 2,
      out: "",
      err: "cistern: CISTERN_MACHINE: found native, expected module or typescript\n",
    });
  });
});

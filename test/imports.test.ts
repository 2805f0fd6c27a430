// The import rules of .dependency-cruiser.cjs, each shown firing on a tree of one-line files in a temporary folder,
// and silent on imports that run downwards. The rules are walked, so that one without a fixture fails. The real tree is held to
// them by the step "imports" of `npm run check`.

import { cruise, type ICruiseOptions, type ICruiseResult, type IFlattenedRuleSet } from "dependency-cruiser";
import extractConfig from "dependency-cruiser/config-utl/extract-depcruise-config";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { afterAll, describe, expect, test } from "vitest";

const config = (await extractConfig(resolve(".dependency-cruiser.cjs"))) as IFlattenedRuleSet & {
  options: ICruiseOptions;
};
const scratch = mkdtempSync(join(tmpdir(), "cistern-imports-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const ROOTS = ["hal", "firmware", "targets", "emulator", "test", "bench", "scripts"];

/** `[rule, from, to]` of every violation under `baseDir`. */
async function violationsIn(baseDir: string): Promise<string[][]> {
  const roots = ROOTS.filter((root) => existsSync(join(baseDir, root)));
  const ruleSet = { forbidden: config.forbidden! };
  const { output } = await cruise(roots, { ...config.options, baseDir, validate: true, ruleSet });
  return (output as ICruiseResult).summary.violations.map(({ rule, from, to }) => [rule.name, from, to]);
}

/** Writes a tree in which each file of `arrows` imports what is beside it; npm and Node by bare name. */
function treeOf(name: string, arrows: readonly (readonly [from: string, to: string])[]): string {
  const base = join(scratch, name);
  const files = new Map<string, string>();
  for (const [from, to] of arrows) {
    const bare = !to.includes("/") || to.startsWith("node:");
    if (!bare && !files.has(to)) files.set(to, "export const x = 1;\nexport type X = number;\n");
    const path = bare
      ? to
      : relative(dirname(from), to)
          .replace(/^(?!\.)/, "./")
          .replace(/\.ts$/, "");
    files.set(
      from,
      `import type { X } from "${path}";\nexport type Y${files.size} = X;\n${files.get(from) ?? "export type X = 1;\n"}`,
    );
  }
  for (const [path, text] of files) {
    mkdirSync(join(base, dirname(path)), { recursive: true });
    writeFileSync(join(base, path), text);
  }
  return base;
}

/** The arrows that each rule must refuse. Every `from` is a file of its own, so that one tree holds them all. */
const refused: Record<string, [from: string, to: string][]> = {
  "hal-imports-hal-only": [
    ["hal/a.ts", "firmware/z.ts"],
    ["hal/b.ts", "emulator/faults.ts"],
    ["hal/c.ts", "node:fs"],
    ["hal/d.ts", "crc"],
  ],
  "firmware-imports-hal-only": [
    ["firmware/a.ts", "emulator/board/z.ts"],
    ["firmware/b.ts", "node:fs"],
    ["firmware/c.ts", "crc"],
    ["firmware/d.ts", "targets/wasm/z.ts"],
  ],
  "targets-carry-firmware-only": [
    ["targets/wasm/a.ts", "emulator/faults.ts"],
    ["targets/wasm/b.ts", "node:fs"],
  ],
  "machine-module-imports-machine": [["targets/machine/a.ts", "emulator/run/z.ts"]],
  "shared-files-import-hal-only": [
    ["emulator/a.ts", "emulator/world/z.ts"],
    ["emulator/b.ts", "firmware/z.ts"],
  ],
  "contract-imports-hal-only": [
    ["emulator/contract/a.ts", "emulator/board/z.ts"],
    ["emulator/contract/b.ts", "firmware/z.ts"],
  ],
  "board-imports-hal-only": [
    ["emulator/board/a.ts", "emulator/world/z.ts"],
    ["emulator/board/b.ts", "emulator/machine/z.ts"],
    ["emulator/board/c.ts", "firmware/z.ts"],
  ],
  "world-imports-hal-only": [
    ["emulator/world/a.ts", "emulator/board/z.ts"],
    ["emulator/world/b.ts", "firmware/z.ts"],
  ],
  "machine-imports-below": [
    ["emulator/machine/a.ts", "emulator/scenario/z.ts"],
    ["emulator/machine/b.ts", "emulator/telemetry/z.ts"],
    ["emulator/machine/c.ts", "emulator/port/z.ts"],
  ],
  "port-carries-bytes": [
    ["emulator/port/a.ts", "emulator/telemetry/z.ts"],
    ["emulator/port/b.ts", "emulator/machine/z.ts"],
    ["emulator/port/c.ts", "hal/z.ts"],
  ],
  "telemetry-imports-hal": [
    ["emulator/telemetry/a.ts", "emulator/machine/z.ts"],
    ["emulator/telemetry/b.ts", "emulator/port/z.ts"],
    ["emulator/telemetry/c.ts", "firmware/z.ts"],
  ],
  "programmer-imports-telemetry-and-ports": [
    ["emulator/programmer/a.ts", "emulator/scenario/z.ts"],
    ["emulator/programmer/b.ts", "emulator/run/z.ts"],
  ],
  "scenario-is-the-language-only": [
    ["emulator/scenario/a.ts", "emulator/run/z.ts"],
    ["emulator/scenario/b.ts", "emulator/programmer/z.ts"],
    ["emulator/scenario/d.ts", "emulator/campaign/z.ts"],
  ],
  "run-plays-a-scenario": [
    ["emulator/run/a.ts", "emulator/trace/z.ts"],
    ["emulator/run/b.ts", "emulator/debug/z.ts"],
    ["emulator/run/c.ts", "emulator/campaign/z.ts"],
  ],
  "trace-imports-report-types": [
    ["emulator/trace/a.ts", "emulator/run/run.ts"],
    ["emulator/trace/b.ts", "emulator/telemetry/z.ts"],
  ],
  "report-imports-report-types": [
    ["emulator/report/a.ts", "emulator/run/run.ts"],
    ["emulator/report/b.ts", "emulator/trace/z.ts"],
  ],
  "page-runs-in-a-browser": [
    ["emulator/report/page/a.ts", "emulator/faults.ts"],
    ["emulator/report/page/b.ts", "emulator/report/model.ts"],
    ["emulator/report/page/c.ts", "node:fs"],
  ],
  "debug-imports-run": [["emulator/debug/a.ts", "emulator/rig/z.ts"]],
  "campaign-imports-below": [["emulator/campaign/a.ts", "emulator/debug/z.ts"]],
  "rig-imports-below": [
    ["emulator/rig/a.ts", "emulator/trace/z.ts"],
    ["emulator/rig/b.ts", "emulator/campaign/z.ts"],
  ],
  "apart-imports-below": [
    ["emulator/apart/a.ts", "emulator/report/z.ts"],
    ["emulator/apart/b.ts", "emulator/cli/z.ts"],
  ],
  "cohort-imports-below": [
    ["emulator/cohort/a.ts", "emulator/report/z.ts"],
    ["emulator/cohort/b.ts", "emulator/cli/z.ts"],
  ],
  "zoo-imports-below": [
    ["emulator/zoo/a.ts", "emulator/campaign/z.ts"],
    ["emulator/zoo/b.ts", "emulator/run/z.ts"],
  ],
  "check-imports-below": [
    ["emulator/check/a.ts", "emulator/report/z.ts"],
    ["emulator/check/b.ts", "emulator/cli/z.ts"],
  ],
  "hal-wire-imports-below": [
    ["emulator/hal-wire/a.ts", "emulator/debug/z.ts"],
    ["emulator/hal-wire/b.ts", "emulator/trace/z.ts"],
  ],
  "nobody-imports-cli": [
    ["emulator/campaign/b.ts", "emulator/cli/z.ts"],
    ["emulator/index.ts", "emulator/cli/z.ts"],
    ["emulator/testing.ts", "emulator/cli/z.ts"],
  ],
  "doors-are-for-outside": [
    ["emulator/scenario/c.ts", "emulator/index.ts"],
    ["emulator/machine/b.ts", "emulator/hal.ts"],
  ],
  "hal-door-imports-hal-only": [["emulator/hal.ts", "emulator/faults.ts"]],
  "product-imports-no-tests": [
    ["emulator/board/d.ts", "test/board/z.ts"],
    ["emulator/cli/a.ts", "scripts/z.ts"],
  ],
  "no-cycles": [
    ["emulator/world/c.ts", "emulator/world/d.ts"],
    ["emulator/world/d.ts", "emulator/world/c.ts"],
  ],
};

const allowed: [from: string, to: string][] = [
  ["firmware/a.ts", "hal/z.ts"],
  ["targets/wasm/a.ts", "firmware/a.ts"],
  ["targets/machine/a.ts", "emulator/machine/a.ts"],
  ["emulator/board/a.ts", "emulator/faults.ts"],
  ["emulator/board/a.ts", "node:crypto"],
  ["emulator/world/a.ts", "hal/z.ts"],
  ["emulator/machine/a.ts", "emulator/board/a.ts"],
  ["emulator/machine/a.ts", "emulator/world/a.ts"],
  ["emulator/machine/a.ts", "firmware/a.ts"],
  ["emulator/machine/a.ts", "emulator/contract/a.ts"],
  ["emulator/telemetry/a.ts", "hal/z.ts"],
  ["emulator/programmer/a.ts", "emulator/telemetry/a.ts"],
  ["emulator/programmer/a.ts", "emulator/port/a.ts"],
  ["emulator/programmer/a.ts", "emulator/machine/a.ts"],
  ["emulator/scenario/a.ts", "emulator/telemetry/a.ts"],
  ["emulator/run/a.ts", "emulator/scenario/a.ts"],
  ["emulator/run/a.ts", "emulator/programmer/a.ts"],
  ["emulator/trace/a.ts", "emulator/run/report.ts"],
  ["emulator/report/a.ts", "emulator/run/report.ts"],
  ["emulator/report/page/a.ts", "emulator/report/page-model.ts"],
  ["emulator/report/page/b.ts", "emulator/time.ts"],
  ["emulator/report/page/d.ts", "emulator/report/place.ts"],
  ["emulator/report/page/c.ts", "emulator/amounts.ts"],
  ["emulator/debug/a.ts", "emulator/run/a.ts"],
  ["emulator/campaign/a.ts", "emulator/run/a.ts"],
  ["emulator/rig/a.ts", "emulator/run/a.ts"],
  ["emulator/rig/a.ts", "emulator/debug/a.ts"],
  ["emulator/rig/a.ts", "emulator/port/a.ts"],
  ["emulator/hal-wire/a.ts", "emulator/rig/a.ts"],
  ["emulator/cli/a.ts", "emulator/rig/a.ts"],
  ["emulator/cli/a.ts", "emulator/campaign/a.ts"],
  ["emulator/cli/a.ts", "emulator/debug/a.ts"],
  ["emulator/index.ts", "emulator/scenario/a.ts"],
  ["emulator/testing.ts", "emulator/index.ts"],
  ["emulator/hal.ts", "hal/z.ts"],
  ["test/board/a.test.ts", "emulator/board/a.ts"],
];

describe("imports run downwards only", async () => {
  const found = await violationsIn(treeOf("refused", Object.values(refused).flat()));

  test.each(Object.entries(refused))("the rule %s refuses its imports", (rule, arrows) => {
    for (const [from, to] of arrows) {
      // A cycle is reported once, at one of its files.
      const ends = rule === "no-cycles" ? [from, to] : [from];
      const hits = found.filter(([name, source]) => name === rule && ends.includes(source!));
      expect(hits.length, `${from} -> ${to}`).toBeGreaterThan(0);
    }
  });

  test("every rule has an import here that it refuses", () => {
    expect(config.forbidden!.map(({ name }) => name)).toEqual(Object.keys(refused));
  });

  test("downward imports are allowed", async () => {
    expect(await violationsIn(treeOf("allowed", allowed))).toEqual([]);
  });
});

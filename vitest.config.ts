import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

const FOLDER = import.meta.dirname.replaceAll("\\", "/").replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
const UNDER_TEST = `(?:emulator|firmware|hal)/.*\\.ts`;
/** The modules that tests share. Vitest's own process, which has no tsx, loads some of them before the tests. */
const SHARED_BY_TESTS = `test/(?!global-setup|machine-here|seeds)(?!.*\\.(?:test|prove)\\.ts).*\\.ts`;
const THROUGH_TSX = new RegExp(`^${FOLDER}/(?:${UNDER_TEST}|${SHARED_BY_TESTS})$`);

/** As addresses, because the folder in which vitest was started may be another one. */
const [TSX, PACKAGES] = ["tsx", "./test/packages-as-they-are.mjs"].map(
  (name) => pathToFileURL(createRequire(import.meta.url).resolve(name)).href,
);

/**
 * Files whose tests change something of their process that no test of another file may see changed: its environment, what it does at
 * a signal, the mode of new files. Each has a process of its own, which takes 1.0 to 1.5 s of a core before the first test
 * (measured, Node 20). All others share five processes, which load the code under test once and have compiled it.
 */
const ALONE = ["test/cli/interrupt.test.ts", "test/programmer/pairing-file.test.ts", "test/rig/control-door.test.ts"];

/**
 * The beginnings of the names of files that take long: proofs, and then tests. The longest come first, and those that mostly wait (for a
 * process, a line or a browser) stand between those that work, so that some of both run at any time.
 */
const LONG = [
  ...["allocation/allocation.prove", "check/zoo.prove", "check/queue", "laws/builds.prove", "firmware/power-cuts-"],
  ...["firmware/bit-flips.prove", "stories/scenarios.prove"],
  ...["cli/board", "laws/invariants", "hal-wire/real-time", "laws/changes", "rig/bad-telemetry", "laws", "hal-wire"],
  ...[
    "stories/patients",
    "debugging",
    "stories/scenarios",
    "package",
    "world/patient",
    "report",
    "security/abuse",
    "cases",
  ],
  ...[
    "dialect",
    "cli/check",
    "cli/signals",
    "campaign",
    "examples",
    "check",
    "cli",
    "scenario/load",
    "stories",
    "load",
  ],
  ...["firmware/power-cuts", "firmware", "security", "rig"],
];

/**
 * Files with a process of their own come first, so that no shared process ends and begins between them. Then come those that take long,
 * so that no process works alone at the end.
 */
class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ project, moduleId }: TestSpecification) => {
      if (project.config.isolate) return -1;
      const place = LONG.findIndex((name) => moduleId.includes(`/test/${name}`));
      return place < 0 ? LONG.length : place;
    };
    return (await super.sort(files)).sort((one, other) => rank(one) - rank(other));
  }
}

/** The tests that draw more cases in `npm run prove`: those that import test/effort.ts. */
const drawMore = () =>
  readdirSync(`${import.meta.dirname}/test`, { encoding: "utf8", recursive: true })
    .map((name) => `test/${name.replaceAll("\\", "/")}`)
    .filter(
      (name) =>
        name.endsWith(".test.ts") &&
        /from "(?:\.\.\/)+effort"/.test(readFileSync(`${import.meta.dirname}/${name}`, "utf8")),
    );

const proofs = () => ({ include: ["test/**/*.prove.ts", ...drawMore()], provide: { effort: 2 }, isolate: false });
const TESTS = {
  provide: { effort: 0.25 },
  projects: [
    { extends: true as const, test: { name: "alone", include: ALONE } },
    {
      extends: true as const,
      test: { name: "shared", include: ["test/**/*.test.ts"], exclude: ALONE, isolate: false },
    },
  ],
};

/** `npm test` as it is; `npm run prove` is the mode `prove`. */
export default defineConfig(({ mode }) => {
  return {
    test: {
      ...(mode === "prove" ? proofs() : TESTS),
      sequence: { sequencer: LongFirst },
      globalSetup: "test/global-setup.ts",
      setupFiles: "test/setup.ts",
      pool: "forks", // serialport in a worker thread aborts the process
      // Node imports the code under test itself, through tsx. In modules that vitest evaluates each imported name is a property of
      // an object, and with its constants so the firmware is half as fast: 23 s instead of 10 s for seven years (measured, Node 20).
      server: { deps: { external: [THROUGH_TSX] } },
      execArgv: ["--import", TSX, "--import", PACKAGES],
      // For the two cores of CI: half of their time the tests only wait, for a line that is silent or a process that ends. Proofs work.
      maxWorkers: mode === "prove" ? 3 : 5,
      // A test that hangs is ended; the slowest of them needs a twentieth of it alone on a quiet core.
      testTimeout: 600_000,
      hookTimeout: 600_000,
    },
  };
});

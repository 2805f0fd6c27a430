import { defineConfig } from "vitest/config";

const FOLDER = import.meta.dirname.replaceAll("\\", "/").replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
const UNDER_TEST = new RegExp(`^${FOLDER}/(?:emulator|firmware|hal)/.*\\.ts$`);

/** `npm test` as it is; `npm run prove` is the mode `prove`. */
export default defineConfig(({ mode }) => {
  const proves = mode === "prove";
  return {
    test: {
      include: proves ? ["test/**/*.prove.ts", "test/laws/*.test.ts"] : ["test/**/*.test.ts"],
      provide: { effort: proves ? 4 : 1 },
      globalSetup: "test/global-setup.ts",
      setupFiles: "test/setup.ts",
      pool: "forks", // serialport in a worker thread aborts the process
      // Node imports the code under test itself, through tsx. In modules that vitest evaluates each imported name is a property of
      // an object, and with its constants so the firmware is half as fast: 23 s instead of 10 s for seven years (measured, Node 20).
      server: { deps: { external: [UNDER_TEST] } },
      execArgv: ["--import", "tsx"],
      maxWorkers: 2,
      // A test that hangs is ended; the slowest of them needs a twentieth of it alone on a quiet core.
      testTimeout: 600_000,
      hookTimeout: 600_000,
    },
  };
});

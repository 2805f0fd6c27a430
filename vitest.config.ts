import { defineConfig } from "vitest/config";

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
      maxWorkers: 2,
      // A test that hangs is ended; the slowest of them needs a twentieth of it alone on a quiet core.
      testTimeout: 600_000,
      hookTimeout: 600_000,
    },
  };
});

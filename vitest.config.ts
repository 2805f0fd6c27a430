import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: "test/global-setup.ts",
    setupFiles: "test/setup.ts",
    pool: "forks", // serialport in a worker thread aborts the process
    maxWorkers: 2,
    // A test that hangs is ended; the slowest of them needs a twentieth of it alone on a quiet core.
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
});

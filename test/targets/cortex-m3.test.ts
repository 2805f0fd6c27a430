// The tools that the firmware on a Cortex-M3 needs, on a machine without them.

import { afterEach, expect, test, vi } from "vitest";
import { siliconTools } from "../../bench/silicon";

afterEach(() => vi.unstubAllEnvs());

test("SIL-1: a machine without the tools is told which packages have them", () => {
  vi.stubEnv("PATH", "");
  expect(siliconTools()).toBe(
    "arm-none-eabi-gcc and qemu-system-arm not installed (Debian: gcc-arm-none-eabi libnewlib-arm-none-eabi qemu-system-arm)",
  );
});

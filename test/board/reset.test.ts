// The reset logic: a pull is remembered until it is entered, with its cause, and then holds the controller for 50 ms.

import { expect, test } from "vitest";
import { RESET_BROWNOUT, RESET_EXTERNAL, RESET_POWER_ON, RESET_WATCHDOG } from "../../hal/reset";
import { VirtualReset } from "../../emulator/board/reset";

test("a controller that was just powered up starts with the cause power-on", () => {
  const reset = new VirtualReset();
  expect([reset.cause(), reset.isPulled(), reset.count]).toEqual([RESET_POWER_ON, false, 0]);
});

test.each([RESET_POWER_ON, RESET_BROWNOUT, RESET_WATCHDOG, RESET_EXTERNAL])(
  "a reset that is pulled for cause %d has that cause once it is entered, and holds the controller for 5 ticks",
  (cause) => {
    const reset = new VirtualReset();
    reset.pull(cause);
    expect([reset.isPulled(), reset.cause(), reset.heldTicks]).toEqual([true, RESET_POWER_ON, 0]);
    reset.enter();
    expect([reset.isPulled(), reset.cause(), reset.heldTicks, reset.count]).toEqual([false, cause, 5, 1]);
  },
);

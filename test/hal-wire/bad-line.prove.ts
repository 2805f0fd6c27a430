// The hal wire in lockstep over a cable that does one kind of damage, each kind alone; bad-line.test.ts has them together.

import { describe, expect, test } from "vitest";
import { hasPty } from "../machine-here";
import { STRIKES } from "../programmer/bad-cable";
import { expectGivesUp, expectNobodyThere, expectRightOrClear, lay, outcome } from "./bad-line";

describe.runIf(hasPty).concurrent("lockstep over a cable that", () => {
  test.for(STRIKES)(
    "HIL-3: strikes with %s gives the fingerprint of one process or a clear failure",
    async (strike, context) => {
      const ends = await lay(2, context);
      for (const wire of [ends.cable.there, ends.cable.back]) wire.play({ strikes: [strike], every: 1500 });
      const result = await outcome(ends);
      expectRightOrClear(result);
      expect(ends.cable.there.struck + ends.cable.back.struck).toBeGreaterThan(5);
      // About one frame in twenty is damaged, which is no reason to give up.
      expect(result.fingerprints.length).toBeGreaterThan(0);
    },
  );

  test("is dead to the board from some byte on makes both ends give up, each with one line", async (context) => {
    await expectGivesUp(await lay(3, context), "back");
  });

  test("reads at another rate, with bits half as long, lets no board answer", async (context) => {
    const ends = await lay(5, context);
    for (const wire of [ends.cable.there, ends.cable.back]) wire.play({ misread: 0.5 });
    await expectNobodyThere(ends);
  });
});

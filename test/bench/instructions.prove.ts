// The instructions of the native twin, counted by callgrind, against those that were kept for the same versions of compiler, wabt and
// valgrind. They do not depend on load, so a rise is a change of the firmware. With other versions nothing can be compared.

import { expect, test } from "vitest";
import { countNow } from "../../bench/count";
import { hasTwin } from "../machine-here";

test.skipIf(!hasTwin)("no instruction count of the native twin has risen by more than 5 %", async () => {
  const now = await countNow();
  if (typeof now === "string") throw new Error(now);
  const { compiler, wabt, valgrind } = now.tools;
  if (now.kept === null) {
    process.stderr.write(
      `No instruction counts are kept for ${compiler}, ${wabt}, ${valgrind}: nothing is compared.\n`,
    );
  }
  expect(now.risen).toEqual([]);
});

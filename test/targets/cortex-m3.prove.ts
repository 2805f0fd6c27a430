// The firmware on a Cortex-M3 that QEMU emulates, against the board of the command under test.

import { expect, test } from "vitest";
import { keptFor, risen } from "../../bench/kept-counts";
import { figuresOf, Silicon, siliconTools } from "../../bench/silicon";
import { compileController, SHIPPED_FLAGS } from "../../scripts/dialect.mjs";
import { cisternWords } from "../examples/example";
import { hasSilicon } from "../machine-here";

test.skipIf(!hasSilicon)(
  "SIL-1: the module on a Cortex-M3 has the fingerprint of the run in one process, and no figure has risen by more than 5 %",
  async () => {
    const tools = siliconTools();
    if (typeof tools === "string") throw new Error(tools);
    const silicon = new Silicon(await compileController(SHIPPED_FLAGS, { names: false }));
    try {
      const lines: string[] = [];
      const figures = await figuresOf(silicon, cisternWords, (line) => lines.push(line));
      expect(figures, lines.join("\n")).not.toBeNull();
      const kept = keptFor("silicon.json", tools);
      if (kept === null)
        process.stderr.write(`No figures are kept for ${tools.compiler}, ${tools.qemu}: nothing is compared.\n`);
      expect(risen(figures!, kept ?? {})).toEqual([]);
    } finally {
      silicon.close();
    }
  },
);

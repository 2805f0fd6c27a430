// One in forty bits of the controller's memory, flipped in one mode of therapy each: no dose beyond what a healthy pump gives, and an
// alarm unless the flip was harmless (RAM-1, RAM-2). All bits in one mode each: bit-flips.prove.ts. All bits in all modes:
// scripts/bit-flips.ts, whose table is docs/bit-flips.md.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Pump } from "../pump";
import { fieldOf, flipPart, modes, MODES, words } from "./bit-flip";

describe("RAM-1, RAM-2: after a bit flip", () => {
  test.each(modes)("in mode %s the pump gives no more, and raises an alarm unless nothing changed", (mode) => {
    const { harm, detected } = flipPart(mode, 40);
    expect(harm).toEqual([]);
    expect(detected).toBeGreaterThan(25);
  });

  test("the pump had been in the mode that the case is named after", () => {
    const seen = modes.map((mode) => {
      const pump = MODES[mode]();
      const bolus = pump.machine.firmware.read("therapy.bolus.cause") === 0 ? "" : " in a bolus";
      return `${mode}: mode ${pump.machine.signal("therapy.mode")}${bolus}, ${pump.alarms().join(" ") || "no alarm"}`;
    });
    expect(seen).toMatchInlineSnapshot(`
      [
        "continuous: mode 3, no alarm",
        "flex: mode 4, no alarm",
        "periodic: mode 5, no alarm",
        "minimum: mode 2, no alarm",
        "stopped: mode 1, no alarm",
        "patient bolus: mode 3 in a bolus, no alarm",
        "prime: mode 6 in a bolus, no alarm",
        "bridge: mode 7, no alarm",
        "stalled: mode 3, motor_stall",
        "limited: mode 2, dose_limit",
      ]
    `);
  });

  test("each field has a row in docs/bit-flips.md (npx tsx scripts/bit-flips.ts)", () => {
    const page = readFileSync(join(import.meta.dirname, "../../docs/bit-flips.md"), "utf8");
    const rows = [...page.matchAll(/^\| `(.*?)` \|/gm)].map(([, field]) => field);
    expect(rows).toEqual([...new Set(words(new Pump()).map(fieldOf))].sort());
  });
});

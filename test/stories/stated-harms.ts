// The harms of a story that is told by pumps on the bench. A story file calls `collectPumps` before its first pump, and at its end
// `statesHarms` with each harm that may befall one of its pumps and the hazard that it comes from. A harm that is not stated
// fails, and so does one that none of them suffers.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { collectedPumps, endCollection } from "../pump";

const FILE = join(import.meta.dirname, "../../docs/hazards.json");
const { hazards, unnamed } = JSON.parse(readFileSync(FILE, "utf8")) as Record<"hazards" | "unnamed", { id: string }[]>;

type Stated = Readonly<Record<string, string>>;

/**
 * `stated`: by harm and the alarm that names it in its time ("overdose, nobody" where none does), the id of its hazard. `perhaps`:
 * those that a story does under some of the seeds from which it draws.
 */
export function statesHarms(stated: Stated, perhaps: Stated = {}): void {
  const pumps = collectedPumps();
  test("EMU-8: the harms of all pumps of this story are those that it states, each with its alarm and its hazard", () => {
    endCollection();
    const known = [...hazards, ...unnamed].map(({ id }) => id);
    const ids = [...Object.values(stated), ...Object.values(perhaps)];
    expect(ids.filter((id) => !known.includes(id))).toEqual([]);
    expect(pumps.length).toBeGreaterThan(0);
    const seen = pumps.flatMap((pump) => pump.harmsSeen().map(({ name, by }) => `${name}, ${by ?? "nobody"}`));
    expect([...new Set(seen)].filter((harm) => !(harm in perhaps)).sort()).toEqual(Object.keys(stated).sort());
  });
}

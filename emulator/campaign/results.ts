// The results of a campaign so far: a set, keyed by unit. A unit may come twice, from two machines or after a
// process died, and counts once. Its result depends on nothing but the unit, so two that differ are a finding. Only the time
// of a unit can be over in one place earlier than in another, and then the one that got further counts.

import { createHash } from "node:crypto";
import type { Loss } from "./merge";
import type { UnitResult } from "./unit";

export class Results {
  private readonly hashes = new Map<string, string>();
  readonly byUnit = new Map<string, UnitResult>();
  readonly losses: Loss[] = [];
  /** The units with two different results. */
  readonly conflicts = new Set<string>();

  /** False when the result of that unit is known already. */
  add(result: UnitResult): boolean {
    const { unit } = result;
    const hash = hashOf(result);
    const known = this.byUnit.get(unit);
    if (known === undefined || lengthOf(result) > lengthOf(known)) {
      this.hashes.set(unit, hash);
      this.byUnit.set(unit, result);
      return known === undefined;
    }
    const other = this.hashes.get(unit)!;
    if (lengthOf(result) < lengthOf(known) || hash === other) return false;
    this.conflicts.add(unit);
    if (hash < other) {
      this.hashes.set(unit, hash);
      this.byUnit.set(unit, result);
    }
    return false;
  }

  /** Notes a loss. The same deed is told once, of the first of its units by name. */
  lose(loss: Loss): void {
    const at =
      loss.began === null ? this.losses.findIndex((each) => each.began === null && each.text === loss.text) : -1;
    if (at < 0) this.losses.push(loss);
    else if (loss.unit < this.losses[at].unit) this.losses[at] = loss;
  }

  /** The units with two results, in words. */
  flaws(): string[] {
    return [...this.conflicts]
      .sort()
      .map((unit) => `${unit}: two results of this unit differ, so the controller or the build does`);
  }
}

/** The hash of a result without the time that it took. */
function hashOf({ core_ms: _time, ...content }: UnitResult): string {
  return createHash("sha256").update(JSON.stringify(content)).digest("base64");
}

/** How far a unit got before its time was over. */
function lengthOf(result: UnitResult): number {
  switch (result.kind) {
    case "seek":
      return result.cases + result.refused;
    case "shrink":
      return result.tries;
    case "corpus":
      return 0;
  }
}

// The cases of a unit share the pump and its catheter, the drug, the start, the seed and the first prescription. They are drawn from
// the unit's own stream.

import { wallText } from "../calendar";
import type { CaseFile, Value } from "./case-file";
import type { Draw } from "./draw";
import type { Frame } from "./entries";
import { drawPlan, prescriptionOf } from "./plans";
import type { Profile } from "./profiles";

/** An ordinary day, and the evenings before a leap day, a new week and a new year. */
const STARTS = [13_675_680, 14_810_160, 13_768_560, 13_675_560];
/** The drug that the library does not list is the most frequent, because the pump refuses many programs of a listed one. */
const DRUGS: readonly [weight: number, name: string, mgPerMl: number][] = [
  [6, "saline", 10],
  [2, "morphine", 10],
  [2, "baclofen", 2],
];

export interface DrawnFrame extends Frame {
  /** The file of a case without its timeline and its duration. */
  file: Omit<CaseFile, "duration" | "timeline">;
}

export function drawFrame(draw: Draw, profile: Profile, fields: readonly string[]): DrawnFrame {
  const model = draw.weighted([
    [4, "implant-20"],
    [1, "implant-40"],
    [1, "external-trial"],
  ] as const);
  const capacity_ml = model === "implant-40" ? 40 : 20;
  const [, drug, mgPerMl] = draw.weighted(DRUGS.map((row) => [row[0], row] as const));
  const start = {
    minute: draw.one(STARTS) + draw.one([0, 0, draw.integer(0, 1439)]),
    second: draw.one([0, 0, 59, draw.integer(0, 59)]),
  };
  const plan = drawPlan(draw, profile);
  const unit = {
    ...(draw.chance(0.3) ? { bias: `${draw.one([-2.4, 2.4, 5])} %` } : {}),
    ...(draw.chance(0.2) ? { ripple: "30 %" } : {}),
  };
  const fill = draw.chance(0.6) ? capacity_ml : draw.edged(2, capacity_ml);
  const pump: Record<string, Value> = {
    ...(model === "implant-20" ? {} : { model }),
    ...(fill === capacity_ml ? {} : { fill: `${fill} mL` }),
    ...(draw.chance(0.25) ? { state: "new" } : {}),
    ...(Object.keys(unit).length === 0 ? {} : { unit }),
  };
  return {
    profile,
    start,
    capacity_ml,
    drug,
    fill_ml: fill,
    plan,
    fields,
    file: {
      start:
        start.second === 0
          ? wallText(start.minute)
          : `${wallText(start.minute)}:${String(start.second).padStart(2, "0")}`,
      seed: draw.seed(),
      ...(Object.keys(pump).length === 0 ? {} : { pump }),
      drugs: [{ name: drug, concentration: `${mgPerMl} mg/mL` }],
      prescription: prescriptionOf(plan),
    },
  };
}

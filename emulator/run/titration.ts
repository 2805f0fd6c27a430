// The programs that a clinician who titrates may choose: a ladder of the same program with its basal larger or smaller by whole
// steps of the titration. The rungs are computed before the run, so a run saves the number of its rung and no program. A rung
// above the program never gives more than the titration permits, and none gives less than a quarter of the basal. The ladder ends
// where a pump has no such rate: it would refuse the program, and the clinician would have come for nothing.

import { RATE_MAX, RATE_MINIMUM, RATE_THERAPEUTIC_MIN } from "../../hal/units";
import type { Titration } from "../scenario/scenario";
import { basalDose_ng } from "../telemetry/program-totals";
import type { Program } from "../telemetry/program";

/** A ladder has no more rungs than this to either side: 1 % a step and a basal that grows half as much again. */
const RUNGS_MAX = 40;
const FACTOR_MIN = 0.25;

export interface Ladder {
  /** From the smallest basal to the largest. */
  programs: readonly Program[];
  /** The rung of the program itself. */
  base: number;
}

/** The ladder of a program; one without a basal to change has one rung. */
export function ladderOf(program: Program, { step, most_ngPerDay }: Titration): Ladder {
  const given_ng = basalDose_ng(program);
  const scales = program.mode === "continuous" || program.mode === "flex" || program.mode === "periodic";
  if (!scales || given_ng <= 0) return { programs: [program], base: 0 };
  const most = most_ngPerDay / given_ng;
  const less: Program[] = [];
  const more: Program[] = [];
  for (let factor = 1 / (1 + step); factor >= FACTOR_MIN && less.length < RUNGS_MAX; factor /= 1 + step) {
    const rung = scaled(program, factor);
    if (!hasRatesOfTherapy(rung)) break;
    less.unshift(rung);
  }
  for (let factor = 1; factor < most && more.length < RUNGS_MAX;) {
    factor = Math.min(factor * (1 + step), most);
    const rung = scaled(program, factor);
    if (!hasRatesOfTherapy(rung)) break;
    more.push(rung);
  }
  return { programs: [...less, program, ...more], base: less.length };
}

function scaled(program: Program, factor: number): Program {
  const { flex, periodic } = program;
  return {
    ...program,
    rate: Math.floor(program.rate * factor),
    ...(flex
      ? {
          flex: {
            ...flex,
            patterns: flex.patterns.map((steps) =>
              steps.map(({ minute, rate }) => ({ minute, rate: isRest(rate) ? rate : Math.floor(rate * factor) })),
            ),
          },
        }
      : {}),
    ...(periodic ? { periodic: { ...periodic, pulses: Math.max(1, Math.floor(periodic.pulses * factor)) } } : {}),
  };
}

/** True when a pump can run at each of the program's rates. */
function hasRatesOfTherapy({ mode, rate, flex }: Program): boolean {
  const steps = flex ? flex.patterns.flat().map((each) => each.rate) : [];
  const rates = mode === "continuous" ? [rate] : steps.filter((each) => !isRest(each));
  return rates.every((each) => each >= RATE_THERAPEUTIC_MIN && each <= RATE_MAX);
}

/** The minimum rate only keeps the tubing moving, and is none of therapy. */
function isRest(rate: number): boolean {
  return rate <= RATE_MINIMUM;
}

// The plots of the pump: delivered against programmed volume and their difference, rate, reservoir and dose windows. A plot whose
// signals were not recorded is left out.

import { PROGRAM_LIMITS_MAX } from "../../hal/telemetry";
import { PULSE_NL } from "../../hal/units";
import type { Track } from "../run/report";
import { SECONDS_PER_MINUTE, secondsOf, timeWords } from "../time";
import { NL_PER_ML, NL_PER_UL } from "../amounts";
import { blocksOf, distinctValues, firstOf, hasValue, mapped } from "../points";
import { curveOf, scaled, type Curve } from "./curve";
import { deliveredRateOf, differenceOf } from "./derived";
import { programmedOf, rateWindowOf } from "./dosing";
import { draft, line, type Draft, type Recorded } from "./plot";

const UL = 1 / NL_PER_UL;
const ML = 1 / NL_PER_ML;
/** From this ratio of highest to usual rate on, a linear axis would flatten the basal rate to nothing. */
const ROOT_AXIS_RATIO = 4;

/** The values of which the middle one is found at once. */
const SORTED_MAX = 100_000;

type Tracks = Recorded["tracks"];

/** Notes what is missing for the comparison of delivered and programmed volume. */
export function pumpPlots({ report, tracks, notes }: Recorded): Draft[] {
  const endTick = report.ended.tick;
  const delivered = deliveredOf(tracks);
  const programmed = programmedOf(report.events, endTick, tracks.get("motor.intended_ulPerDay"));
  if (delivered === null) notes.push("Neither head.delivered_nl nor motor.pulses was recorded: no delivered volume.");
  if (programmed === null) notes.push("No program was accepted during the run: nothing to compare delivery with.");
  const volume = programmed === null ? null : scaled(programmed.volume_nl, UL);
  const drafts = [
    volumePlot(delivered, volume),
    delivered === null || volume === null ? null : differencePlot(differenceOf(delivered, volume, endTick)),
    ratePlot(tracks, delivered, programmed?.rate_ulPerDay ?? null, endTick),
    reservoirPlot(tracks),
    ...Array.from({ length: PROGRAM_LIMITS_MAX }, (_, index) => windowPlot(tracks, index)),
  ];
  return drafts.filter((each) => each !== null);
}

function volumePlot(delivered: Curve | null, programmed: Curve | null): Draft | null {
  const lines = [];
  if (delivered !== null) {
    lines.push(line("delivered", "delivered", delivered, { filled: true, digits: 2 }));
  }
  if (programmed !== null) {
    lines.push(line("programmed", "programmed", programmed, { dashed: true, digits: 2 }));
  }
  if (lines.length === 0) return null;
  const title = programmed === null ? "Delivered" : "Delivered against programmed";
  return draft("volume", title, "µL since the start", "", 200, lines, {});
}

function differencePlot(difference: Curve): Draft {
  const lines = [line("delivered − programmed", "programmed", difference, { filled: true, digits: 2 })];
  const note = "one pulse is 0.25 µL";
  return draft("difference", "Difference", "µL", note, 104, lines, {});
}

function ratePlot(tracks: Tracks, delivered: Curve | null, programmed: Curve | null, endTick: number): Draft | null {
  const basal = tracks.get("motor.rate_ulPerDay");
  const lines = [];
  let highest = 0;
  let usual = 0;
  let note = "";
  if (delivered !== null) {
    const window = rateWindowOf(endTick);
    const curve = deliveredRateOf(delivered, window, endTick);
    lines.push(line("delivered", "delivered", curve, { filled: true, digits: 1 }));
    const levels = levelsOf(curve);
    highest = Math.max(highest, levels.highest);
    usual = Math.max(usual, levels.usual);
    note = `delivered: mean over ${timeWords(secondsOf(window))}`;
  }
  if (basal !== undefined) {
    const curve = curveOf(basal);
    lines.push(line("basal in force", "estimate", curve, { digits: 1 }));
    usual = Math.max(usual, levelsOf(curve).usual);
  }
  if (programmed !== null) {
    lines.push(line("programmed with boluses", "programmed", programmed, { dashed: true, digits: 1 }));
    highest = Math.max(highest, levelsOf(programmed).highest);
  }
  if (lines.length === 0) return null;
  const axis = usual > 0 && highest > ROOT_AXIS_RATIO * usual ? "root" : "linear";
  if (axis === "root") note += `${note === "" ? "" : "; "}square-root axis`;
  return { ...draft("rate", "Rate", "µL/day", note, 180, lines, { include: 0 }), axis };
}

function reservoirPlot(tracks: Tracks): Draft | null {
  const level = tracks.get("reservoir.level_nl");
  const estimate = tracks.get("reservoir.estimate_nl");
  const lines = [];
  if (level !== undefined) lines.push(line("true level", "delivered", curveOf(level, ML), { digits: 4 }));
  if (estimate !== undefined) {
    lines.push(line("controller's estimate", "estimate", curveOf(estimate, ML), { dashed: true, digits: 4 }));
  }
  return lines.length === 0 ? null : draft("reservoir", "Reservoir", "mL", "", 140, lines, {});
}

function windowPlot(tracks: Tracks, index: number): Draft | null {
  const content = tracks.get(`limiter.window${index}_nl`);
  const limit = tracks.get(`limiter.limit${index}_nl`);
  const limited = limit !== undefined && hasValue(limit, (value) => value > 0);
  if (content === undefined || (!limited && !hasValue(content, (value) => value !== 0))) return null;
  const lines = [line("in the window", "delivered", curveOf(content, UL), { filled: true, digits: 2 })];
  if (limited) lines.push(line("limit", "limit", curveOf(limit, UL), { dashed: true, digits: 2 }));
  const bands = limited ? [{ upper: 1, lower: 0, tone: "estimate" as const, label: "headroom", digits: 2 }] : [];
  const note = limited ? "as the controller counts it, in pulses of 250 nL" : "no limit is set";
  const title = `Dose window ${index + 1}${lengthsOf(tracks.get(`limiter.length${index}_min`))}`;
  return { ...draft(`window${index}`, title, "µL", note, 130, lines, { include: 0 }), bands };
}

/** The lengths that a window had, each once in their order: `: 1 h, then 4 h`; empty where no length was recorded. */
function lengthsOf(track: Track | undefined): string {
  const lengths = track === undefined ? [] : distinctValues(track).filter((minutes) => minutes > 0);
  const words = lengths.map((minutes) => timeWords(minutes * SECONDS_PER_MINUTE));
  return words.length === 0 ? "" : `: ${words.join(", then ")}`;
}

/** Volume out of the pump head since the start of the run, uL. */
function deliveredOf(tracks: Tracks): Curve | null {
  const volume = tracks.get("head.delivered_nl");
  const pulses = tracks.get("motor.pulses");
  const [recorded, factor] = volume === undefined ? [pulses, PULSE_NL] : [volume, 1];
  if (recorded === undefined) return null;
  const [[, before]] = firstOf(recorded);
  return { kind: "step", ...mapped(recorded, (value) => (value - before) * factor * UL) };
}

/** The highest value of a curve, and the middle one of those above 0; 0 where there is none. */
function levelsOf(curve: Curve): { highest: number; usual: number } {
  let highest = 0;
  let positive: number[] = [];
  // Of each so many points one counts, so that those of years are few enough to be sorted.
  let [each, seen] = [1, 0];
  for (const { values } of blocksOf(curve)) {
    for (let i = 0; i < values.length; i++) {
      if (values[i] > highest) highest = values[i];
      if (!(values[i] > 0) || seen++ % each !== 0) continue;
      if (positive.push(values[i]) < SORTED_MAX) continue;
      positive = positive.filter((_, at) => at % 2 === 0);
      each *= 2;
    }
  }
  positive.sort((a, b) => a - b);
  return { highest, usual: positive[positive.length >>> 1] ?? 0 };
}

// Makes the page model of a run's report: plots with their lines over a shared time axis, lanes of bars and marks, and the
// events. Everything that can be worked out is worked out here and in the modules that are named below, so that the page only
// draws. `notes` names the plots whose signals were not recorded, and the lines and tables that were cut.

import type { RunReport, Track } from "../run/report";
import { MS_PER_SECOND } from "../time";
import { eventRowOf, eventsKept } from "./events";
import { wrongMoments, wrongStretches } from "./findings";
import { lanesOf } from "./lanes";
import type { PageModel, Plot } from "./page-model";
import { patientPlots } from "./patient-plots";
import { plotOf, type Draft, type Recorded, type Thinning } from "./plot";
import { pumpPlots } from "./pump-plots";
import { tonesOf } from "./tones";

/** The plots of a page, from top to bottom: each set makes those of one part of the world. */
const PLOT_SETS: readonly ((run: Recorded) => Draft[])[] = [patientPlots, pumpPlots];

/** Everything that the page of `report` draws. */
export function pageModelOf(report: RunReport, all: readonly Track[]): PageModel {
  const notes: string[] = [];
  const tracks = new Map(all.filter((track) => track.ticks.length > 0).map((track) => [track.name, track]));
  const startWall_ms = Date.parse(`${report.ended.wall}Z`) - report.ended.time_s * MS_PER_SECOND;
  const plots = plotsOf({ report, tracks, notes });
  const tones = tonesOf(report, all, notes);
  const events = eventsKept(report.events, notes);
  const wrong = wrongMoments(report);
  return {
    end_s: report.ended.time_s,
    startWall_ms: Number.isFinite(startWall_ms) ? startWall_ms : null,
    plots,
    lanes: lanesOf({ report, tracks, wrong, events, notes }),
    tones,
    events: events.map(eventRowOf),
    wrong,
    notes,
  };
}

function plotsOf(run: Recorded): Plot[] {
  const { report, notes } = run;
  if (report.ended.tick <= 0) {
    notes.push("The run has no length: there is nothing to plot.");
    return [];
  }
  const drafts = PLOT_SETS.flatMap((plotsIn) => plotsIn(run));
  const thinning: Thinning = { whole: wrongStretches(report), lines: [] };
  const plots = drafts.map((draft) => plotOf(draft, report.ended.tick, thinning));
  if (thinning.lines.length > 0) {
    const kept = thinning.whole.length === 0 ? "" : ", and all around what went wrong";
    const list = thinning.lines.join("; ");
    notes.push(`Drawn from fewer points than recorded, lowest and highest values kept${kept}: ${list}.`);
  }
  return plots;
}

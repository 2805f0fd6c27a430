// Makes the page model of a run's report: plots with their lines over a shared time axis, lanes of bars and marks, and the
// events. Everything that can be worked out is worked out here and in the modules that are named below, so that the page only
// draws. `notes` names the plots whose signals were not recorded, and the lines and tables that were cut.

import type { RunReport, Track } from "../run/report";
import { numberWords } from "../amounts";
import { firstOf } from "../points";
import { MS_PER_SECOND } from "../time";
import { eventRowOf, eventsKept } from "./events";
import { wrongMoments, wrongStretches } from "./findings";
import { lanesOf } from "./lanes";
import type { PageModel, Plot } from "./page-model";
import { patientPlots } from "./patient-plots";
import { PAGE_BYTES_MAX, PageCurves } from "./page-curves";
import { plotOf, type Draft, type Recorded } from "./plot";
import { pumpPlots } from "./pump-plots";
import { tonesOf } from "./tones";

/** Scripts, styles, and the plain points of the curves. */
const FRAME_BYTES = 2.5e6;
/** A row in HTML, to the same in JSON. */
const TABLE_FACTOR = 4;

/** The plots of a page, from top to bottom: each set makes those of one part of the world. */
const PLOT_SETS: readonly ((run: Recorded) => Draft[])[] = [patientPlots, pumpPlots];

/** Everything that the page of `report` draws. */
export function pageModelOf(report: RunReport, all: readonly Track[]): PageModel {
  const notes: string[] = [];
  const tracks = new Map(all.filter((track) => firstOf(track).length > 0).map((track) => [track.name, track]));
  const startWall_ms = Date.parse(`${report.ended.wall}Z`) - report.ended.time_s * MS_PER_SECOND;
  const tones = tonesOf(report, all, notes);
  const events = eventsKept(report.events, notes);
  const wrong = wrongMoments(report);
  const lanes = lanesOf({ report, tracks, wrong, events, notes });
  const others = { lanes, tones, events: events.map(eventRowOf), wrong };
  const curves = new PageCurves(wrongStretches(report), PAGE_BYTES_MAX - bytesWithout(report, others));
  const plots = plotsOf({ report, tracks, notes }, curves);
  return {
    end_s: report.ended.time_s,
    startWall_ms: Number.isFinite(startWall_ms) ? startWall_ms : null,
    plots,
    curves: curves.curves(),
    ...others,
    notes,
  };
}

/** About the bytes of the page without the pieces of its curves: of each part of the report but its events a table is made too. */
function bytesWithout(report: RunReport, others: unknown): number {
  const tables = JSON.stringify({ ...report, events: [] }).length;
  return FRAME_BYTES + JSON.stringify(others).length + TABLE_FACTOR * tables;
}

function plotsOf(run: Recorded, curves: PageCurves): Plot[] {
  const { report, notes } = run;
  if (report.ended.tick <= 0) {
    notes.push("The run has no length: there is nothing to plot.");
    return [];
  }
  const drafts = PLOT_SETS.flatMap((plotsIn) => plotsIn(run));
  const plots = drafts.map((draft) => plotOf(draft, curves));
  const thinned = curves.thinned();
  if (thinned.length > 0) {
    const kept = report.findings.length + report.harms.length === 0 ? "" : ", and all around what went wrong";
    notes.push(
      `The run has more points than a page of ${numberWords(PAGE_BYTES_MAX / 1e6)} MB holds. Zoomed in, the page shows of some lines ` +
        `the lowest and highest values of groups of points${kept}: ${thinned.join("; ")}. A CSV or VCD trace has every point.`,
    );
  }
  return plots;
}

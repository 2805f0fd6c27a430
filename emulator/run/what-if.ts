// A run may go on from a snapshot with another scenario than the one that was saved, if everything that happened before the
// snapshot is the same: a what-if from a checkpoint. The name, the length, the expectations and the timeline from the moment of
// the snapshot on may be others. This file finds the first thing that is not the same and says in one line what it is, and for
// an entry of the timeline also where it is in the file.

import type { Place, Scenario, TimelineEntry } from "../scenario/scenario";
import { formatTicks } from "../time";
import { isImplant, visitsFrom } from "./script";

/** The part of a scenario that a snapshot keeps, as plain JSON without places in a file. */
export interface Kept {
  /** By the keys of a scenario's file. */
  settings: Record<string, unknown>;
  timeline: KeptEntry[];
}

export interface KeptEntry {
  at_ticks: number;
  /** Of an action or a fault. */
  name: string;
  with: unknown;
}

export interface Difference {
  text: string;
  /** Null for what is not in the file of the run. */
  place: Place | null;
}

/** The part of a scenario that must be the same before a snapshot. */
export function keptOf(scenario: Scenario): Kept {
  const { start, pump, commission, drugs, program, consent, timeline, ...others } = scenario;
  // A key of a scenario that this file does not know yet decides the run too, unless it is one of these.
  const { name: _name, file: _file, duration_ticks: _duration, seed: _seed, expect: _expect, ...unknown } = others;
  const { controller: _controller, gear: _gear, warnings: _warnings, ...rest } = unknown;
  return plain({
    settings: { start, pump, commission, drugs, prescription: program, confirm: consent, ...rest },
    timeline: timeline.map(keptEntry),
  });
}

/** The first difference between the scenario of a snapshot at `tick` and the scenario of a run, up to that tick; null for none. */
export function differenceBefore(saved: Kept, scenario: Scenario, tick: number): Difference | null {
  const kept = keptOf(scenario);
  const setting = firstDifference(saved.settings, kept.settings, "");
  if (setting !== null) return { text: `${setting} is not as it was in the snapshot's run`, place: null };
  const before = saved.timeline.filter(({ at_ticks }) => at_ticks < tick);
  const now = kept.timeline.filter(({ at_ticks }) => at_ticks < tick);
  for (let i = 0; i < Math.max(before.length, now.length); i++) {
    const [old, entry] = [before.at(i), now.at(i)];
    const different = old && entry && old.name === entry.name && old.at_ticks === entry.at_ticks;
    if (different) {
      const inner = firstDifference(old.with, entry.with, "");
      if (inner === null) continue;
      const text = `${wordsOf(entry)} lies before the snapshot and is not as it was: ${inner}`;
      return { text, place: scenario.timeline[i].place };
    }
    if (old && (entry === undefined || old.at_ticks < entry.at_ticks)) {
      return { text: `${wordsOf(old)} lies before the snapshot and is not in the timeline any more`, place: null };
    }
    const place = scenario.timeline[i].place;
    return { text: `${wordsOf(entry!)} lies before the snapshot and was not in the timeline of its run`, place };
  }
  return differenceOfVisits(saved, kept, scenario, tick);
}

/** The visits of a titrating clinician count from the first implant, so one that is still to come decides what was before it. */
function differenceOfVisits(saved: Kept, now: Kept, scenario: Scenario, tick: number): Difference | null {
  const { titration } = scenario;
  if (titration === undefined) return null;
  const [was, is] = [saved, now].map(({ timeline }) => {
    const implant = timeline.find(({ name }) => isImplant(name));
    return visitsFrom(scenario, implant?.at_ticks) + titration.every_ticks;
  });
  if (was === is || Math.min(was, is) >= tick) return null;
  const where = `was at ${formatTicks(was)} in the snapshot's run and is at ${formatTicks(is)} here`;
  return { text: `the first visit of the clinician, which counts from the first implant, ${where}`, place: null };
}

function keptEntry(entry: TimelineEntry): KeptEntry {
  const { at_ticks } = entry;
  if ("fault" in entry) {
    const { fault: name, ...others } = entry.fault;
    return { at_ticks, name, with: others };
  }
  const { do: name, ...others } = entry.action;
  return { at_ticks, name, with: others };
}

/** The value as JSON keeps it, without places: a comment in the file moves them and changes nothing else. */
function plain(value: Kept): Kept {
  return JSON.parse(JSON.stringify(value, (key, each) => (key === "place" ? undefined : (each as unknown)))) as Kept;
}

/** The path of the first place at which two values of JSON differ. */
function firstDifference(saved: unknown, now: unknown, path: string): string | null {
  if (saved === now) return null;
  if (!isTree(saved) || !isTree(now)) return path;
  for (const key of new Set([...Object.keys(saved), ...Object.keys(now)])) {
    const inner = firstDifference(saved[key], now[key], path === "" ? key : `${path}.${key}`);
    if (inner !== null) return inner;
  }
  return null;
}

function isTree(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function wordsOf({ name, at_ticks }: KeptEntry): string {
  return `${name} of ${formatTicks(at_ticks)}`;
}

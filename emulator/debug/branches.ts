// The branches of a session. What a person changes by hand is an entry of the timeline, at the tick of the change: an action, a
// fault, or a value that is set. So a branch is a scenario of its own, and its text is the export that reproduces it. The scenario's
// own entries keep their places in the file.

import { isMap, isSeq, parseDocument, type YAMLMap, type YAMLSeq } from "yaml";
import { FAULTS } from "../faults";
import { faultEntryOf, faultRowOf, FaultWordsError, parseFault } from "../scenario/fault-words";
import { parseScenario } from "../scenario/load";
import { parseTicks } from "../scenario/quantity";
import { ScenarioError, type Scenario } from "../scenario/scenario";
import { formatTicks } from "../time";
import { CommandError } from "./command-error";

/**
 * An entry of the timeline in the words of a scenario, without its time; a fault as a person types it (`motor_slip 20 %`); or the end
 * of a fault that is on.
 */
export type Deed =
  | { readonly entry: Readonly<Record<string, unknown>> }
  | { readonly inject: string }
  | { readonly release: string };

/** A deed at its tick. */
export interface Done {
  readonly tick: number;
  readonly deed: Deed;
}

/** A line of time: the scenario's own, or one that began with a deed. */
export interface Branch {
  /** 0 for the scenario's own. */
  readonly id: number;
  /** `main`, `branch 1`. */
  readonly name: string;
  /** The branch that it left, and where; null for the first. */
  readonly parent: number | null;
  readonly from: number;
  /** All deeds on the way, those of the parents included, in the order of time. */
  readonly deeds: readonly Done[];
  /** The furthest tick that was reached on it. */
  readonly reached: number;
}

/** The text and the scenario with these deeds. Throws CommandError for a deed that cannot be done. */
export function withDeeds(
  text: string,
  base: Scenario,
  seed: number,
  deeds: readonly Done[],
): { text: string; scenario: Scenario } {
  const document = parseDocument(text, { version: "1.2", merge: true });
  if (!isSeq(document.get("timeline"))) document.set("timeline", document.createNode([]));
  const timeline = document.get("timeline") as YAMLSeq;
  if (seed !== base.seed) document.set("seed", seed);
  try {
    for (const { tick, deed } of deeds) {
      if ("release" in deed) endFault(timeline, deed.release, tick);
      else {
        const entry = { at: formatTicks(tick), ...entryOf(deed) };
        timeline.add(document.createNode({ ...entry, ...endOf(timeline, entry, tick) }, { flow: true }));
      }
    }
    const made = document.toString({ lineWidth: 0, flowCollectionPadding: true });
    return { text: made, scenario: inPlaces(parseScenario(made, base.file), base) };
  } catch (error) {
    if (error instanceof FaultWordsError) throw new CommandError(error.message);
    if (!(error instanceof ScenarioError)) throw error;
    throw new CommandError(messageOf(error));
  }
}

/** The first problem, without its place: the line is one of a file that nobody has. */
export function messageOf(error: ScenarioError): string {
  return error.message.replace(/^.*?:\d+:\d+: /, "").split("\n")[0];
}

/** `do: set, symbol: therapy.rate, value: 5`, as in the scenario. */
export function textOfDeed(deed: Deed): string {
  if ("release" in deed) return `release ${deed.release}`;
  return Object.entries(entryOf(deed))
    .map(([key, value]) => `${key}: ${String(value)}`)
    .join(", ");
}

function entryOf(deed: Exclude<Deed, { release: string }>): Readonly<Record<string, unknown>> {
  if ("entry" in deed) return deed.entry;
  parseFault(deed.inject);
  return faultEntryOf(deed.inject);
}

/** A fault that lasts ends where the timeline has the same one again, which takes its place. */
function endOf(
  timeline: YAMLSeq,
  { fault, ...keys }: Readonly<Record<string, unknown>>,
  tick: number,
): { for?: string } {
  if (typeof fault !== "string" || "for" in keys) return {};
  const row = FAULTS.find(({ name }) => {
    const [group, variant] = name.split(".");
    return group === fault && (variant === undefined || variant in keys);
  });
  if (row?.duration !== "lasting") return {};
  const [, variant] = row.name.split(".");
  const later = timeline.items.flatMap((each) => {
    const isSame = isMap(each) && each.get("fault") === fault && (variant === undefined || each.has(variant));
    const at = isSame ? ticksOf(each.get("at")) : NaN;
    return at > tick ? [at] : [];
  });
  return later.length === 0 ? {} : { for: formatTicks(Math.min(...later) - tick) };
}

/** Lets the fault that is on at `tick` end there. */
function endFault(timeline: YAMLSeq, name: string, tick: number): void {
  faultRowOf(name);
  const [group, variant] = name.split(".");
  const found = timeline.items.findLastIndex((each) => {
    if (!isMap(each) || each.get("fault") !== group || (variant !== undefined && !each.has(variant))) return false;
    const began = ticksOf(each.get("at"));
    return began <= tick && (!each.has("for") || began + ticksOf(each.get("for")) > tick);
  });
  if (found < 0) throw new CommandError(`the fault ${name} is not on`);
  const entry = timeline.items[found] as YAMLMap;
  const lasted = tick - ticksOf(entry.get("at"));
  if (lasted === 0) timeline.delete(found);
  else entry.set("for", formatTicks(lasted));
}

function ticksOf(words: unknown): number {
  const parsed = parseTicks(String(words));
  return parsed.ok ? parsed.ticks : NaN;
}

/** The scenario with the places that its entries and expectations have in the file of `base`; a deed's is the file's first line. */
function inPlaces(scenario: Scenario, base: Scenario): Scenario {
  const own = base.timeline.map((entry) => ({ ...entry }));
  const timeline = scenario.timeline.map((entry) => {
    const known = own.findIndex((each) => isSameEntry(each, entry));
    const place = known < 0 ? { file: base.file, line: 1, column: 1 } : own.splice(known, 1)[0].place;
    return { ...entry, place };
  });
  const expect = scenario.expect.map((each, i) => ({ ...each, place: base.expect[i].place }));
  return { ...scenario, timeline, expect };
}

function isSameEntry(one: Scenario["timeline"][number], other: Scenario["timeline"][number]): boolean {
  if (one.at_ticks !== other.at_ticks) return false;
  // A fault that a deed ends is the same entry.
  if ("fault" in one) return "fault" in other && one.fault.fault === other.fault.fault;
  return "action" in other && JSON.stringify(one.action) === JSON.stringify(other.action);
}

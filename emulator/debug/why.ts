// `why`: a denial, a refusal or an alarm in the field's words. Each reason by which the firmware denies or refuses has a row: the rule
// that it serves, what the answer shows, and the sentence itself, which is made from the state of the reference controller at
// the end of the tick in question. What a reason means is said in contract/codes.ts. The table of docs/debugging.md is made from
// these rows (scripts/docs.ts). Another controller has other symbols, so of its reasons only the meaning is told.

import { PULSE_NL, TICKS_PER_DAY, TICKS_PER_HOUR, TICKS_PER_MINUTE } from "../../hal/units";
import { figure, inUlPerDay, NL_PER_ML, NL_PER_UL } from "../amounts";
import { ALARM_ROWS } from "../contract/alarms";
import { OUTCOME_LIST } from "../contract/codes";
import { EVENT_NAMES } from "../machine/events";
import type { Machine } from "../machine/machine";
import { findSymbol } from "../machine/symbols";
import { describeUnknown } from "../names";
import type { RunEvent } from "../run/report";
import { formatTicks } from "../time";
import { CommandError } from "./command-error";

/** Reads a symbol of the reference controller. */
type Read = (symbol: string) => number;

interface WhyRow {
  reason: string;
  /** The requirement that the rule serves. */
  rule: string;
  /** The content of the answer, for the page. */
  shows: string;
  /** The sentence about the missing part, in that state; the empty text when the state does not show it any more. */
  missing(read: Read, machine: Machine): string;
}

const uL = (pulses: number) => figure((pulses * PULSE_NL) / NL_PER_UL);
const mL = (pulses: number) => `${figure((pulses * PULSE_NL) / NL_PER_ML)} mL`;
const hours = (minutes: number) => formatTicks(minutes * TICKS_PER_MINUTE);

/** A row a reason of a denied bolus, and of a refused command or program. */
export const WHY_ROWS: readonly WhyRow[] = [
  {
    reason: "lockout",
    rule: "PTB-1",
    shows: "when the last bolus was accepted, and how much of the lockout is left",
    missing: (read) => {
      const lockout = read("program.lockoutTicks");
      const waited = read("clock.now") - read("therapy.patientBolus.lastStart");
      if (read("therapy.patientBolus.hasStarted") === 0 || waited >= lockout)
        return `the lockout of ${formatTicks(lockout)} is over`;
      const left = formatTicks(lockout - waited);
      return `lockout ${left} left: the last bolus was accepted ${formatTicks(waited)} before, and the lockout is ${formatTicks(lockout)}`;
    },
  },
  {
    reason: "per_24h",
    rule: "PTB-2",
    shows: "the boluses of the last 24 h, of how many, and when the oldest leaves",
    missing: (read) => {
      const [count, cap] = [read("therapy.patientBolus.startsCount"), read("program.capPerDay")];
      const counted = `${count} of ${cap} patient boluses were accepted in the last 24 h`;
      if (count === 0 || count < cap) return counted;
      const oldest = read(`therapy.patientBolus.starts[${read("therapy.patientBolus.oldestStart")}]`);
      return `${counted}; the oldest leaves in ${formatTicks(oldest + TICKS_PER_DAY - read("clock.now"))}`;
    },
  },
  {
    reason: "dose_limit",
    rule: "LIM-2",
    shows: "what each window holds, of how much, and what the bolus and the basal of the window add",
    missing: (read) => {
      const pulses = read("therapy.request.pulses") || read("program.bolusPulses");
      const windows = Array.from({ length: read("program.limits") }, (_, i) => windowWords(read, i));
      const basal = figure((inUlPerDay(read("therapy.rate")) * TICKS_PER_HOUR) / TICKS_PER_DAY);
      return `${windows.join("; ")}; the bolus adds ${uL(pulses)} uL, and basal ${basal} uL an hour until it has left the window`;
    },
  },
  {
    reason: "busy",
    rule: "PTB-3",
    shows: "the bolus, prime, bridge or request that is under way",
    missing: (read) => {
      const given = `${uL(read("therapy.bolus.given"))} of ${uL(read("therapy.bolus.spread.pulses"))} uL are given`;
      if (read("therapy.bolus.cause") !== 0) return `another bolus is under way: ${given}`;
      if (read("therapy.bridge.left") > 0)
        return `a bridge is under way: ${uL(read("therapy.bridge.left"))} uL are left`;
      return read("therapy.request.cause") !== 0 ? "another request waits for its answer" : "";
    },
  },
  {
    reason: "stopped",
    rule: "PTB-3",
    shows: "whether a command, an alarm or the program has stopped the pump",
    missing: (read, machine) => {
      const stopping = activeAlarms(machine).filter(({ effect }) => effect === "stops");
      if (stopping.length > 0) return `the pump is stopped by ${stopping.map(({ name }) => name).join(", ")}`;
      return read("therapy.running") === 0
        ? "the pump was stopped by a command and not started since"
        : `the program in force gives nothing at this hour (basal ${inUlPerDay(read("therapy.rate"))} uL/day)`;
    },
  },
  {
    reason: "alarm",
    rule: "PTB-3",
    shows: "the critical alarms that are active, and the cause of each",
    missing: (read, machine) => {
      const critical = activeAlarms(machine).filter((alarm) => alarm.critical);
      if (critical.length > 0) return critical.map(({ name, cause }) => `${name}: ${cause}`).join("; ");
      return read("memory.faulty") === 1 ? "the memory is faulty" : "";
    },
  },
  {
    reason: "empty",
    rule: "RES-3",
    shows: "what estimate and sensor find in the reservoir, and where it counts as empty",
    missing: (read) => {
      const asked = read("therapy.request.pulses") || read("program.bolusPulses");
      const content = Math.min(read("reservoir.estimate"), read("reservoir.filled"));
      return `the lower of estimate and sensor is ${mL(content)}, the bolus takes ${uL(asked)} uL, and at 1.4 mL the reservoir counts as empty`;
    },
  },
  {
    reason: "not_programmed",
    rule: "PTB-3",
    shows: "whether a program is in force, and whether it has a patient bolus",
    missing: (read) =>
      read("program.valid") === 0 ? "no program is in force" : "the program in force has no patient bolus",
  },
  {
    reason: "out_of_range",
    rule: "THR-5",
    shows: "the rates of basal and bolus, and the fastest that the pump gives",
    missing: (read) => {
      const [pulses, ticks] = [read("program.bolusPulses"), read("program.bolusTicks")];
      const basal = inUlPerDay(read("therapy.rate"));
      if (pulses === 0 || ticks === 0) return "";
      const bolus = figure(Math.round((pulses * PULSE_NL * TICKS_PER_DAY * 100) / ticks / NL_PER_UL) / 100);
      return `basal gives ${basal} uL/day now, a patient bolus ${bolus} uL/day on top of it, and the pump at most 24000 uL/day`;
    },
  },
  {
    reason: "life_cycle",
    rule: "LIF-1",
    shows: "the state of the pump's life",
    missing: (_, machine) => `the pump's life is ${wordOf(machine, "pump.life")}`,
  },
];

/** The alarms that are active, by their rows. */
function activeAlarms(machine: Machine) {
  const bits = machine.signal("alarm.active");
  return ALARM_ROWS.filter(({ id }) => (bits & (1 << id)) !== 0);
}

function wordOf(machine: Machine, signal: string): string {
  const { meaning, read } = findSymbol(machine, signal)!;
  return meaning.kind === "code" ? meaning.names[read()] : String(read());
}

function windowWords(read: Read, window: number): string {
  const [minutes, limit] = [read(`program.limitMinutes[${window}]`), read(`program.limitPulses[${window}]`)];
  return `window ${window + 1} (${hours(minutes)}) at ${uL(read(`limiter.ring.count[${window}]`))} of ${uL(limit)} uL`;
}

/** The words that `why` takes: the names of events, and the reasons. */
export function whyWords(): string[] {
  return [...EVENT_NAMES, ...OUTCOME_LIST.rows.slice(1).map(({ name }) => name)];
}

/** The events that `why` is asked about: those of that name, or with that reason. Throws CommandError for an unknown word. */
export function whyFilter(word: string): (event: RunEvent) => boolean {
  const known = whyWords();
  if (!known.includes(word)) throw new CommandError(describeUnknown("event or reason", word, known).split(";")[0]);
  return ({ name, reason }) => name === word || reason === word;
}

/** The meaning of a reason, its rule, and what was missing for it in the present state of the machine. */
export function reasonWords(machine: Machine, reason: string): string[] {
  const means = OUTCOME_LIST.rows.find(({ name }) => name === reason)?.means ?? "";
  const row = WHY_ROWS.find((each) => each.reason === reason);
  const lines = means === "" ? [] : [`${reason}${row ? ` (${row.rule})` : ""}: ${means}`];
  if (!row || machine.controllerName !== "reference") return lines;
  const missing = row.missing((symbol) => findSymbol(machine, symbol)?.read() ?? 0, machine);
  return missing === "" ? lines : [...lines, missing];
}

/** The explanation of an event, in the state of the machine at the end of its tick. */
export function eventWords(machine: Machine, event: RunEvent): string[] {
  if (typeof event.reason === "string") {
    const field = event.field === undefined || event.field === "none" ? [] : [`it is about the field ${event.field}`];
    return [...reasonWords(machine, event.reason), ...field];
  }
  const alarm = ALARM_ROWS.find(({ name }) => name === event.alarm);
  if (alarm) return [`${alarm.name}: ${alarm.cause}`, effectWords(alarm)];
  if (event.name === "limit_reached" && machine.controllerName === "reference")
    return reasonWords(machine, "dose_limit");
  if (event.name === "stopped" && event.by === "alarm") return reasonWords(machine, "stopped");
  return [];
}

function effectWords({ critical, effect, latches }: (typeof ALARM_ROWS)[number]): string {
  const does = { none: "delivery goes on", slows: "basal falls to the minimum rate", stops: "delivery stops" }[effect];
  const ends = latches ? "it stays until a clinician acknowledges it" : "it ends with its cause";
  return `${critical ? "critical" : "not critical"}: ${does}, and ${ends}`;
}

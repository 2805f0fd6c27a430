// Writes the readings of a pump as text for a person: status, alarms with priority, meaning and effect, the usage report, and
// entries of the log. Times are those of the pump's own clock.

import { ALARM_IS_CRITICAL, ALARM_LATCHES, ALARM_SLOWS, ALARM_STOPS, alarmRow, ALARMS } from "../../../hal/alarms";
import { FLAG_BOLUS, FLAG_HEAD, FLAG_LIMITED, FLAG_SELF_TEST, FLAG_STALLED } from "../../../hal/telemetry";
import { PULSE_NL } from "../../../hal/units";
import { alarmCause, alarmName } from "../../contract/alarms";
import { lifeName, modeName, outcomeName } from "../../contract/codes";
import { COMMAND_NAMES } from "../../contract/commands";
import { wallText } from "../../calendar";
import type { LogEntry, Status } from "../../telemetry/messages";
import { describeEvent, type EventFields } from "../../machine/events";
import type { Paint } from "../paint";
import { rate, volume, volumeOf_nl } from "./figures";
import { figure, inUlPerDay, numberWords } from "../../amounts";

type Row = readonly [label: string, text: string];

interface ActiveAlarm {
  id: number;
  name: string;
  priority: "critical" | "non-critical";
  means: string;
  effect: string;
}

/** The active alarms, the critical ones first. */
export function activeAlarms({ alarms }: Status): ActiveAlarm[] {
  const active = Array.from({ length: ALARMS }, (_, id) => id).filter((id) => (alarms & (1 << id)) !== 0);
  return active.map(describeAlarm).sort((a, b) => a.priority.localeCompare(b.priority) || a.id - b.id);
}

function describeAlarm(id: number): ActiveAlarm {
  const row = alarmRow(id);
  const effect =
    row & ALARM_STOPS ? "the pump is stopped" : row & ALARM_SLOWS ? "basal at minimum rate" : "delivery continues";
  const stays = row & ALARM_LATCHES ? "; stays until acknowledged" : "";
  const priority = row & ALARM_IS_CRITICAL ? "critical" : "non-critical";
  return { id, name: alarmName(id), priority, means: alarmCause(id), effect: `${effect}${stays}` };
}

function alarmLines(alarms: readonly ActiveAlarm[], paint: Paint): string {
  if (alarms.length === 0) return paint("green", "none");
  return alarms
    .map((each) => {
      const name = paint(each.priority === "critical" ? "red" : "yellow", each.name);
      return `${name} (${each.priority}): ${each.means}\n  ${each.effect}`;
    })
    .join("\n");
}

export function headIsInPlace({ flags }: Status): boolean {
  return (flags & FLAG_HEAD) !== 0;
}

/** The words of the pump's wall clock. */
export function wallOf({ minute, offset }: Status): string {
  return wallText(minute + offset);
}

export function statusRows(status: Status, paint: Paint): Row[] {
  const { flags, life, rate: now, estimate, cell_mv, supervised, bolusGiven, bolusTotal } = status;
  const rows: Row[] = [
    ["clock", wallOf(status)],
    ["life", lifeName(life)],
    ["therapy", `${modeName(status.mode)}${flags & FLAG_LIMITED ? ", held back by a dose limit" : ""}`],
    ["rate", `${rate(now)}, ${figure(inUlPerDay(Math.round(now / 24)))} uL/h`],
  ];
  if (flags & FLAG_BOLUS) rows.push(["bolus", `${volume(bolusGiven)} of ${volume(bolusTotal)} given`]);
  if (supervised > 0) rows.push(["prime or bridge", `${volume(supervised)} left`]);
  if (flags & FLAG_STALLED) rows.push(["motor", paint("red", "stalled")]);
  if (flags & FLAG_SELF_TEST) rows.push(["self-test", "running"]);
  rows.push(
    ["most in 24 h", volume(status.total)],
    ["reservoir", volume(estimate)],
    ["delivered", `${volume(status.pulses)} in ${numberWords(status.pulses)} pulses, ${status.missed} without proof`],
    ["battery", `${figure(cell_mv / 1000)} V`],
    ["self-test found", status.selfTest === 0 ? "nothing" : paint("red", `0x${status.selfTest.toString(16)}`)],
    ["head", headIsInPlace(status) ? "in place" : "not in place"],
    ["last command", lastCommand(status)],
    ["log", `${status.log} events, ${status.faults} faults; ${status.refusedFrames} frames refused`],
    ["alarms", alarmLines(activeAlarms(status), paint)],
  );
  return rows;
}

function lastCommand({ lastCommand: kind, lastOutcome, lastSequence }: Status): string {
  if (kind === 0) return "none since this pairing";
  return `${COMMAND_NAMES[kind] ?? `command ${kind}`}: ${outcomeName(lastOutcome)} (sequence ${lastSequence})`;
}

/** PTB-5: how many boluses were requested, granted, and denied for each reason. */
export function usageRows(status: Status): Row[] {
  const denied = deniedBy(status);
  const total = Object.values(denied).reduce((sum, count) => sum + count, 0);
  return [
    ["bolus requests", String(status.requests)],
    ["granted", String(status.granted)],
    ["denied", String(total)],
    ...Object.entries(denied).map(([reason, count]): Row => [`  ${reason}`, String(count)]),
  ];
}

/** The numbers of denials by reason, without the reasons that did not occur. */
function deniedBy({ denied }: Status): Record<string, number> {
  const counted = denied.map((count, i) => [outcomeName(i + 1), count] as const);
  return Object.fromEntries(counted.filter(([, count]) => count > 0));
}

export function usageJson(status: Status): object {
  return { requests: status.requests, granted: status.granted, denied: deniedBy(status) };
}

export function statusJson(status: Status): object {
  const nl = (pulses: number) => pulses * PULSE_NL;
  return {
    clock: wallOf(status),
    life: lifeName(status.life),
    mode: modeName(status.mode),
    rate_ul_per_day: inUlPerDay(status.rate),
    bolus: status.flags & FLAG_BOLUS ? { given_nl: nl(status.bolusGiven), of_nl: nl(status.bolusTotal) } : null,
    supervised_left_nl: nl(status.supervised),
    limited: (status.flags & FLAG_LIMITED) !== 0,
    stalled: (status.flags & FLAG_STALLED) !== 0,
    self_test: { running: (status.flags & FLAG_SELF_TEST) !== 0, found: status.selfTest },
    head: headIsInPlace(status),
    total_24h_nl: nl(status.total),
    reservoir_nl: nl(status.estimate),
    delivered: { pulses: status.pulses, without_proof: status.missed },
    cell_mv: status.cell_mv,
    digest: (status.digest >>> 0).toString(16).padStart(8, "0"),
    last_command: {
      command: COMMAND_NAMES[status.lastCommand] ?? null,
      sequence: status.lastSequence,
      outcome: status.lastCommand === 0 ? null : outcomeName(status.lastOutcome),
    },
    log: { events: status.log, faults: status.faults },
    frames_refused: status.refusedFrames,
    alarms: activeAlarms(status).map(({ name, priority }) => ({ name, priority })),
  };
}

/** The event of an entry. The log keeps two of the three numbers of the trace, so a field of the third is left out. */
function eventOf({ code, a, b }: LogEntry): { name: string; fields: EventFields } {
  const event = describeEvent(code, a, b, NaN);
  if (event === null) return { name: `event ${code}`, fields: { a, b } };
  const known = Object.entries(event.fields).filter(([, value]) => !Number.isNaN(value));
  return { name: event.name, fields: Object.fromEntries(known) };
}

export function logLine(entry: LogEntry): string {
  const { name, fields } = eventOf(entry);
  const words = Object.entries(fields).map(([key, value]) => fieldText(key, value));
  const when = wallText(entry.wall).replace("T", " ");
  return `${String(entry.sequence).padStart(6)}  ${when}  ${name.padEnd(20)}${words.join(", ")}`.trimEnd();
}

export function logJson(entry: LogEntry): object {
  const { name, fields } = eventOf(entry);
  return { sequence: entry.sequence, minute: entry.minute, wall: wallText(entry.wall), name, ...fields };
}

function fieldText(key: string, value: string | number): string {
  if (typeof value === "string") return key === "to" || key === "reason" ? `${key} ${value}` : value;
  const units: [RegExp, (value: number) => string][] = [
    [/_nl$/, volumeOf_nl],
    [/_?ul_per_day$/, (found) => `${figure(found)} uL/day`],
    [/_pct$/, (found) => `${figure(found)} %`],
    [/_min$/, (found) => `${found} min`],
    [/_s$/, (found) => `${found} s`],
  ];
  const row = units.find(([suffix]) => suffix.test(key));
  const name = row ? key.replace(row[0], "") : key;
  return `${name.replaceAll("_", " ")} ${row ? row[1](value) : value}`.trim();
}

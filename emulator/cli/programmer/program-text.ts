// Writes a program for a person: drugs, basal, patient bolus with the sum of all boluses, limits and totals. It can stand alone
// or beside the program that it replaces. Also writes it as YAML that `program FILE` reads. Doses come from the pump's own
// record.

import { stringify } from "yaml";
import { MINUTES_PER_HOUR, PULSE_NL } from "../../../hal/units";
import { drugName } from "../../contract/drugs";
import { dayTotal } from "../../telemetry/program-totals";
import type { Program } from "../../telemetry/program";
import { WEEKDAY_NAMES } from "../../scenario/schema";
import {
  amount,
  change,
  concentration,
  minutes,
  rate as rateWords,
  rateOf,
  seconds,
  type Solute,
  volume,
} from "./figures";
import { CONCENTRATIONS_PER_UG_PER_ML, figure, NL_PER_UL } from "../../amounts";

type Row = readonly [label: string, text: string];

/** The drugs of a program. `names` are their names in the file; the record has only the numbers of the library. */
export function solutesOf(program: Program, names: readonly string[] = []): Solute[] {
  return (program.drugs ?? []).map(({ id, concentration: units }, i) => ({
    name: names[i] ?? drugName(id),
    concentration: units,
  }));
}

export function programRows(program: Program, solutes: readonly Solute[] = solutesOf(program)): Row[] {
  const { boluses, total } = dayTotal(program);
  const primary = solutes.slice(0, 1);
  return [
    ["drugs", solutes.map((each) => `${each.name} ${concentration(each.concentration)}`).join(", ") || "none named"],
    ...basalRows(program, primary),
    ...bolusRows(program, boluses, primary),
    ["most in 24 h", amount(total, solutes)],
    ...limitRows(program, primary),
    ["low reservoir at", volume(program.low_pulses)],
    ["refill due", program.refill_days ? `${program.refill_days} days after the last` : "no date"],
  ];
}

/** The present and the new program side by side, and the change of the 24-hour total. */
export function comparison(now: Program | null, next: Program, nextSolutes: readonly Solute[]): string {
  const before = new Map(now ? programRows(now) : []);
  const after = new Map(programRows(next, nextSolutes));
  const labels = merged([...before.keys()], [...after.keys()]);
  const lines = [
    ["", "now", "new"],
    ...labels.map((label) => [label, before.get(label) ?? "-", after.get(label) ?? "-"]),
  ];
  const width = (column: number) => Math.max(...lines.map((line) => line[column].length)) + 2;
  const widths = [width(0), width(1)];
  const rows = lines.map(([label, old, fresh]) => {
    const mark = label !== "" && old !== fresh ? "* " : "  ";
    return `${mark}${label.padEnd(widths[0])}${old.padEnd(widths[1])}${fresh}`.trimEnd();
  });
  const [old, fresh] = [now ? dayTotal(now).total : 0, dayTotal(next).total];
  return `${rows.join("\n")}\n\n  24-hour total: ${volume(old)} now, ${volume(fresh)} new: ${change(old, fresh)}`;
}

/** The labels of both lists. A label that only the first list has stands behind its predecessor from that list. */
function merged(first: readonly string[], second: readonly string[]): string[] {
  const all = [...second];
  first.forEach((label, i) => {
    if (!all.includes(label)) all.splice(i === 0 ? 0 : all.indexOf(first[i - 1]) + 1, 0, label);
  });
  return all;
}

function basalRows(program: Program, primary: readonly Solute[]): Row[] {
  const { mode, rate, periodic, flex } = program;
  switch (mode) {
    case "continuous":
      return [["basal", rateOf(rate, primary)]];
    case "minimum":
      return [["basal", `minimum rate, ${rateOf(600, primary)}`]];
    case "stopped":
      return [["basal", "stopped"]];
    case "periodic":
      return periodic
        ? [
            [
              "basal",
              `${amount(periodic.pulses, primary)} over ${seconds(periodic.duration_s)}, every ${minutes(periodic.every_min)}`,
            ],
          ]
        : [];
    case "flex":
      return flex ? flexRows(flex, primary) : [];
  }
}

function flexRows({ patterns, weekdays }: NonNullable<Program["flex"]>, primary: readonly Solute[]): Row[] {
  return patterns.flatMap((steps, pattern) => {
    const days = WEEKDAY_NAMES.filter((_, day) => weekdays[day] === pattern);
    if (days.length === 0) return [];
    const name = days.length === WEEKDAY_NAMES.length ? "daily" : days.join(" ");
    return steps.map(({ minute, rate }): Row => [`basal ${name} ${clock(minute)}`, rateOf(rate, primary)]);
  });
}

function bolusRows({ bolus }: Program, boluses: number, primary: readonly Solute[]): Row[] {
  if (!bolus) return [["patient bolus", "none"]];
  const { pulses, duration_s, lockout_min, per24h } = bolus;
  return [
    ["patient bolus", `${amount(pulses, primary)} over ${seconds(duration_s)}`],
    ["  lockout", minutes(lockout_min)],
    ["  at most", `${per24h} in 24 h: ${amount(boluses, primary)}`],
  ];
}

function limitRows({ limits }: Program, primary: readonly Solute[]): Row[] {
  if (limits.length === 0) return [["limits", "derived by the pump from the program, for 1 h and for 24 h"]];
  return limits.map(({ pulses, window_min }) => [`limit in ${minutes(window_min)}`, amount(pulses, primary)]);
}

function clock(minute: number): string {
  return `${String(Math.floor(minute / MINUTES_PER_HOUR)).padStart(2, "0")}:${String(minute % MINUTES_PER_HOUR).padStart(2, "0")}`;
}

/** The program as YAML for `program FILE`; null for a program without a drug, which no file can express. */
export function programYaml(program: Program): string | null {
  const solutes = solutesOf(program);
  if (solutes.length === 0) return null;
  const uL = (pulses: number) => `${figure((pulses * PULSE_NL) / NL_PER_UL)} uL`;
  const { mode, bolus, limits, low_pulses, refill_days } = program;
  const prescription = {
    basal: { mode, ...basalYaml(program, uL) },
    ...(bolus
      ? {
          patient_bolus: {
            volume: uL(bolus.pulses),
            duration: `${bolus.duration_s} s`,
            lockout: `${bolus.lockout_min} min`,
            per_24h: bolus.per24h,
          },
        }
      : {}),
    ...(limits.length > 0
      ? { limits: limits.map(({ pulses, window_min }) => ({ volume: uL(pulses), window: `${window_min} min` })) }
      : {}),
    low_reservoir: uL(low_pulses),
    ...(refill_days ? { refill_interval: `${refill_days} d` } : {}),
  };
  const drugs = solutes.map((each) => ({
    name: each.name,
    concentration: `${figure(each.concentration / CONCENTRATIONS_PER_UG_PER_ML)} ug/mL`,
  }));
  return stringify({ drugs, prescription });
}

function basalYaml({ mode, rate, periodic, flex }: Program, uL: (pulses: number) => string): object {
  if (mode === "continuous") return { rate: rateWords(rate) };
  if (mode === "periodic" && periodic) {
    const { pulses, duration_s, every_min } = periodic;
    return { volume: uL(pulses), duration: `${duration_s} s`, every: `${every_min} min` };
  }
  if (mode !== "flex" || !flex) return {};
  const patterns = flex.patterns.flatMap((steps, pattern) => {
    const days = WEEKDAY_NAMES.filter((_, day) => flex.weekdays[day] === pattern);
    return days.length > 0
      ? [{ days, steps: steps.map((step) => ({ at: clock(step.minute), rate: rateWords(step.rate) })) }]
      : [];
  });
  return { patterns };
}

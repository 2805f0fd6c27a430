// Turns a YAML 1.2 file into the scenario that the engine trusts. Every problem is found here, with the line and column of the
// key or value that it is about. The checks have three stages. The first checks that the text is YAML, the second that it has
// the shape of `schema.ts`, and the third that its parts fit each other (drugs and doses, faults and time). All problems of one
// stage are reported at once, in the order of the file. No later code checks again, and every error thrown here is a
// ScenarioError.

import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { faultIndex, FAULTS } from "../faults";
import { NL_PER_ML } from "../amounts";
import { formatTicks } from "../time";
import { DRUGS_MAX } from "../world/reservoir";
import { at, type Context, checkWithin, type Filling, fillingAt } from "./context";
import { toExpectation } from "./expectations";
import { toBridge, toClinicianBolus, toConsent, toPrime, toProgram, toRecordDrug } from "./prescription";
import { failure, offsetOf, type Path, type Problem, problemAt, type Source } from "./problems";
import {
  type Action,
  type Consent,
  type Drug,
  type Place,
  type Program,
  type Pump,
  type Scenario,
  ScenarioError,
  type TimelineEntry,
} from "./scenario";
import { ALARM_NAMES, CAPACITY_NL, orderShape, type ParsedFault, type ParsedScenario, scenarioShape } from "./schema";
import { shaped } from "./shape";
import { readYaml, toValue } from "./yaml";

/** 2026-01-01T00:00, which is 9,497 days after 2000-01-01T00:00. */
const START_DEFAULT = { minute: 13_675_680, second: 0 };
const SEED_DEFAULT = 1;
const MODEL_DEFAULT = "implant-20";
const CATHETER_DEFAULT = { length_cm: 89, volume_nlPerCm: 2200 };

/** Reads and parses a scenario file. Throws nothing but ScenarioError; its place is null if the file is unreadable. */
export function loadScenario(path: string): Scenario {
  return parseScenario(textIn(path, "a scenario file"), path);
}

/** Reads and parses a file for `parseOrder`. Throws like `loadScenario`. */
export function loadOrder(path: string): Order {
  return parseOrder(textIn(path, "a file with drugs and a prescription"), path);
}

function textIn(path: string, what: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "unknown error";
    const why = code === "ENOENT" ? "no such file" : code === "EISDIR" ? "found a directory" : code;
    throw new ScenarioError(`${path}: expected ${what} that can be read: ${why}`, null);
  }
}

/** Parses the text of a scenario; `file` is its name in messages. Throws ScenarioError, always with a place. */
export function parseScenario(text: string, file: string): Scenario {
  const source = readYaml(text, file);
  return scenarioIn(source, toValue(source));
}

/** The parts of a file that a programmer sends to a pump: the program and its confirmations. */
export interface Order {
  program: Program;
  consent: Consent;
  /** The names of the drugs in the file, the primary drug first. */
  drugs: string[];
}

/**
 * Parses a file that has `drugs` and `prescription` alone, or a whole scenario, of which it takes the program at the start.
 * Throws ScenarioError, always with a place.
 */
export function parseOrder(text: string, file: string): Order {
  const source = readYaml(text, file);
  const value = toValue(source);
  if (isWholeScenario(value)) {
    const { program, consent, drugs } = scenarioIn(source, value);
    return { program, consent: consent ?? { confirm: 0, reason: 0 }, drugs: drugs.map(({ name }) => name) };
  }
  return checked(source, (refuse) => {
    const { drugs, prescription } = shaped(orderShape, value, source);
    const program = toProgram(prescription, toFilling(0, drugs), at(refuse, ["prescription"]));
    return { program, consent: toConsent(prescription), drugs: drugs.map(({ name }) => name) };
  });
}

/** True when the value has a key that only a scenario has. */
function isWholeScenario(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const own = Object.keys(orderShape.shape);
  return Object.keys(scenarioShape.shape).some((key) => !own.includes(key) && key in value);
}

function scenarioIn(source: Source, value: unknown): Scenario {
  return checked(source, (refuse) => build(shaped(scenarioShape, value, source), source, refuse));
}

/** The result of `work`. Throws one ScenarioError with all problems that `work` refuses. */
function checked<T>(source: Source, work: (refuse: Context["refuse"]) => T): T {
  const problems: Problem[] = [];
  const result = work((path, message) => problems.push(problemAt(source, path, message, false)));
  if (problems.length > 0) throw failure(problems, source);
  return result;
}

// ---- from shape to scenario

type ParsedEntry = NonNullable<ParsedScenario["timeline"]>[number];
type ParsedAction = Exclude<ParsedEntry, ParsedFault>;

function build(parsed: ParsedScenario, source: Source, refuse: Context["refuse"]): Scenario {
  const pump = toPump(parsed.pump, refuse);
  const entries = (parsed.timeline ?? []).map((entry, i) => ({ entry, path: ["timeline", i] as Path }));
  entries.sort((a, b) => a.entry.at.ticks - b.entry.at.ticks);
  const fillings = [toFilling(0, parsed.drugs)];
  const names = parsed.drugs.map((drug) => drug.name);
  for (const { entry, path } of entries) {
    if (!("do" in entry)) continue;
    if (entry.do === "refill" && entry.drugs) fillings.push(toFilling(entry.at.ticks, entry.drugs));
    names.push(...drugNamesIn(entry).filter((name) => !names.includes(name)));
    if (names.length > DRUGS_MAX) {
      const key = entry.do === "port_injection" ? "drug" : "drugs";
      refuse([...path, key], `expected at most ${DRUGS_MAX} drugs in a file, found ${names.join(", ")}`);
    }
  }
  const placeOf = (path: Path): Place => {
    const { line, col } = source.lines.linePos(offsetOf(source.document, path, false));
    return { file: source.file, line, column: col };
  };
  const context: Context = {
    duration: parsed.duration,
    fillings,
    names,
    capacity_nl: pump.capacity_nl,
    refuse,
    placeOf,
  };

  checkTimes(entries, context);
  checkOverlaps(entries, context);
  return {
    name: parsed.name ?? basename(source.file).replace(/\.ya?ml$/, ""),
    file: source.file,
    start: parsed.start ?? { ...START_DEFAULT },
    duration_ticks: parsed.duration.ticks,
    seed: parsed.seed ?? SEED_DEFAULT,
    pump,
    drugs: toDrugs(parsed.drugs, names),
    program: toProgram(parsed.prescription, fillings[0], at(refuse, ["prescription"])),
    consent: toConsent(parsed.prescription),
    timeline: entries.map(({ entry, path }) => toEntry(entry, path, context)),
    expect: (parsed.expect ?? []).map((one, i) => toExpectation(one, ["expect", i], context)),
  };
}

/** The names of the drugs that an action brings. */
function drugNamesIn(action: ParsedAction): string[] {
  if (action.do === "refill" || action.do === "top_up") return (action.drugs ?? []).map((drug) => drug.name);
  return action.do === "port_injection" && action.drug !== undefined ? [action.drug] : [];
}

function toPump(parsed: ParsedScenario["pump"], refuse: Context["refuse"]): Pump {
  const model = (parsed?.model ?? MODEL_DEFAULT) as Pump["model"];
  const capacity_nl = CAPACITY_NL[model];
  const fill = parsed?.fill;
  if (fill?.value.gt(capacity_nl)) {
    refuse(
      ["pump", "fill"],
      `expected at most the ${capacity_nl / NL_PER_ML} mL that ${model} holds, found "${fill.text}"`,
    );
  }
  return {
    model,
    capacity_nl,
    fill_nl: fill?.value.valueOf() ?? capacity_nl,
    catheter: {
      length_cm: parsed?.catheter?.length?.value.valueOf() ?? CATHETER_DEFAULT.length_cm,
      volume_nlPerCm: parsed?.catheter?.volume?.value.valueOf() ?? CATHETER_DEFAULT.volume_nlPerCm,
    },
    state: (parsed?.state ?? "primed") as Pump["state"],
    unit: {
      bias: parsed?.unit?.bias?.value.valueOf() ?? 0,
      ripple: parsed?.unit?.ripple?.value.valueOf() ?? 0,
    },
    life: parsed?.life === "shelf" ? "shelf" : "in_service",
  };
}

function toFilling(at_ticks: number, parsed: ParsedScenario["drugs"]): Filling {
  const drugs = parsed.map(({ name, concentration }) => toRecordDrug(name, concentration));
  return { at_ticks, name: parsed[0].name, concentration: parsed[0].concentration.value, drugs };
}

/** The concentrations of a solution for all drugs of the file, in its order: 0 for those that it does not have. */
function toDrugs(parsed: ParsedScenario["drugs"], names: readonly string[]): Drug[] {
  return names.map((name) => ({
    name,
    concentration_mgPerMl: parsed.find((drug) => drug.name === name)?.concentration.value.valueOf() ?? 0,
  }));
}

// ---- timeline

function checkTimes(entries: { entry: ParsedEntry; path: Path }[], context: Context): void {
  for (const { entry, path } of entries) checkWithin(entry.at, [...path, "at"], context);
}

/** Refuses a fault that begins while the same fault is on, in the same or another form. `entries` are in order of time. */
function checkOverlaps(entries: { entry: ParsedEntry; path: Path }[], context: Context): void {
  const last = new Map<string, { fault: string; ends: number; place: Place }>();
  for (const { entry, path } of entries) {
    if (!("entry" in entry)) continue;
    const { fault, for_ticks } = entry.entry;
    const kind = fault === "altitude" ? "pressure" : fault;
    const before = last.get(kind);
    const start = entry.at.ticks;
    if (before !== undefined && start < before.ends) {
      const until = before.ends === Infinity ? "lasts to the end of the run" : `ends at ${formatTicks(before.ends)}`;
      context.refuse(
        path,
        `${before.fault} is on already: that of line ${before.place.line} ${until}, this starts at ${entry.at.text}`,
      );
    }
    const isLasting = FAULTS[faultIndex(fault)].duration === "lasting";
    const ends = isLasting ? start + (for_ticks ?? Infinity) : start;
    if (before === undefined || ends > before.ends) last.set(kind, { fault, ends, place: context.placeOf(path) });
  }
}

function toEntry(entry: ParsedEntry, path: Path, context: Context): TimelineEntry {
  const common = { at_ticks: entry.at.ticks, place: context.placeOf(path) };
  return "entry" in entry ? { ...common, fault: entry.entry } : { ...common, action: toAction(entry, path, context) };
}

function toAction(parsed: ParsedAction, path: Path, context: Context): Action {
  const refuse = at(context.refuse, path);
  const filling = fillingAt(parsed.at.ticks, context);
  const { concentration } = filling;
  switch (parsed.do) {
    case "clinician_bolus":
      return toClinicianBolus(parsed, concentration, refuse);
    case "program":
      return {
        do: "program",
        program: toProgram(parsed.prescription, filling, at(context.refuse, [...path, "prescription"])),
        consent: toConsent(parsed.prescription),
      };
    case "prime":
      return toPrime(parsed, concentration, refuse);
    case "bridge":
      return toBridge(parsed, concentration, refuse);
    case "implant":
      return { do: "implant", purged: parsed.purged ?? false };
    case "refill": {
      if (parsed.fill.value.gt(context.capacity_nl)) {
        const holds = `the ${context.capacity_nl / NL_PER_ML} mL that the pump holds`;
        refuse(["fill"], `expected at most ${holds}, found "${parsed.fill.text}" (to go beyond: \`fault: overfill\`)`);
      }
      return {
        do: "refill",
        aspirate_nl: parsed.aspirate?.value.valueOf() ?? null,
        fill_nl: parsed.fill.value.valueOf(),
        drugs: parsed.drugs ? toDrugs(parsed.drugs, context.names) : null,
        accept: parsed.accept ?? true,
      };
    }
    case "tap":
    case "port_aspiration":
      return { do: parsed.do, volume_nl: parsed.volume.value.valueOf() };
    case "top_up": {
      const drugs = parsed.drugs ? toDrugs(parsed.drugs, context.names) : null;
      return { do: "top_up", volume_nl: parsed.volume.value.valueOf(), drugs };
    }
    case "port_injection":
      return toPortInjection(parsed, filling.name, path, context);
    case "set_clock":
      if (parsed.to.second !== 0) refuse(["to"], "expected whole minutes: the pump's clock has no seconds");
      return { do: "set_clock", wallMinute: parsed.to.minute };
    case "acknowledge":
      return { do: "acknowledge", alarm: ALARM_NAMES.indexOf(parsed.alarm) };
    default:
      return { do: parsed.do };
  }
}

function toPortInjection(
  parsed: Extract<ParsedAction, { do: "port_injection" }>,
  primary: string,
  path: Path,
  context: Context,
): Action {
  const { drug = primary, dose, volume } = parsed;
  if (volume.value.equals(0)) context.refuse([...path, "volume"], `expected a volume above 0, found "${volume.text}"`);
  if (parsed.drug !== undefined && dose === undefined) {
    context.refuse([...path, "drug"], "expected `dose` beside `drug`: without a dose the fluid is clear");
  }
  const drug_ng = context.names.map((name) => (name === drug && dose ? dose.value.valueOf() : 0));
  return { do: "port_injection", volume_nl: volume.value.valueOf(), drug_ng };
}

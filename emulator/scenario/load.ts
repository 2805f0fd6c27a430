// Turns a YAML 1.2 file into the scenario that the engine trusts. Every problem is found here, with the line and column of the
// key or value that it is about: that the text is YAML, that it has the shape of `schema.ts`, that its parts fit each other
// (drugs and doses, faults and time), and that the controller has the fields that it names. All of them are told at once, in
// the order of the file, and none that is only the consequence of another. What is allowed and probably not meant becomes a
// warning. No later code checks again, and every error thrown here is a ScenarioError.

import { readFileSync } from "node:fs";
import { basename, dirname, isAbsolute, join } from "node:path";
import type { z } from "zod";
import { MINUTES_PER_DAY } from "../../hal/units";
import { NL_PER_ML } from "../amounts";
import { faultIndex, FAULTS } from "../faults";
import { signalsWith } from "../machine/signals";
import { formatTicks } from "../time";
import { DRUGS_MAX } from "../world/reservoir";
import { at, capacityAt, type Context, type Filling, fillingAt } from "./context";
import { drugIn, isSameDrug } from "./drug-names";
import { toExpectation } from "./expectations";
import { warnOfOdd } from "./oddities";
import { type Refuse, toBridge, toClinicianBolus, toConsent, toPrime, toProgram, toRecordDrug } from "./prescription";
import type { Path, Problems } from "./problems";
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
import { ALARM_NAMES, CAPACITY_NL, orderShape, type ParsedAction, type ParsedScenario, scenarioShape } from "./schema";
import { DURATION_DAYS_MAX, type Span, time } from "./values";
import { checkConversions, checkThereIsAPatient, toInject, toPatient, toTitration, toTrial } from "./patient";
import type { Quantity } from "./quantity";
import { shaped, type Shaped, type StandIn, valueAt } from "./shape";
import { readYaml, type Source, unwritten } from "./yaml";

/** The message about a field that a controller does not have; null when it has it. */
export type FieldCheck = (field: string) => string | null;

/** For a controller whose fields are not known yet. The run then checks them. */
const anyField: FieldCheck = () => null;

/** The required parts that other checks need. While one is wrong, these take its place, and no check judges them. */
const STAND_INS: readonly StandIn[] = [
  { path: ["duration"], value: `${DURATION_DAYS_MAX} d` },
  { path: ["drugs"], value: [{ name: "unknown", concentration: "1 mg/mL" }] },
  { path: ["prescription", "basal"], value: { mode: "stopped" } },
  { path: ["prescription"], value: { basal: { mode: "stopped" } } },
];

/** 2026-01-01T00:00, which is 9,497 days after 2000-01-01T00:00. */
const START_DEFAULT = { minute: 13_675_680, second: 0 };
const SEED_DEFAULT = 1;
const MODEL_DEFAULT = "implant-20";
const CATHETER_DEFAULT = { length_cm: 89, volume_nlPerCm: 2200 };

/** Reads and parses a scenario file. Throws nothing but ScenarioError; its place is null if the file is unreadable. */
export function loadScenario(path: string, fields: FieldCheck = anyField): Scenario {
  return parseScenario(textIn(path, "a scenario file"), path, fields);
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
export function parseScenario(text: string, file: string, fields: FieldCheck = anyField): Scenario {
  return scenarioIn(readYaml(text, file), file, fields);
}

/** The scenario of a file that is not written yet, from its value, by the same rules. Throws ScenarioError. */
export function scenarioOf(value: unknown, file: string, fields: FieldCheck = anyField): Scenario {
  return scenarioIn(unwritten(value, file), file, fields);
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
  if (isWholeScenario(source.value)) {
    if (valueAt(source.value, ["prescription"]) === undefined) {
      source.problems.refuse([], "missing: expected a prescription, which a programmer sends to the pump");
    }
    const { program, consent, drugs } = scenarioIn(source, file, anyField);
    return { program, consent: consent ?? { confirm: 0, reason: 0 }, drugs: drugs.map(({ name }) => name) };
  }
  const { problems } = source;
  const parts = shaped(orderShape, source.value, problems, STAND_INS);
  const order = parts.value && orderOf(parts.value, refuserOf(parts, problems));
  problems.throwAny();
  return order!;
}

function orderOf({ drugs, prescription }: z.output<typeof orderShape>, refuse: Refuse): Order {
  const program = toProgram(prescription, toFilling(0, drugs), at(refuse, ["prescription"]));
  return { program, consent: toConsent(prescription), drugs: drugs.map(({ name }) => name) };
}

/** True when the value has a key that only a scenario has. */
function isWholeScenario(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const own = Object.keys(orderShape.shape);
  return Object.keys(scenarioShape.shape).some((key) => !own.includes(key) && key in value);
}

function scenarioIn({ value, problems }: Source, file: string, fields: FieldCheck): Scenario {
  const parts = shaped(scenarioShape, value, problems, STAND_INS);
  const scenario = parts.value && build(parts.value, parts, file, problems, fields);
  checkTimes(value, problems);
  problems.throwAny();
  return scenario!;
}

/** Problems of a parsed part go to their place in the file. One with a dose may be a consequence of unknown drugs. */
function refuserOf(parts: Shaped<unknown>, problems: Problems): Refuse {
  const drugsAreKnown = areDrugsKnown(parts);
  return (path, message) => {
    if (drugsAreKnown || path[path.length - 1] !== "dose") problems.refuse(parts.inFile(path), message);
  };
}

function areDrugsKnown(parts: Shaped<unknown>): boolean {
  return !parts.leftOut.some((path) => path.includes("drugs") || path.includes("concentration"));
}

// ---- from shape to scenario

type ParsedEntry = NonNullable<ParsedScenario["timeline"]>[number];

interface Placed {
  entry: ParsedEntry;
  path: Path;
}

function build(
  parsed: ParsedScenario,
  parts: Shaped<unknown>,
  file: string,
  problems: Problems,
  fields: FieldCheck,
): Scenario {
  const refuse = refuserOf(parts, problems);
  const inUse = toPump(parsed.pump, refuse);
  // Before a trial by needle nobody has a pump, so the one in the box is empty.
  const isInBox = parsed.trial !== undefined && parsed.trial.kind !== "infusion";
  const pump = isInBox ? { ...inUse, fill_nl: 0 } : inUse;
  const entries: Placed[] = (parsed.timeline ?? []).map((entry, i) => ({ entry, path: ["timeline", i] }));
  entries.sort((a, b) => a.entry.at.ticks - b.entry.at.ticks);
  const fillings = [toFilling(0, parsed.drugs)];
  const names = parsed.drugs.map((drug) => drug.name);
  for (const { entry, path } of entries) {
    if (!("do" in entry)) continue;
    if ((entry.do === "refill" || entry.do === "convert") && entry.drugs) {
      fillings.push({ ...toFilling(entry.at.ticks, entry.drugs), name: drugIn(names, entry.drugs[0].name) });
    }
    names.push(...drugNamesIn(entry).filter((name) => !names.includes(drugIn(names, name))));
    if (names.length > DRUGS_MAX) {
      const key = "drug" in entry ? "drug" : "drugs";
      refuse([...path, key], `expected at most ${DRUGS_MAX} drugs in a file, found ${names.join(", ")}`);
    }
  }
  const start = parsed.start ?? { ...START_DEFAULT };
  const { prescription = { basal: { mode: "stopped" } } } = parsed;
  const drugs = toDrugs(parsed.drugs, names);
  const program = toProgram(prescription, fillings[0], at(refuse, ["prescription"]));
  const patient = parsed.patient && toPatient(parsed.patient, drugs, start.minute % MINUTES_PER_DAY, program);
  // One that is wrong is there too, and its problems are told.
  const isPatientThere = patient !== undefined || parts.leftOut.some(([key]) => key === "patient");
  const context: Context = {
    duration: parsed.duration,
    fillings,
    names,
    capacities: capacitiesOf(pump, entries),
    signals: patient ? signalsWith(patient).map(({ name }) => name) : [],
    isPatientThere,
    drugsAreKnown: areDrugsKnown(parts),
    refuse,
    warn: (path, message) => problems.warn(parts.inFile(path), message),
    placeOf: (path) => problems.placeOf(parts.inFile(path)),
  };
  checkOverlaps(entries, context);
  // The fields that the caller knows are not those of a controller that the file names.
  checkFields(entries, parsed.controller === undefined ? fields : anyField, context);
  if (!isPatientThere) checkThereIsAPatient(parsed, refuse);
  const trial = parsed.trial && toTrial(parsed.trial, parsed, pump, context);
  checkConversions(parsed, trial, context);
  const scenario: Scenario = {
    name: parsed.name ?? basename(file).replace(/\.ya?ml$/, ""),
    file,
    start,
    duration_ticks: parsed.duration.ticks,
    seed: parsed.seed ?? SEED_DEFAULT,
    pump,
    drugs,
    ...(patient === undefined ? {} : { patient }),
    ...(parsed.clinician === undefined ? {} : { titration: toTitration(parsed.clinician) }),
    ...(trial === undefined ? {} : { trial }),
    ...(parsed.controller === undefined ? {} : { controller: pathFrom(file, parsed.controller) }),
    ...(parsed.gear === undefined ? {} : { gear: parsed.gear as NonNullable<Scenario["gear"]> }),
    ...(parsed.commission === undefined ? {} : { commission: "none" }),
    program,
    consent: toConsent(prescription),
    timeline: entries.map(({ entry, path }) => toEntry(entry, path, context)),
    expect: (parsed.expect ?? []).map((one, i) => toExpectation(one, ["expect", i], context)),
  };
  warnOfOdd(parsed, scenario, context);
  return { ...scenario, warnings: problems.warnings() };
}

/** The capacity of the pump at the start, and of the implant that takes its place. */
function capacitiesOf(pump: Pump, entries: readonly Placed[]): Context["capacities"] {
  const later = entries.flatMap(({ entry }) => {
    if (!("do" in entry) || entry.do !== "convert") return [];
    return [{ at_ticks: entry.at.ticks, capacity_nl: CAPACITY_NL[entry.model as keyof typeof CAPACITY_NL] }];
  });
  return [{ at_ticks: 0, capacity_nl: pump.capacity_nl }, ...later];
}

/** A path that a file names, as seen from the present folder. */
function pathFrom(file: string, path: string): string {
  return isAbsolute(path) ? path : join(dirname(file), path);
}

/** The names of the drugs that an action brings. */
function drugNamesIn(action: ParsedAction): string[] {
  if ("drugs" in action) return (action.drugs ?? []).map((drug) => drug.name);
  return "drug" in action && action.drug !== undefined ? [action.drug] : [];
}

function toPump(parsed: ParsedScenario["pump"], refuse: Refuse): Pump {
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
    concentration_mgPerMl: parsed.find((drug) => isSameDrug(drug.name, name))?.concentration.value.valueOf() ?? 0,
  }));
}

// ---- timeline

/** The keys of an expectation that hold a time of the run, each a path below the expectation. */
const TIMES: readonly (readonly (string | number)[])[] = [
  ["from"],
  ["to"],
  ["at"],
  ["between", 0],
  ["between", 1],
  ["raised", "after"],
  ["cleared", "after"],
];

/** Refuses every time beyond the run, in parts that are wrong otherwise too. */
function checkTimes(value: unknown, problems: Problems): void {
  const run = spanIn(value, ["duration"]);
  if (run === null) return;
  const check = (path: Path): void => {
    const span = spanIn(value, path);
    if (span === null || span.ticks <= run.ticks) return;
    problems.refuse(path, `expected a time within the run of ${run.text}, found "${span.text}"`);
  };
  elementsIn(value, "timeline").forEach((_, i) => check(["timeline", i, "at"]));
  elementsIn(value, "expect").forEach((one, i) => {
    const kinds = typeof one === "object" && one !== null ? Object.keys(one) : [];
    for (const kind of kinds) for (const time of TIMES) check(["expect", i, kind, ...time]);
  });
}

function elementsIn(value: unknown, key: string): readonly unknown[] {
  const list = valueAt(value, [key]);
  return Array.isArray(list) ? list : [];
}

/** The time at that path; null if there is none, which is then another problem or none. */
function spanIn(value: unknown, path: Path): Span | null {
  const parsed = time.safeParse(valueAt(value, path));
  return parsed.success ? parsed.data : null;
}

/** Refuses a flip in a field that the controller does not have. */
function checkFields(entries: readonly Placed[], fields: FieldCheck, { refuse }: Context): void {
  for (const { entry, path } of entries) {
    if (!("entry" in entry) || entry.entry.field === null) continue;
    const problem = fields(entry.entry.field);
    if (problem !== null) refuse([...path, "field"], problem);
  }
}

/** Refuses a fault that begins while the same fault is on, in the same or another form. `entries` are in order of time. */
function checkOverlaps(entries: readonly Placed[], context: Context): void {
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
    case "inject":
      return toInject(parsed, filling.name, path, context);
    case "convert": {
      const model = parsed.model as Extract<Action, { do: "convert" }>["model"];
      const capacity_nl = CAPACITY_NL[model];
      checkFill(parsed.fill, capacity_nl, refuse);
      const drugs = parsed.drugs ? toDrugs(parsed.drugs, context.names) : null;
      return { do: "convert", model, capacity_nl, fill_nl: parsed.fill.value.valueOf(), drugs };
    }
    case "refill": {
      checkFill(parsed.fill, capacityAt(parsed.at.ticks, context), refuse);
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
    case "set":
      return { do: "set", symbol: parsed.symbol, value: parsed.value };
    case "acknowledge":
      return { do: "acknowledge", alarm: ALARM_NAMES.indexOf(parsed.alarm) };
    default:
      return { do: parsed.do };
  }
}

function checkFill(fill: Quantity, capacity_nl: number, refuse: Refuse): void {
  if (!fill.value.gt(capacity_nl)) return;
  const holds = `the ${capacity_nl / NL_PER_ML} mL that the pump holds`;
  refuse(["fill"], `expected at most ${holds}, found "${fill.text}" (to go beyond: \`fault: overfill\`)`);
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
  const drug_ng = context.names.map((name) => (isSameDrug(name, drug) && dose ? dose.value.valueOf() : 0));
  return { do: "port_injection", volume_nl: volume.value.valueOf(), drug_ng };
}

// Turns a YAML 1.2 file into the scenario that the engine trusts. Every problem is found here, with the line and column of the
// key or value that it is about. The checks have three stages. The first checks that the text is YAML, the second that it has
// the shape of `schema.ts`, and the third that its parts fit each other (drugs and doses, faults and time). All problems of one
// stage are reported at once, in the order of the file. No later code checks again, and every error thrown here is a
// ScenarioError.

import { closest, distance } from "fastest-levenshtein";
import type Fraction from "fraction.js";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  visit,
  type YAMLError,
} from "yaml";
import type { z } from "zod";
import { faultIndex, FAULTS } from "../faults";
import { describeFound, describeUnknown } from "../names";
import { formatTicks } from "../time";
import type { Quantity } from "./quantity";
import {
  type Refuse,
  type Solution,
  toBridge,
  toClinicianBolus,
  toConsent,
  toPrime,
  toProgram,
  toRecordDrug,
  toVolume_nl,
} from "./prescription";
import {
  type Action,
  type Consent,
  type Drug,
  type Expectation,
  type Place,
  type Program,
  type Pump,
  type Scenario,
  ScenarioError,
  type TimelineEntry,
} from "./scenario";
import { DRUGS_MAX } from "../world/reservoir";
import {
  ALARM_NAMES,
  CAPACITY_NL,
  orderShape,
  type ParsedExpectation,
  type ParsedFault,
  type ParsedScenario,
  scenarioShape,
  type Span,
} from "./schema";
import { NG_PER_UG, NL_PER_ML } from "../amounts";

type Path = readonly PropertyKey[];

interface Problem {
  message: string;
  /** Offset of the problem in the text. */
  offset: number;
}

/** A parsed file, with the place in its text for each path in its value. */
interface Source {
  file: string;
  document: Document;
  lines: LineCounter;
}

const CHARACTERS_MAX = 1_000_000;
const PROBLEMS_SHOWN_MAX = 20;

/** 2026-01-01T00:00, which is 9,497 days after 2000-01-01T00:00. */
const START_DEFAULT = { minute: 13_675_680, second: 0 };
const SEED_DEFAULT = 1;
const MODEL_DEFAULT = "implant-20";
const CATHETER_DEFAULT = { length_cm: 89, volume_nlPerCm: 2200 };

/** Stands for no bound: JSON has no infinity. */
const ANY_NUMBER = Number.MAX_SAFE_INTEGER;

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

/** `value` parsed by that shape. Throws one ScenarioError with all of its problems. */
function shaped<T extends z.ZodType>(shape: T, value: unknown, source: Source): z.output<T> {
  const parsed = shape.safeParse(value);
  if (parsed.success) return parsed.data;
  const issues = relevant(flatten(parsed.error.issues, value, []));
  throw failure(
    issues.map(({ path, message, atKey }) => problemAt(source, path, message, atKey)),
    source,
  );
}

/** The result of `work`. Throws one ScenarioError with all problems that `work` refuses. */
function checked<T>(source: Source, work: (refuse: Context["refuse"]) => T): T {
  const problems: Problem[] = [];
  const result = work((path, message) => problems.push(problemAt(source, path, message, false)));
  if (problems.length > 0) throw failure(problems, source);
  return result;
}

function problemAt(source: Source, path: Path, message: string, atKey: boolean): Problem {
  return { message: withPath(path, message), offset: offsetOf(source.document, path, atKey) };
}

// ---- YAML

function readYaml(text: string, file: string): Source {
  const top: Place = { file, line: 1, column: 1 };
  if (text.length > CHARACTERS_MAX) {
    throw new ScenarioError(`expected at most ${CHARACTERS_MAX} characters, found ${text.length}`, top);
  }
  const lines = new LineCounter();
  let document: Document;
  try {
    document = parseDocument(text, { lineCounter: lines, prettyErrors: false, version: "1.2" });
  } catch (error) {
    // The composer is recursive: a file with thousands of nested levels ends here.
    throw new ScenarioError(`expected YAML, found what cannot be parsed: ${firstLine(error)}`, top);
  }
  const source = { file, document, lines };
  const problems: Problem[] = [...document.errors, ...document.warnings].map((found) => ({
    message: yamlProblem(found, text),
    offset: found.pos[0],
  }));
  if (document.directives?.yaml.version !== "1.2") {
    problems.push({
      message: `expected YAML 1.2, found a %YAML ${document.directives?.yaml.version} directive`,
      offset: 0,
    });
  }
  if (problems.length === 0) checkNodes(document, problems);
  if (problems.length > 0) throw failure(problems, source);
  return source;
}

function yamlProblem(found: YAMLError, text: string): string {
  if (found.code === "MULTIPLE_DOCS") return "expected one YAML document, found a second one";
  if (/call stack/.test(found.message)) return "expected YAML nested less deeply";
  if (found.code !== "DUPLICATE_KEY") return `not YAML 1.2: ${firstLine(found)}`;
  const key = /^[^\s:,}\]]{1,60}/.exec(text.slice(found.pos[0], found.pos[0] + 60))?.[0] ?? "";
  return `the key \`${key}\` is here a second time: expected each key once`;
}

/** Refuses YAML that a scenario cannot use: keys that are not words, and aliases to nothing or to themselves. */
function checkNodes(document: Document, problems: Problem[]): void {
  visit(document, {
    Pair(_, pair) {
      const { key, value } = pair;
      if (isScalar(key) && typeof key.value === "string" && key.value !== "__proto__") return;
      const node = isNode(key) ? key : isNode(value) ? value : null;
      const found = describeFound(isScalar(key) ? key.value : isSeq(key) ? [] : isMap(key) ? {} : null);
      problems.push({ message: `expected a word as a key, found ${found}`, offset: node?.range?.[0] ?? 0 });
    },
    Alias(_, alias) {
      const offset = alias.range?.[0] ?? 0;
      const anchor = alias.resolve(document);
      if (anchor === undefined) {
        problems.push({ message: `no anchor \`&${alias.source}\` stands before this alias`, offset });
      } else if (anchor.range && anchor.range[0] <= offset && offset < anchor.range[2]) {
        problems.push({ message: `the alias \`*${alias.source}\` stands within its own anchor`, offset });
      }
    },
  });
}

function toValue(source: Source): unknown {
  try {
    return source.document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw failure([{ message: `expected plain YAML: ${firstLine(error)}`, offset: 0 }], source);
  }
}

/** Offset of the node at `path`, or of its key, or of the nearest node around it that exists. */
function offsetOf(document: Document, path: Path, atKey: boolean): number {
  let node: unknown = document.contents;
  let offset = isNode(node) ? (node.range?.[0] ?? 0) : 0;
  path.forEach((step, i) => {
    if (isAlias(node)) node = node.resolve(document);
    let key: unknown = null;
    if (isMap(node)) {
      const pair = node.items.find((item) => isPair(item) && isScalar(item.key) && item.key.value === String(step));
      key = pair?.key;
      node = pair?.value;
    } else {
      node = isSeq(node) ? node.items[Number(step)] : undefined;
    }
    const wanted = isNode(key) && (!isNode(node) || (atKey && i === path.length - 1)) ? key : node;
    if (isNode(wanted)) offset = wanted.range?.[0] ?? offset;
  });
  return offset;
}

// ---- messages

/** `timeline[2].at: expected ...`. */
function withPath(path: Path, message: string): string {
  let name = "";
  for (const step of path) name += typeof step === "number" ? `[${step}]` : `${name && "."}${String(step)}`;
  return name.length > 0 ? `${name.length > 120 ? `${name.slice(0, 117)}...` : name}: ${message}` : message;
}

function failure(problems: Problem[], source: Source): ScenarioError {
  const seen = new Set<string>();
  const isNew = ({ offset, message }: Problem): boolean =>
    !seen.has(`${offset} ${message}`) && !!seen.add(`${offset} ${message}`);
  const sorted = problems.filter(isNew).sort((a, b) => a.offset - b.offset);
  const placeOf = (problem: Problem): Place => {
    const { line, col } = source.lines.linePos(problem.offset);
    return { file: source.file, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const rest = sorted
    .slice(1, PROBLEMS_SHOWN_MAX)
    .map((problem) => new ScenarioError(problem.message, placeOf(problem)));
  const left = sorted.length - 1 - rest.length;
  const lines = [sorted[0].message, ...rest.map((error) => error.message), ...(left > 0 ? [`and ${left} more`] : [])];
  return new ScenarioError(lines.join("\n"), placeOf(sorted[0]));
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n")[0];
}

interface FlatIssue {
  path: Path;
  message: string;
  atKey: boolean;
  /** A key is missing. The issue is left out where a misspelt key beside it explains it. */
  isMissing: boolean;
}

/**
 * The issues with one entry for each problem. A union gives the problems of the intended branch; each unknown key is a problem.
 */
function flatten(issues: readonly z.core.$ZodIssue[], value: unknown, above: Path): FlatIssue[] {
  return issues.flatMap((issue): FlatIssue[] => {
    const path = [...above, ...issue.path];
    if (issue.code === "unrecognized_keys") {
      const messages = issue.message.split("\n");
      return issue.keys.map((key, i) => ({
        path: [...path, key],
        message: messages[i],
        atKey: true,
        isMissing: false,
      }));
    }
    if (issue.code === "invalid_union") {
      const here = valueAt(value, path);
      const branch = issue.errors.find((errors) => isMeant(errors, here));
      if (branch !== undefined) return flatten(branch, value, path);
      const slip = misspeltKey(issue.errors.flat(), here);
      if (slip !== null) return [{ path: [...path, slip.key], message: slip.message, atKey: true, isMissing: false }];
    }
    const atKey = issue.code === "custom" && issue.params?.atKey === true;
    const isMissing = valueAt(value, path) === undefined || /found none$/.test(issue.message);
    return [{ path, message: issue.message, atKey, isMissing }];
  });
}

/** True when the value's type and its deciding key fit the branch of a union that has these errors, so it was meant for it. */
function isMeant(errors: readonly z.core.$ZodIssue[], value: unknown): boolean {
  return errors.every((error) => {
    if (error.code === "invalid_union" && error.discriminator !== undefined) {
      return typeof value === "object" && value !== null && error.discriminator in value;
    }
    return error.path.length > 0 || !["invalid_type", "invalid_value", "invalid_union"].includes(error.code);
  });
}

/** The key of a mapping that is most like one of those that decide a union. */
function misspeltKey(errors: readonly z.core.$ZodIssue[], value: unknown): { key: string; message: string } | null {
  const known = errors.flatMap((error) => (error.code === "invalid_union" && error.discriminator) || []);
  if (known.length === 0 || typeof value !== "object" || value === null || Array.isArray(value)) return null;
  const near = (key: string): number => distance(key, closest(key, known));
  const candidates = Object.keys(value).filter((key) => key !== "at");
  const key = candidates.sort((a, b) => near(a) - near(b))[0];
  return key === undefined ? null : { key, message: describeUnknown("key", key, known) };
}

function valueAt(value: unknown, path: Path): unknown {
  let here = value;
  for (const step of path) {
    if (typeof here !== "object" || here === null) return undefined;
    here = (here as Record<PropertyKey, unknown>)[step];
  }
  return here;
}

/** Leaves out the missing keys of a mapping that has an unknown key, because that key is probably one of them, misspelt. */
function relevant(issues: FlatIssue[]): FlatIssue[] {
  const hasUnknown = (path: Path): boolean =>
    issues.some((other) => other.atKey && other.path.length === path.length + 1 && isPrefix(path, other.path));
  return issues.filter((issue) => !issue.isMissing || !(hasUnknown(issue.path) || hasUnknown(issue.path.slice(0, -1))));
}

function isPrefix(path: Path, longer: Path): boolean {
  return path.every((step, i) => step === longer[i]);
}

// ---- from shape to scenario

/** The labelled content of the reservoir from a moment on. */
interface Filling extends Solution {
  at_ticks: number;
  /** The name of the primary drug, to which doses refer. */
  name: string;
}

type ParsedEntry = NonNullable<ParsedScenario["timeline"]>[number];
type ParsedAction = Exclude<ParsedEntry, ParsedFault>;

interface Context {
  duration: Span;
  /** The fillings in order of time; the first is that of the start. */
  fillings: Filling[];
  /** The names of all drugs in the file. The world knows a drug by its index in this list. */
  names: string[];
  capacity_nl: number;
  refuse: (path: Path, message: string) => void;
  placeOf: (path: Path) => Place;
}

function build(parsed: ParsedScenario, source: Source, refuse: Context["refuse"]): Scenario {
  const pump = toPump(parsed.pump, refuse);
  const entries = (parsed.timeline ?? []).map((entry, i) => ({ entry, path: ["timeline", i] as Path }));
  entries.sort((a, b) => a.entry.at.ticks - b.entry.at.ticks);
  const fillings = [toFilling(0, parsed.drugs)];
  const names = parsed.drugs.map((drug) => drug.name);
  for (const { entry, path } of entries) {
    if (!("do" in entry) || entry.do !== "refill" || !entry.drugs) continue;
    fillings.push(toFilling(entry.at.ticks, entry.drugs));
    names.push(...entry.drugs.map((drug) => drug.name).filter((name) => !names.includes(name)));
    if (names.length > DRUGS_MAX) {
      refuse([...path, "drugs"], `expected at most ${DRUGS_MAX} drugs in a file, found ${names.join(", ")}`);
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

/** A `Refuse` whose paths are below `path`. */
function at(refuse: Context["refuse"], path: Path): Refuse {
  return (more, message) => refuse([...path, ...more], message);
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

/** The content of the reservoir at a tick, after all refills of that tick. */
function fillingAt(ticks: number, context: Context): Filling {
  return context.fillings.findLast((filling) => filling.at_ticks <= ticks) ?? context.fillings[0];
}

// ---- timeline

function checkTimes(entries: { entry: ParsedEntry; path: Path }[], context: Context): void {
  for (const { entry, path } of entries) checkWithin(entry.at, [...path, "at"], context);
}

function checkWithin(span: Span, path: Path, context: Context): void {
  if (span.ticks <= context.duration.ticks) return;
  context.refuse(path, `expected a time within the run of ${context.duration.text}, found "${span.text}"`);
}

/** Refuses a fault that begins while the same fault is on. `entries` are in order of time. */
function checkOverlaps(entries: { entry: ParsedEntry; path: Path }[], context: Context): void {
  const last = new Map<string, { ends: number; place: Place }>();
  for (const { entry, path } of entries) {
    if (!("entry" in entry)) continue;
    const { fault, for_ticks } = entry.entry;
    const before = last.get(fault);
    const start = entry.at.ticks;
    if (before !== undefined && start < before.ends) {
      const until = before.ends === Infinity ? "lasts to the end of the run" : `ends at ${formatTicks(before.ends)}`;
      context.refuse(
        path,
        `${fault} is on already: that of line ${before.place.line} ${until}, this starts at ${entry.at.text}`,
      );
    }
    const isLasting = FAULTS[faultIndex(fault)].duration === "lasting";
    const ends = isLasting ? start + (for_ticks ?? Infinity) : start;
    if (before === undefined || ends > before.ends) last.set(fault, { ends, place: context.placeOf(path) });
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
    case "set_clock":
      if (parsed.to.second !== 0) refuse(["to"], "expected whole minutes: the pump's clock has no seconds");
      return { do: "set_clock", wallMinute: parsed.to.minute };
    case "acknowledge":
      return { do: "acknowledge", alarm: ALARM_NAMES.indexOf(parsed.alarm) };
    default:
      return { do: parsed.do };
  }
}

// ---- expectations

function toExpectation(parsed: ParsedExpectation, path: Path, context: Context): Expectation {
  const place = context.placeOf(path);
  if (parsed.delivered) return { place, ...toDelivered(parsed.delivered, [...path, "delivered"], context) };
  if (parsed.dose) return { place, ...toDose(parsed.dose, [...path, "dose"], context) };
  if (parsed.event) return { place, ...toEvent(parsed.event, [...path, "event"], context) };
  if (parsed.alarm) return { place, ...toAlarm(parsed.alarm, [...path, "alarm"], context) };
  if (parsed.signal) return { place, ...toSignal(parsed.signal, [...path, "signal"], context) };
  return { place, ...toNever(parsed.never!) };
}

type Part<K extends keyof ParsedExpectation> = NonNullable<ParsedExpectation[K]>;
type WithoutPlace<T> = T extends Expectation ? Omit<T, "place"> : never;
type Built<K extends Expectation["kind"]> = WithoutPlace<Extract<Expectation, { kind: K }>>;

interface Stretch {
  from_ticks: number;
  to_ticks: number;
}

/** Two moments in order, both within the run. Where one is not given it is the start or the end. */
function toStretch(from: Span | undefined, to: Span | undefined, keys: [Path, Path], context: Context): Stretch {
  if (from) checkWithin(from, keys[0], context);
  if (to) checkWithin(to, keys[1], context);
  const stretch = { from_ticks: from?.ticks ?? 0, to_ticks: to?.ticks ?? context.duration.ticks };
  if (stretch.from_ticks > stretch.to_ticks) {
    const found = `found ${formatTicks(stretch.from_ticks)} and then ${formatTicks(stretch.to_ticks)}`;
    context.refuse(to ? keys[1] : keys[0], `expected the end not to be before the start, ${found}`);
  }
  return stretch;
}

function describeStretch(stretch: Stretch): string {
  return `${formatTicks(stretch.from_ticks)} to ${formatTicks(stretch.to_ticks)}`;
}

interface Range {
  least: number;
  most: number;
  text: string;
}

/** The bounds, from `wanted` and `within` or from `min` and `max`. `convert` makes each of them a number. */
function toRange(
  parsed: { within?: Quantity | undefined; min?: Quantity | undefined; max?: Quantity | undefined },
  wanted: Quantity | undefined,
  path: Path,
  convert: (quantity: Quantity) => Fraction,
  refuse: Context["refuse"],
): Range {
  const { within, min, max } = parsed;
  if (wanted && within) {
    const middle = convert(wanted);
    const tolerance = convert(within);
    const text = `${wanted.text} within ${within.text}`;
    return { least: middle.sub(tolerance).valueOf(), most: middle.add(tolerance).valueOf(), text };
  }
  const range = {
    least: min ? convert(min).valueOf() : -ANY_NUMBER,
    most: max ? convert(max).valueOf() : ANY_NUMBER,
    text: [min && `at least ${min.text}`, max && `at most ${max.text}`].filter(Boolean).join(", "),
  };
  if (range.least > range.most) {
    refuse([...path, "max"], `expected at least the ${min!.text} of min, found "${max!.text}"`);
  }
  return range;
}

function toDelivered(parsed: Part<"delivered">, path: Path, context: Context): Built<"delivered"> {
  const stretch = toStretch(
    parsed.from,
    parsed.to,
    [
      [...path, "from"],
      [...path, "to"],
    ],
    context,
  );
  const { name, concentration } = fillingAt(stretch.from_ticks, context);
  const isDose = [parsed.dose, parsed.within, parsed.min, parsed.max].some((quantity) => quantity?.kind === "dose");
  const change = context.fillings.find(
    (filling) =>
      filling.at_ticks > stretch.from_ticks &&
      filling.at_ticks < stretch.to_ticks &&
      (filling.name !== name || !filling.concentration.equals(concentration)),
  );
  if (isDose && change) {
    const when = formatTicks(change.at_ticks);
    context.refuse(
      path,
      `expected a volume: the primary drug or its concentration changes at ${when}, within this stretch`,
    );
  }
  const convert = (quantity: Quantity): Fraction => toVolume_nl(quantity, concentration);
  const range = toRange(parsed, parsed.volume ?? parsed.dose, path, convert, context.refuse);
  const text = `delivered ${describeStretch(stretch)}: ${range.text}`;
  return { kind: "delivered", text, ...stretch, least_nl: range.least, most_nl: range.most };
}

function toDose(parsed: Part<"dose">, path: Path, context: Context): Built<"dose"> {
  const stretch = toStretch(
    parsed.from,
    parsed.to,
    [
      [...path, "from"],
      [...path, "to"],
    ],
    context,
  );
  const drug = parsed.drug ?? context.names[0];
  if (!context.names.includes(drug)) context.refuse([...path, "drug"], describeUnknown("drug", drug, context.names));
  const convert = (quantity: Quantity): Fraction => quantity.value.div(NG_PER_UG);
  const range = toRange(parsed, parsed.dose, path, convert, context.refuse);
  const text = `${drug} at the tip ${describeStretch(stretch)}: ${range.text}`;
  return { kind: "dose", text, drug, ...stretch, least_ug: range.least, most_ug: range.most };
}

function toBetween(between: [Span, Span] | undefined, path: Path, context: Context): Stretch {
  return toStretch(
    between?.[0],
    between?.[1],
    [
      [...path, "between", 0],
      [...path, "between", 1],
    ],
    context,
  );
}

function toEvent(parsed: Part<"event">, path: Path, context: Context): Built<"event"> {
  const { name, between, count, min, max, ...rest } = parsed;
  const fields = rest as Record<string, string | number>;
  const stretch = toBetween(between, path, context);
  const least = count ?? min ?? (max === undefined ? 1 : 0);
  const most = count ?? max ?? ANY_NUMBER;
  const times = describeCount(least, most);
  const when = between ? ` between ${formatTicks(stretch.from_ticks)} and ${formatTicks(stretch.to_ticks)}` : "";
  return {
    kind: "event",
    text: `event ${name}${describeFields(fields)}${when}: ${times}`,
    name,
    fields,
    ...stretch,
    least,
    most,
  };
}

function describeCount(least: number, most: number): string {
  if (least === most) return least === 0 ? "never" : least === 1 ? "once" : `${least} times`;
  if (most === ANY_NUMBER)
    return least <= 1 ? (least === 0 ? "any number of times" : "at least once") : `at least ${least} times`;
  return least === 0 ? `at most ${most === 1 ? "once" : `${most} times`}` : `${least} to ${most} times`;
}

function describeFields(fields: Record<string, string | number>): string {
  const all = Object.entries(fields).map(([key, value]) => `${key} ${value}`);
  return all.length > 0 ? ` (${all.join(", ")})` : "";
}

function toAlarm(parsed: Part<"alarm">, path: Path, context: Context): Built<"alarm"> {
  const raised = toChange(parsed.raised, [...path, "raised"], context);
  const cleared = toChange(parsed.cleared, [...path, "cleared"], context);
  const change = (what: string, stretch: Stretch | null, isAny: boolean): string =>
    isAny || stretch === null ? what : `${what} ${describeStretch(stretch)}`;
  const parts = [change("raised", raised, raised === null || parsed.raised === true)];
  if (cleared) parts.push(change("cleared", cleared, parsed.cleared === true));
  return { kind: "alarm", text: `alarm ${parsed.name}: ${parts.join(", ")}`, name: parsed.name, raised, cleared };
}

type Change = Part<"alarm">["raised"];

function toChange(parsed: Change, path: Path, context: Context): Stretch | null {
  if (parsed === undefined) return null;
  if (parsed === true) return { from_ticks: 0, to_ticks: context.duration.ticks };
  const { after, within } = parsed;
  if (after) checkWithin(after, [...path, "after"], context);
  const from_ticks = after?.ticks ?? 0;
  const to_ticks = within ? from_ticks + within.ticks : context.duration.ticks;
  if (within && from_ticks <= context.duration.ticks && to_ticks > context.duration.ticks) {
    const found = `found "${within.text}" after ${formatTicks(from_ticks)}`;
    context.refuse([...path, "within"], `expected a time within the run of ${context.duration.text}, ${found}`);
  }
  return { from_ticks, to_ticks };
}

function toSignal(parsed: Part<"signal">, path: Path, context: Context): Built<"signal"> {
  const { name, at: moment, between, equals } = parsed;
  if (moment) checkWithin(moment, [...path, "at"], context);
  const stretch = moment ? { from_ticks: moment.ticks, to_ticks: moment.ticks } : toBetween(between, path, context);
  const min = equals ?? parsed.min ?? null;
  const max = equals ?? parsed.max ?? null;
  const when = moment ? `at ${formatTicks(moment.ticks)}` : describeStretch(stretch);
  const low = min === null ? null : `at least ${min}`;
  const high = max === null ? null : `at most ${max}`;
  const bounds = min !== null && min === max ? `equals ${min}` : [low, high].filter(Boolean).join(", ");
  return { kind: "signal", text: `signal ${name} ${when}: ${bounds}`, name, ...stretch, min, max };
}

function toNever(parsed: Part<"never">): Built<"never"> {
  const { event, ...rest } = parsed;
  if (event === undefined) {
    return { kind: "never", text: `never alarm ${parsed.alarm}`, alarm: parsed.alarm! };
  }
  const fields = rest as Record<string, string | number>;
  return { kind: "never", text: `never event ${event}${describeFields(fields)}`, event, fields };
}

// Builds the expectations of a scenario from their parsed shape, each with its line of English.

import type Fraction from "fraction.js";
import { NG_PER_UG } from "../amounts";
import { describeUnknown } from "../names";
import { formatTicks } from "../time";
import { type Context, fillingAt } from "./context";
import { drugIn } from "./drug-names";
import { toVolume_nl } from "./prescription";
import type { Path } from "./problems";
import type { Quantity } from "./quantity";
import { ANY_NUMBER, type Expectation, type Shown } from "./scenario";
import type { ParsedExpectation } from "./schema";
import type { Span } from "./values";

/** Builds each kind of expectation from its parsed shape. A kind that is added to the schema is added here too. */
const BUILD: { [K in Kind]: (parsed: Part<K>, path: Path, context: Context) => WithoutPlace<Expectation> } = {
  delivered: toDelivered,
  dose: toDose,
  event: toEvent,
  alarm: toAlarm,
  signal: toSignal,
  never: toNever,
  harm: toHarm,
};

export function toExpectation(parsed: ParsedExpectation, path: Path, context: Context): Expectation {
  const kind = (Object.keys(BUILD) as Kind[]).find((each) => parsed[each] !== undefined)!;
  const build = BUILD[kind] as (part: unknown, path: Path, context: Context) => WithoutPlace<Expectation>;
  return { place: context.placeOf(path), ...build(parsed[kind], [...path, kind], context) } as Expectation;
}

type Kind = keyof ParsedExpectation;
type Part<K extends Kind> = NonNullable<ParsedExpectation[K]>;
type WithoutPlace<T> = T extends Expectation ? Omit<T, "place"> : never;
type Built<K extends Expectation["kind"]> = WithoutPlace<Extract<Expectation, { kind: K }>>;

interface Stretch {
  from_ticks: number;
  to_ticks: number;
}

/** Two moments in order, both within the run. Where one is not given it is the start or the end. */
function toStretch(from: Span | undefined, to: Span | undefined, keys: [Path, Path], context: Context): Stretch {
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

/** A stretch over which something can be delivered. */
function toLongStretch(parsed: Part<"delivered"> | Part<"dose">, path: Path, context: Context): Stretch {
  const keys: [Path, Path] = [
    [...path, "from"],
    [...path, "to"],
  ];
  const stretch = toStretch(parsed.from, parsed.to, keys, context);
  if (stretch.from_ticks === stretch.to_ticks) {
    const found = `found ${formatTicks(stretch.from_ticks)} twice`;
    context.refuse(parsed.to ? keys[1] : keys[0], `expected an end after the start, ${found}`);
  }
  const { min, max } = parsed;
  if (min?.value.equals(0) && max === undefined) {
    context.refuse([...path, "min"], "expected more than 0, or a max: with this min alone it always holds");
  }
  return stretch;
}

/** The unit of the first amount that is written, in which what was seen is told. */
function unitOf(written: readonly (Quantity | undefined)[], convert: (quantity: Quantity) => Fraction): Shown {
  const { kind, unit, value, text } = written.find((each) => each !== undefined)!;
  return { unit: unit.text, size: convert({ kind, unit, text, value: value.mul(0).add(unit.size) }).valueOf() };
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
  const stretch = toLongStretch(parsed, path, context);
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
  const shown = unitOf([parsed.volume, parsed.dose, parsed.min, parsed.max], convert);
  return { kind: "delivered", text, ...stretch, least_nl: range.least, most_nl: range.most, shown };
}

function toDose(parsed: Part<"dose">, path: Path, context: Context): Built<"dose"> {
  const stretch = toLongStretch(parsed, path, context);
  const drug = drugIn(context.names, parsed.drug ?? context.names[0]);
  if (!context.names.includes(drug) && context.drugsAreKnown)
    context.refuse([...path, "drug"], describeUnknown("drug", drug, context.names));
  const convert = (quantity: Quantity): Fraction => quantity.value.div(NG_PER_UG);
  const range = toRange(parsed, parsed.dose, path, convert, context.refuse);
  const text = `${drug} at the tip ${describeStretch(stretch)}: ${range.text}`;
  const shown = unitOf([parsed.dose, parsed.min, parsed.max], convert);
  return { kind: "dose", text, drug, ...stretch, least_ug: range.least, most_ug: range.most, shown };
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
  checkSignal(name, [...path, "name"], context);
  const stretch = moment ? { from_ticks: moment.ticks, to_ticks: moment.ticks } : toBetween(between, path, context);
  const min = equals ?? parsed.min ?? null;
  const max = equals ?? parsed.max ?? null;
  const when = moment ? `at ${formatTicks(moment.ticks)}` : describeStretch(stretch);
  const low = min === null ? null : `at least ${min}`;
  const high = max === null ? null : `at most ${max}`;
  const bounds = min !== null && min === max ? `equals ${min}` : [low, high].filter(Boolean).join(", ");
  return { kind: "signal", text: `signal ${name} ${when}: ${bounds}`, name, ...stretch, min, max };
}

/** A signal of the patient needs one, and one of a drug in the patient needs that drug in the file. */
function checkSignal(name: string, path: Path, { signals, isPatientThere, refuse, drugsAreKnown }: Context): void {
  if (!name.startsWith("patient.") || signals.includes(name)) return;
  // A patient that is wrong has no signals, and its problems are told.
  if (isPatientThere && signals.length === 0) return;
  if (!isPatientThere) refuse(path, "expected a `patient` in the file, of whom this signal is");
  else if (drugsAreKnown)
    refuse(path, `no drug of that name reaches the patient of this file: ${describeUnknown("signal", name, signals)}`);
}

function toHarm(parsed: Part<"harm">, path: Path, context: Context): Built<"harm"> {
  const { name, reported, between, hazard = null } = parsed;
  const stretch = toBetween(between, path, context);
  const when = between ? ` between ${formatTicks(stretch.from_ticks)} and ${formatTicks(stretch.to_ticks)}` : "";
  const named = reported ? "named by an alarm in its time" : "named by no alarm in its time";
  const text = `harm ${name}${when}, ${named}${hazard === null ? "" : ` (${hazard})`}`;
  return { kind: "harm", text, name, reported, ...stretch, hazard };
}

function toNever(parsed: Part<"never">): Built<"never"> {
  const { event, ...rest } = parsed;
  if (event === undefined) {
    return { kind: "never", text: `never alarm ${parsed.alarm}`, alarm: parsed.alarm! };
  }
  const fields = rest as Record<string, string | number>;
  return { kind: "never", text: `never event ${event}${describeFields(fields)}`, event, fields };
}

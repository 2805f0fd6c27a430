// A case as a scenario's file has it: the value of the YAML text, in the words of the language. A generator makes it, the loader turns
// it into the scenario that runs, and a failure is written as it is. There is no second format. Times and amounts become words here.

import { Document, isMap, isScalar, isSeq, visit } from "yaml";
import { PULSE_NL, TICKS_PER_SECOND } from "../../hal/units";
import { figure, inUlPerDay, NL_PER_ML, NL_PER_UL } from "../amounts";
import { parseTicks } from "../scenario/quantity";
import { formatTicks } from "../time";

export type Value = string | number | boolean | null | readonly Value[] | { readonly [key: string]: Value };

/** An entry of the timeline, with its time in words under `at`. */
export type EntryWords = Readonly<Record<string, Value>> & { readonly at: string };

export interface CaseFile {
  readonly name?: string;
  readonly start?: string;
  readonly duration: string;
  readonly seed?: number;
  readonly controller?: string;
  readonly pump?: Readonly<Record<string, Value>>;
  readonly drugs: Value;
  readonly prescription: Readonly<Record<string, Value>>;
  readonly timeline?: readonly EntryWords[];
  readonly expect?: Value;
}

export function volumeOf(pulses: number): string {
  return wordsOfVolume(pulses * PULSE_NL);
}

export function wordsOfVolume(volume_nl: number): string {
  return Math.abs(volume_nl) >= NL_PER_ML
    ? `${figure(volume_nl / NL_PER_ML)} mL`
    : `${figure(volume_nl / NL_PER_UL)} uL`;
}

/** A rate in units of 0.01 uL/day. */
export function rateOf(rate: number): string {
  return `${figure(inUlPerDay(rate))} uL/day`;
}

export function secondsWords(seconds: number): string {
  return formatTicks(seconds * TICKS_PER_SECOND);
}

/** The ticks of a time in a file that the loader accepts. */
export function ticksIn(words: string): number {
  const parsed = parseTicks(words.replace(/^-/, ""));
  if (!parsed.ok) throw new RangeError(`expected a time, found ${words}`);
  return words.startsWith("-") ? -parsed.ticks : parsed.ticks;
}

/** The keys of a file in the order in which people write them. */
const ORDER: readonly (keyof CaseFile)[] = [
  "name",
  "start",
  "duration",
  "seed",
  "controller",
  "pump",
  "drugs",
  "prescription",
  "timeline",
  "expect",
];

/** The longest line that a mapping or a list has beside others. */
const LINE_MAX = 110;

/** The text of the file, with short mappings and lists on a line each. */
export function textOfCase(file: CaseFile): string {
  const document = new Document(Object.fromEntries(ORDER.flatMap((key) => (key in file ? [[key, file[key]]] : []))));
  visit(document, {
    Collection(key, node, path) {
      if (path.length < 2 || key === null) return;
      const isSmall = JSON.stringify(node.toJSON()).length <= LINE_MAX;
      const holdsNone = !node.items.some((item) => isMap(item) || isSeq(item));
      const isEntry = path.some((each) => isSeq(each));
      if (isSmall && (isEntry || holdsNone)) node.flow = true;
    },
    Scalar(_, node) {
      if (isScalar(node)) delete node.type;
    },
  });
  return document.toString({ lineWidth: 0, flowCollectionPadding: true });
}

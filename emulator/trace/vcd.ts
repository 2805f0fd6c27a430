// Writes a trace as a value change dump (IEEE 1364-2005, clause 18) for GTKWave, Surfer and PulseView. The timescale is 1 ms
// and a tick is 10 ms. Each part is a scope. A number is a `real`, a value of 0 or 1 is a `wire` of one bit, and the name of a
// code is a `string`, which GTKWave and Surfer show as text; each code and each bit of a set is a wire of its own too. These are
// the forms that all viewers read: libsigrok 0.5.2, which PulseView uses, takes wires of one bit alone as channels, passes over
// reals and strings, and stops at a vector of more bits. There is no `$date`, so that the same run gives the same file. A signal
// without a value at the start has the value `x`, or NaN if it is real. The format was checked with GTKWave's vcd2fst and with
// sigrok-cli.

import { TICK_MS } from "../../hal/units";
import type { Meaning } from "../machine/signals";
import { firstOf } from "../points";
import type { Track } from "../run/report";
import { changesOf, chunked, decimal } from "./changes";

/**
 * The letters of identifiers. The others begin a value, and libsigrok 0.5.2 would read the identifier of a string, which it does
 * not know, as one.
 */
const ID_LETTERS = "ACDEFGHIJKLMNOPQTUVWYacdefghijklmnopqtuvwy";
/** The scope of a signal whose name has no dot. */
const SCOPE_OF_NONE = "signals";
/** The text of a set without any member. */
const NO_MEMBER = "none";

export interface VcdOptions {
  /** The end of the run, which is the last time stamp: without it a viewer would not show how long the last values held. */
  endTick: number;
  version: string;
  scenario: string;
}

interface Variable {
  id: string;
  scope: string;
  name: string;
  form: Form;
}

/** How a variable is written. */
interface Form {
  /** Type and bits, as a declaration has them. */
  type: "real 64" | "wire 1" | "string 1";
  /** The change to that value of the signal, without the identifier. */
  text(value: number): string;
  /** The value that is not known yet; null for one that then needs none. */
  unknown: string | null;
}

const REAL: Form = { type: "real 64", text: (value) => `r${decimal(value)} `, unknown: "rNaN " };
const wire = (isOn: (value: number) => boolean): Form => ({
  type: "wire 1",
  text: (value) => (isOn(value) ? "1" : "0"),
  unknown: "x",
});
const words = (textOf: (value: number) => string): Form => ({
  type: "string 1",
  text: (value) => `s${textOf(value).replace(/[\s\p{Cc}]+/gu, "_")} `,
  unknown: null,
});

/** The text of a VCD file of `tracks`, in chunks. */
export function vcdOf(tracks: readonly Track[], options: VcdOptions): Iterable<string> {
  return chunked(sections(tracks, options));
}

function* sections(tracks: readonly Track[], options: VcdOptions): Generator<string> {
  const variables = variablesOf(tracks);
  yield* declarations(variables.flat(), options);
  const shown = variables.map((of) => of.map((): string | null => null));
  const change = (track: number, value: number): string => {
    let text = "";
    variables[track].forEach(({ id, form }, i) => {
      const next = form.text(value);
      if (next !== shown[track][i]) text += `${next}${id}\n`;
      shown[track][i] = next;
    });
    return text;
  };
  yield "#0\n$dumpvars\n";
  for (let i = 0; i < tracks.length; i++) {
    const [[tick, value] = [Infinity, NaN]] = firstOf(tracks[i]);
    yield tick <= 0 ? change(i, value) : unknown(variables[i]);
  }
  yield "$end\n";
  let last = 0;
  for (const { tick, track, value } of changesOf(tracks)) {
    if (tick <= 0) continue;
    if (tick !== last) yield `#${decimal(tick * TICK_MS)}\n`;
    last = tick;
    yield change(track, value);
  }
  if (options.endTick > last) yield `#${options.endTick * TICK_MS}\n`;
}

function* declarations(variables: readonly Variable[], options: VcdOptions): Generator<string> {
  yield `$version cistern ${plainText(options.version)} $end\n`;
  yield `$comment ${plainText(options.scenario)} $end\n`;
  yield "$timescale 1 ms $end\n";
  for (const scope of new Set(variables.map((variable) => variable.scope))) {
    yield `$scope module ${scope} $end\n`;
    for (const { id, name, form } of variables.filter((variable) => variable.scope === scope)) {
      yield `$var ${form.type} ${id} ${name} $end\n`;
    }
    yield "$upscope $end\n";
  }
  yield "$enddefinitions $end\n";
}

/** The variables of each track. */
function variablesOf(tracks: readonly Track[]): Variable[][] {
  const taken = new Set<string>();
  let count = 0;
  return tracks.map(({ name, meaning }) => {
    const dot = name.indexOf(".");
    const scope = dot < 0 ? SCOPE_OF_NONE : identifier(name.slice(0, dot));
    return formsOf(name.slice(dot + 1), meaning ?? { kind: "number" }).map(([wanted, form]) => {
      const own = freeName(identifier(wanted), scope, taken);
      return { id: idOf(count++), scope, name: own, form };
    });
  });
}

/** The variables that show a signal, each with its name. */
function formsOf(name: string, meaning: Meaning): [name: string, form: Form][] {
  switch (meaning.kind) {
    case "number":
      return [[name, REAL]];
    case "switch":
      return [[name, wire((value) => value !== 0)]];
    case "text":
      return [[name, words((value) => meaning.names[value])]];
    case "code":
      return [
        [name, REAL],
        [`${name}_name`, words((value) => meaning.names[value] ?? `${value}`)],
        ...meaning.names.map((each, code): [string, Form] => [`${name}_${each}`, wire((value) => value === code)]),
      ];
    case "bits": {
      const isIn = (bit: number) => (value: number) => ((value >> bit) & 1) === 1;
      const members = (value: number) => meaning.names.filter((_, bit) => isIn(bit)(value)).join("+") || NO_MEMBER;
      return [
        [name, REAL],
        [`${name}_names`, words(members)],
        ...meaning.names.map((each, bit): [string, Form] => [each, wire(isIn(bit))]),
      ];
    }
  }
}

function freeName(wanted: string, scope: string, taken: Set<string>): string {
  let name = wanted;
  for (let n = 2; taken.has(`${scope}.${name}`); n++) name = `${wanted}_${n}`;
  taken.add(`${scope}.${name}`);
  return name;
}

function unknown(variables: readonly Variable[]): string {
  return variables.map(({ id, form }) => (form.unknown === null ? "" : `${form.unknown}${id}\n`)).join("");
}

function idOf(index: number): string {
  const base = ID_LETTERS.length;
  let id = "";
  for (let rest = index; rest >= 0; rest = Math.floor(rest / base) - 1) id = ID_LETTERS[rest % base] + id;
  return id;
}

/** A plain identifier: viewers take dots for scopes, brackets for bit ranges and spaces for an end. */
function identifier(text: string): string {
  const plain = text.replace(/[^A-Za-z0-9_]/gu, "_");
  return /^[A-Za-z_]/.test(plain) ? plain : `_${plain}`;
}

/** Free text for a section, which ends at the first `$end`. */
function plainText(text: string): string {
  return text.replace(/[\u0000-\u0020\u007f]+/g, " ").replace(/\$(?=end)/gi, " ");
}

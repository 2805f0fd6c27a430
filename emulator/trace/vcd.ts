// Writes a trace as a value change dump (IEEE 1364-2005, clause 18) for GTKWave, Surfer and PulseView. The timescale is 1 ms
// and a tick is 10 ms. Each part is a scope. A signal of whole numbers is an `integer` of 32 bits, or of 64 where a value needs
// them, which viewers show as signed decimal; any other signal is a `real`. There is no `$date`, so that the same run gives the
// same file. A signal without a value at the start has the value `x`, or NaN if it is real. The format was checked with
// GTKWave's vcd2fst.

import { TICK_MS } from "../../hal/units";
import type { Track } from "../run/report";
import { changesOf, chunked } from "./changes";

/** Identifiers are numbers to the base of the 94 printable characters from `!` to `~`. */
const ID_BASE = 94;
const ID_FIRST = 33;
/** The scope of a signal whose name has no dot. */
const SCOPE_OF_NONE = "signals";

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
  /** Bits of an integer; 0 for a real number. */
  width: 0 | 32 | 64;
}

/** The text of a VCD file of `tracks`, in chunks. */
export function vcdOf(tracks: readonly Track[], options: VcdOptions): Iterable<string> {
  return chunked(sections(tracks, options));
}

function* sections(tracks: readonly Track[], options: VcdOptions): Generator<string> {
  const variables = variablesOf(tracks);
  yield* declarations(variables, options);
  yield "#0\n$dumpvars\n";
  for (let i = 0; i < tracks.length; i++) {
    const track = tracks[i];
    const known = track.ticks.length > 0 && track.ticks[0] <= 0;
    yield known ? change(variables[i], track.values[0]) : unknown(variables[i]);
  }
  yield "$end\n";
  let last = 0;
  for (const { tick, track, value } of changesOf(tracks)) {
    if (tick <= 0) continue;
    if (tick !== last) yield `#${tick * TICK_MS}\n`;
    last = tick;
    yield change(variables[track], value);
  }
  if (options.endTick > last) yield `#${options.endTick * TICK_MS}\n`;
}

function* declarations(variables: readonly Variable[], options: VcdOptions): Generator<string> {
  yield `$version cistern ${words(options.version)} $end\n`;
  yield `$comment ${words(options.scenario)} $end\n`;
  yield "$timescale 1 ms $end\n";
  for (const scope of new Set(variables.map((variable) => variable.scope))) {
    yield `$scope module ${scope} $end\n`;
    for (const { id, name, width } of variables.filter((variable) => variable.scope === scope)) {
      yield width === 0 ? `$var real 64 ${id} ${name} $end\n` : `$var integer ${width} ${id} ${name} $end\n`;
    }
    yield "$upscope $end\n";
  }
  yield "$enddefinitions $end\n";
}

function variablesOf(tracks: readonly Track[]): Variable[] {
  const taken = new Set<string>();
  return tracks.map((track, index) => {
    const dot = track.name.indexOf(".");
    const scope = dot < 0 ? SCOPE_OF_NONE : identifier(track.name.slice(0, dot));
    const wanted = identifier(track.name.slice(dot + 1));
    let name = wanted;
    for (let n = 2; taken.has(`${scope}.${name}`); n++) name = `${wanted}_${n}`;
    taken.add(`${scope}.${name}`);
    return { id: idOf(index), scope, name, width: widthOf(track.values) };
  });
}

function widthOf(values: readonly number[]): 0 | 32 | 64 {
  let width: 32 | 64 = 32;
  for (const value of values) {
    if (!Number.isSafeInteger(value)) return 0;
    if (value !== (value | 0)) width = 64;
  }
  return width;
}

function change({ id, width }: Variable, value: number): string {
  return width === 0 ? `r${value} ${id}\n` : `b${twosComplement(value, width)} ${id}\n`;
}

function unknown({ id, width }: Variable): string {
  return width === 0 ? `rNaN ${id}\n` : `bx ${id}\n`;
}

/** The two's complement without leading zeros, which a reader adds again. */
function twosComplement(value: number, width: 32 | 64): string {
  if (value >= 0) return value.toString(2);
  return width === 32 ? (value >>> 0).toString(2) : BigInt.asUintN(64, BigInt(value)).toString(2);
}

function idOf(index: number): string {
  let id = "";
  for (let rest = index; rest >= 0; rest = Math.floor(rest / ID_BASE) - 1) {
    id = String.fromCharCode(ID_FIRST + (rest % ID_BASE)) + id;
  }
  return id;
}

/** A plain identifier: viewers take dots for scopes, brackets for bit ranges and spaces for an end. */
function identifier(text: string): string {
  const plain = text.replace(/[^A-Za-z0-9_]/gu, "_");
  return /^[A-Za-z_]/.test(plain) ? plain : `_${plain}`;
}

/** Free text for a section, which ends at the first `$end`. */
function words(text: string): string {
  return text.replace(/[\u0000-\u0020\u007f]+/g, " ").replace(/\$(?=end)/gi, " ");
}

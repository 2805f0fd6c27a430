// The process in which the meter reads. It plays a tape again and again and measures by how much the heap grows while the controller ticks,
// idles and skips. Boots, resets and flipped bits lie between the stretches that are measured. V8 compiles and learns in the first
// passes, which allocates too, so the least of the passes counts: the controller allocates the same in each, and a clean pass ends the
// measurement. It prints JSON.

import { readFileSync } from "node:fs";
import { getHeapStatistics } from "node:v8";
import { PumpController } from "../../firmware/controller";
import { referenceController } from "../../emulator/machine/controller-host";
import { BOOT, boardOf, CLEAR, FLIP, IDLE, SKIP, tapeOf, TICK } from "./tape";
import { CLEAN_BYTES, type Reading } from "./reading";

/** Passes at most. A pass of a clean controller allocates nothing from about the fifth on, and of a short tape from the 50th. */
const PASSES_MAX = { long: 48, short: 200 };
/** A tape with fewer asks is short. */
const SHORT_ASKS = 1_000_000;

/** Passes without a call: as many to warm up, and as many of which the greatest growth is the cost of measuring. */
const COST_PASSES = 10;

declare const gc: () => void;

/** Each allocates in one way after a tick; the meter must find it. */
const DIRT: Record<string, (tick: number) => void> = {
  none: () => undefined,
  object: (tick) => (sink.kept = { tick }),
  rare: (tick) => {
    if (tick % 1000 === 0) sink.kept = { tick };
  },
  closure: (tick) => (sink.kept = () => tick),
  double: (tick) => (sink.double = tick + 0.5),
  concatenation: (tick) => (sink.kept = `${tick & 7} of eight and some more`),
};
const sink: { kept: unknown; double: number } = { kept: null, double: 0.5 };

const [file, dirt = "none"] = process.argv.slice(2);
const { asks, ...rest } = tapeOf(readFileSync(file));
const { hal, rewind, isAtEnd } = boardOf({ asks, ...rest });
const host = referenceController.mount(hal);
const controller = host.script as PumpController;
const soil = DIRT[dirt];

const used = (): number => getHeapStatistics().used_heap_size;

/** Plays the tape up to the next ask that is not measured, from `from` on. Returns its place. */
function stretch(from: number): number {
  let at = from;
  for (; at < asks.length; at++) {
    const ask = asks[at];
    if (ask === TICK) {
      controller.tick();
      soil(at);
    } else if (ask === IDLE) controller.idle();
    else if (ask === SKIP) controller.skip(asks[++at]);
    else break;
  }
  return at;
}

/** A stretch in which nothing is asked. */
function nothing(from: number): number {
  return from;
}

/** The growth of the heap over one pass. `play` is `stretch`, or `nothing` for the growth that measuring itself costs. */
function pass(play: (from: number) => number): number {
  let grown = 0;
  rewind();
  host.clear();
  gc();
  for (let at = 0; at < asks.length;) {
    const before = used();
    const end = play(at);
    const after = used();
    if (after < before) return NaN;
    grown += after - before;
    at = play === nothing ? nextUnmeasured(at) : end;
    if (at >= asks.length) break;
    if (play !== nothing) unmeasured(at);
    at += asks[at] === FLIP ? 2 : 1;
  }
  return grown;
}

function nextUnmeasured(from: number): number {
  let at = from;
  while (at < asks.length && asks[at] < BOOT) at += asks[at] === SKIP ? 2 : 1;
  return at;
}

function unmeasured(at: number): void {
  if (asks[at] === BOOT) controller.boot();
  else if (asks[at] === CLEAR) host.clear();
  else host.flip(rest.flips[asks[at + 1]].field, rest.flips[asks[at + 1]].bit);
}

function measured(): Reading {
  for (let i = 0; i < COST_PASSES; i++) pass(nothing);
  let cost = 0;
  for (let i = 0; i < COST_PASSES; i++) cost = Math.max(cost, pass(nothing));
  let bytes = Infinity;
  let passes = 0;
  // With dirt no pass is clean, however many there are.
  const most = dirt === "none" && asks.length < SHORT_ASKS ? PASSES_MAX.short : PASSES_MAX.long;
  while (passes < most && bytes > CLEAN_BYTES) {
    const grown = pass(stretch);
    if (!isAtEnd()) throw new Error("the controller did not take every result of the tape");
    passes++;
    // A collection within a pass hides what it freed, so such a pass says nothing.
    if (!Number.isNaN(grown)) bytes = Math.min(bytes, Math.max(0, grown - cost));
  }
  const ticks = asks.reduce(
    (sum, ask, at) => sum + Number(ask === TICK && asks[at - 1] !== SKIP && asks[at - 1] !== FLIP),
    0,
  );
  return { ticks: ticks * passes, passes, bytes };
}

process.stdout.write(JSON.stringify(measured()));

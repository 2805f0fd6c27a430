// The ring of buckets from which the dose windows are counted. A bucket holds the steps that the rotor made in 7.5 s (eight
// buckets a minute), whatever caused them. The ring lies in the non-volatile memory, so it survives every reset, and it
// covers seven days, the longest window, so a new program with other windows finds the past that it needs (LIM-6). A window
// of W minutes consists of the bucket being filled and the 8 W before it, so it counts at most 7.5 s too long (LIM-4: W/96
// is at least 9.4 s) and never too little. A bucket is one byte with its count in both halves. A byte whose halves differ
// is damaged and counts as full. When the ring's position is lost, the past is unknown, and a window counts as full until
// it has been watched for its whole length.
//
// A restart must count the windows anew, and the longest has 80,641 buckets. So the buckets are grouped in blocks of an hour,
// and behind the ring lies the sum of each block, written twice in the tick that completes the block. A count takes whole
// blocks by their sums, and only the ends of a window bucket by bucket. A sum whose two copies differ is damaged, and its
// block is counted by its buckets.
//
// Invariants:
// - `current` is below RING, `bucketTicks` below BUCKET_TICKS, `known` at most BUCKETS.
// - `count` of a window is the sum of the buckets of ages 0 to `span`, each damaged one counted as full.
// - The sum of a block that lies wholly in the past is that of its buckets, each damaged one counted as full, or as the steps
//   that it held when the block was complete.
// - At each minute's edge the AHEAD buckets after `current` are empty, so a leap finds every bucket that it begins empty.

import { assert } from "../hal/assert";
import { Hal } from "../hal/hal";
import { PULSE_FLIGHT_TICKS } from "../hal/motor";
import { NVM_BYTES } from "../hal/nvm";
import { PROGRAM_LIMITS_MAX, WINDOW_MINUTES_MAX, WINDOW_MINUTES_MIN } from "../hal/telemetry";
import { EVENT_STORE_REPAIRED } from "../hal/trace";
import { MINUTES_PER_DAY, MINUTES_PER_HOUR, PULSE_SPACING_TICKS, TICKS_PER_MINUTE } from "../hal/units";
import { EDGE_TOLERANCE_TICKS } from "./clock";
import { RECORD_WINDOW, WINDOW_AT } from "./layout";
import { Log } from "./log";
import { smaller } from "./mul-div";
import { MemoryLatch, Twin, TwinArray } from "./twin";

const BUCKETS_PER_MINUTE: i32 = 8;
export const BUCKET_TICKS: i32 = TICKS_PER_MINUTE / BUCKETS_PER_MINUTE;
/** The buckets that the longest window can need: seven days, and the one being filled. */
export const BUCKETS: i32 = WINDOW_MINUTES_MAX * BUCKETS_PER_MINUTE + 1;
export const BUCKETS_PER_HOUR: i32 = MINUTES_PER_HOUR * BUCKETS_PER_MINUTE;
export const BUCKETS_PER_DAY: i32 = MINUTES_PER_DAY * BUCKETS_PER_MINUTE;
/** The look-ahead answers a request for a bolus within so many ticks. */
export const LOOK_TICKS_MAX: i32 = 25;
/** The end of each minute clears so many buckets after the one being filled: twice as many as a minute fills. */
const AHEAD: i32 = 2 * BUCKETS_PER_MINUTE;
/**
 * A pulse may enter its bucket so many ticks after the look-ahead expects it. It waits for the pulse before it, it is
 * in flight, and a bolus begins only when the look-ahead has its answer.
 */
export const LATE_TICKS: i32 = PULSE_SPACING_TICKS + PULSE_FLIGHT_TICKS + LOOK_TICKS_MAX;
const BUCKETS_IN_USE: i32 = BUCKETS + AHEAD;
/** Buckets of a block: about as many as the blocks of the longest window, so that a count reads few of both. */
const BLOCK: i32 = BUCKETS_PER_HOUR;
/** Bytes of the ring, one for each bucket, rounded up to a whole number of blocks. */
const RING: i32 = BUCKETS_IN_USE + ((BLOCK - (BUCKETS_IN_USE % BLOCK)) % BLOCK);
const BLOCKS: i32 = RING / BLOCK;
/** The sums lie behind the ring. A sum has two bytes, and is there twice. */
const SUMS_AT: i32 = WINDOW_AT + RING;
const SUM_BYTES: i32 = 4;
/** Half a byte holds a count. A bucket sees at most nine commanded pulses, and a rotor that turns without one is cut off. */
const BUCKET_PULSES_MAX: i32 = 15;
const DAMAGED: i32 = -1;
/** Buckets that the memory gives in one access, and the lower half of each byte, of all and of every second one. */
const WORD_BUCKETS: i32 = 4;
const LOW_HALVES: i32 = 0x0f0f0f0f;
const LOW_HALVES_OF_PAIRS: i32 = 0x000f000f;
/** How many buckets ahead `idle` looks for a change: a minute and a quarter, further than the clock lets a leap go. */
const IDLE_BUCKETS: i32 = BUCKETS_PER_MINUTE + 2;

assert(TICKS_PER_MINUTE % BUCKETS_PER_MINUTE == 0, "a minute is a whole number of buckets");
assert(
  (BUCKET_TICKS + LATE_TICKS) * 96 <= WINDOW_MINUTES_MIN * TICKS_PER_MINUTE,
  "a bucket is at most W/96 of any window (LIM-4)",
);
assert(RING >= BUCKETS_IN_USE, "the buckets that are cleared ahead are in no window");
assert(RING % BLOCK == 0, "the ring has whole blocks");
assert(AHEAD % WORD_BUCKETS == 0 && BLOCK >= AHEAD, "the buckets ahead are whole words, and no more than a block");
assert(SUMS_AT + BLOCKS * SUM_BYTES <= NVM_BYTES, "the ring and its sums end inside the non-volatile memory");
assert(IDLE_BUCKETS * BUCKET_TICKS >= TICKS_PER_MINUTE + EDGE_TOLERANCE_TICKS, "`idle` looks as far as a leap goes");
assert(IDLE_BUCKETS <= AHEAD, "every bucket that a leap begins was cleared");
assert(BLOCK * BUCKET_PULSES_MAX <= 0xffff, "the sum of a block fits its two bytes");
assert(BUCKET_TICKS / PULSE_SPACING_TICKS + 1 <= BUCKET_PULSES_MAX, "a bucket holds all pulses that may start in it");

export class WindowRing {
  hal: Hal;
  memory: MemoryLatch;
  log: Log;
  /** Index of the bucket being filled, the ticks of it that have passed, and the steps in it. */
  current: Twin;
  bucketTicks: Twin;
  currentCount: Twin;
  /** Complete buckets of the past that are known, at most BUCKETS. */
  known: Twin;
  /** For each window its buckets before the one being filled (0 for no window) and the steps in it. */
  span: TwinArray;
  count: TwinArray;
  /** The non-volatile memory belongs to another build, so nothing is written to it. */
  mute: Twin;

  constructor(hal: Hal, memory: MemoryLatch, log: Log) {
    this.hal = hal;
    this.memory = memory;
    this.log = log;
    this.current = new Twin(memory, 0);
    this.bucketTicks = new Twin(memory, 0);
    this.currentCount = new Twin(memory, 0);
    this.known = new Twin(memory, 0);
    this.span = new TwinArray(memory, PROGRAM_LIMITS_MAX);
    this.count = new TwinArray(memory, PROGRAM_LIMITS_MAX);
    this.mute = new Twin(memory, 0);
  }

  /** A pump that has never run: the past is known to be empty. */
  bootFresh(): void {
    this.known.set(BUCKETS);
  }

  /** The ring's position is unknown, so its content means nothing. */
  bootLost(): void {
    this.known.set(0);
    for (let i: i32 = 0; i < RING; i = (i + 1) | 0) this.clear(i);
    this.keepSums();
  }

  /**
   * Takes the ring's position as last stored, and the steps that the bucket being filled held then. Later writes are
   * undone.
   */
  bootAt(current: i32, bucketTicks: i32, currentCount: i32, known: i32): void {
    this.current.set(current >= 0 && current < RING ? current : 0);
    this.bucketTicks.set(bucketTicks >= 0 && bucketTicks < BUCKET_TICKS ? bucketTicks : 0);
    this.known.set(known >= 0 && known <= BUCKETS ? known : 0);
    this.currentCount.set(currentCount >= 0 && currentCount <= BUCKET_PULSES_MAX ? currentCount : BUCKET_PULSES_MAX);
    this.write(this.current.get(), this.currentCount.get());
    this.sweep();
  }

  /** Sets the length of a window, 0 for none. `recount` then finds what lies in it. */
  setWindow(window: i32, minutes: i32): void {
    assert(minutes >= 0 && minutes <= WINDOW_MINUTES_MAX, "no window is longer than the ring");
    this.span.set(window, (minutes * BUCKETS_PER_MINUTE) | 0);
  }

  /**
   * Counts every window anew, damaged buckets as full ones. All windows end now, so one pass back over the past, as far as
   * the longest window goes, counts them all. It takes a block that lies wholly in a window by its sum.
   */
  recount(): void {
    const current: i32 = this.current.get();
    for (let i: i32 = 0; i < PROGRAM_LIMITS_MAX; i = (i + 1) | 0) this.count.set(i, 0);
    let sum: i32 = 0;
    let age: i32 = 0;
    let span: i32 = this.spanAbove(0);
    for (let i: i32 = 0; i < BUCKETS && span > 0; i = (i + 1) | 0) {
      const index: i32 = indexAt(current, age);
      const whole: bool = age > 0 && index % BLOCK == BLOCK - 1 && ((age + BLOCK - 1) | 0) <= span;
      const ofBlock: i32 = whole ? this.readSum(blockEndingAt(index)) : DAMAGED;
      sum = (sum + (ofBlock == DAMAGED ? this.countAt(current, age) : ofBlock)) | 0;
      age = (age + (ofBlock == DAMAGED ? 1 : BLOCK)) | 0;
      if (age <= span) continue;
      for (let window: i32 = 0; window < PROGRAM_LIMITS_MAX; window = (window + 1) | 0) {
        if (this.span.get(window) == span) this.count.set(window, sum);
      }
      span = this.spanAbove(span);
    }
  }

  /** The shortest span above that one, or 0. */
  private spanAbove(span: i32): i32 {
    let found: i32 = 0;
    for (let i: i32 = 0; i < PROGRAM_LIMITS_MAX; i = (i + 1) | 0) {
      const other: i32 = this.span.get(i);
      if (other > span && (found == 0 || other < found)) found = other;
    }
    return found;
  }

  /** Counts a tick. */
  tick(): void {
    const ticks: i32 = (this.bucketTicks.get() + 1) | 0;
    this.bucketTicks.set(ticks < BUCKET_TICKS ? ticks : 0);
    if (ticks >= BUCKET_TICKS) this.rotate(1);
  }

  /** Adds steps to the bucket being filled, until it is full. */
  countSteps(steps: i32): void {
    assert(steps > 0, "steps forward are counted");
    const held: i32 = this.currentCount.get();
    const kept: i32 = steps > ((BUCKET_PULSES_MAX - held) | 0) ? BUCKET_PULSES_MAX : (held + steps) | 0;
    this.currentCount.set(kept);
    this.write(this.current.get(), kept);
    for (let i: i32 = 0; i < PROGRAM_LIMITS_MAX; i = (i + 1) | 0) {
      this.count.set(i, (this.count.get(i) + kept - held) | 0);
    }
  }

  /** Empties the buckets that the coming minutes will fill. Only then may a leap pass over their beginnings. */
  sweep(): void {
    const current: i32 = this.current.get();
    for (let i: i32 = 1; i <= AHEAD; i = (i + WORD_BUCKETS) | 0) {
      const first: i32 = ((current + i) | 0) % RING;
      if (this.word(first) == 0) continue;
      for (let at: i32 = 0; at < WORD_BUCKETS; at = (at + 1) | 0) this.clear(((first + at) | 0) % RING);
    }
  }

  /** True when the whole length of a window was watched. */
  isKnown(window: i32): bool {
    return this.known.get() >= this.span.get(window);
  }

  /** Steps of the last hour, as far as the past is known. */
  lastHour(): i32 {
    const current: i32 = this.current.get();
    let steps: i32 = 0;
    for (let age: i32 = 0; age <= BUCKETS_PER_HOUR; age = (age + 1) | 0)
      steps = (steps + this.countAt(current, age)) | 0;
    return steps;
  }

  /** Steps in the bucket `age` buckets before `current`, a damaged one counted as full. */
  countAt(current: i32, age: i32): i32 {
    const steps: i32 = this.read(current, age);
    return steps == DAMAGED ? BUCKET_PULSES_MAX : steps;
  }

  ticksToBucket(): i32 {
    return (BUCKET_TICKS - this.bucketTicks.get() - 1) | 0;
  }

  /**
   * Ticks of `ticks` over which a leap may go: up to the one in which a damaged bucket leaves a window, which a leap cannot
   * repair, in which a block is complete, or in which a flipped bit of the ring's memory is found.
   */
  idle(ticks: i32): i32 {
    const first: i32 = this.ticksToBucket();
    if (first >= ticks) return ticks;
    if (!this.current.isIntact() || !this.known.isIntact()) return first;
    const current: i32 = this.current.get();
    const horizon: i32 = (first + ((IDLE_BUCKETS * BUCKET_TICKS) | 0)) | 0;
    let least: i32 = horizon < ticks ? horizon : ticks;
    const complete: i32 = (first + (((BLOCK - 1 - (current % BLOCK)) * BUCKET_TICKS) | 0)) | 0;
    if (complete < least) least = complete;
    for (let i: i32 = 0; i < PROGRAM_LIMITS_MAX; i = (i + 1) | 0) {
      if (!this.span.isIntact(i)) return first;
      const span: i32 = this.span.get(i);
      if (span == 0) continue;
      if (!this.count.isIntact(i)) return first;
      least = this.idleIn(span, first, least);
    }
    return least;
  }

  /** Ticks of `ticks` up to the one in which a damaged bucket leaves a window of `span`; the next bucket begins after `first`. */
  private idleIn(span: i32, first: i32, ticks: i32): i32 {
    const current: i32 = this.current.get();
    const begun: i32 = smaller(span, bucketsIn((ticks - first + BUCKET_TICKS - 1) | 0));
    if (begun <= 0 || this.stepsIn(indexAt(current, span), begun) != DAMAGED) return ticks;
    // The buckets that leave the window next, the oldest first.
    for (let i: i32 = 0; i < IDLE_BUCKETS && i < begun; i = (i + 1) | 0) {
      if (this.read(current, (span - i) | 0) == DAMAGED) return (first + ((i * BUCKET_TICKS) | 0)) | 0;
    }
    return ticks;
  }

  /**
   * Passes over `ticks` in which `idle` found that no block is complete and no damaged bucket leaves a window: the buckets
   * that begin are empty.
   */
  skip(ticks: i32): void {
    const passed: i32 = (this.bucketTicks.get() + ticks) | 0;
    const rest: i32 = passed % BUCKET_TICKS;
    const begun: i32 = bucketsIn(passed);
    assert(begun >= 0 && begun <= AHEAD, "a leap begins only buckets that were cleared");
    assert(
      begun == 0 || (this.current.get() % BLOCK) + begun < BLOCK || this.memory.faulty,
      "a leap completes no block",
    );
    this.bucketTicks.set(rest);
    if (begun > 0) this.rotate(begun);
  }

  /** Begins the next buckets, and subtracts what leaves the windows. A block is complete only when one alone begins. */
  private rotate(begun: i32): void {
    const current: i32 = this.current.get();
    let damaged: bool = false;
    for (let i: i32 = 0; i < PROGRAM_LIMITS_MAX; i = (i + 1) | 0) {
      const span: i32 = this.span.get(i);
      if (span == 0) continue;
      const leaving: i32 = this.stepsIn(indexAt(current, span), begun);
      if (leaving == DAMAGED) damaged = true;
      else if (leaving != 0) this.count.set(i, (this.count.get(i) - leaving) | 0);
    }
    if (current % BLOCK == BLOCK - 1) this.keepSum(blockEndingAt(current));
    this.current.set(((current + begun) | 0) % RING);
    this.currentCount.set(0);
    const known: i32 = this.known.get();
    if (known < BUCKETS) this.known.set(smaller((known + begun) | 0, BUCKETS));
    // The count that a damaged bucket had is unknown.
    if (damaged) this.repair();
  }

  /** Makes every damaged bucket a full one, also in the sums, and counts again. */
  private repair(): void {
    const current: i32 = this.current.get();
    for (let age: i32 = 1; age < BUCKETS; age = (age + 1) | 0) {
      if (this.read(current, age) == DAMAGED) this.write(indexAt(current, age), BUCKET_PULSES_MAX);
    }
    this.keepSums();
    this.recount();
    this.log.event(EVENT_STORE_REPAIRED, RECORD_WINDOW, 0, 0);
  }

  private keepSums(): void {
    for (let block: i32 = 0; block < BLOCKS; block = (block + 1) | 0) this.keepSum(block);
  }

  /** Writes the sum of a block, damaged buckets counted as full. */
  private keepSum(block: i32): void {
    const first: i32 = (block * BLOCK) | 0;
    let sum: i32 = this.stepsIn(first, BLOCK);
    if (sum == DAMAGED) {
      const last: i32 = (first + BLOCK - 1) | 0;
      sum = 0;
      for (let age: i32 = 0; age < BLOCK; age = (age + 1) | 0) sum = (sum + this.countAt(last, age)) | 0;
    }
    if (sum == this.readSum(block) || this.mute.isSet() || this.memory.faulty) return;
    const at: i32 = sumAt(block);
    for (let i: i32 = 0; i < SUM_BYTES; i = (i + 1) | 0) {
      this.hal.nvm.write((at + i) | 0, (i & 1) == 0 ? sum & 255 : sum >> 8);
    }
  }

  /** The sum of a block, or DAMAGED. */
  private readSum(block: i32): i32 {
    const at: i32 = sumAt(block);
    const sum: i32 = this.readU16(at);
    return sum == this.readU16((at + 2) | 0) ? sum : DAMAGED;
  }

  private readU16(at: i32): i32 {
    return this.hal.nvm.read(at) | 0 | ((this.hal.nvm.read((at + 1) | 0) | 0) << 8);
  }

  /** Steps in `buckets` buckets from that one on, four at a time; DAMAGED when one of them is. */
  private stepsIn(first: i32, buckets: i32): i32 {
    let steps: i32 = 0;
    for (let i: i32 = 0; i < BLOCK && i < buckets; i = (i + WORD_BUCKETS) | 0) {
      const left: i32 = (buckets - i) | 0;
      const four: i32 = this.word((first + i) | 0);
      const word: i32 = left < WORD_BUCKETS ? four & ((1 << (left << 3)) - 1) : four;
      if (word == 0) continue;
      if ((word & LOW_HALVES) != ((word >> 4) & LOW_HALVES)) return DAMAGED;
      const pairs: i32 = ((word & LOW_HALVES_OF_PAIRS) + ((word >> 8) & LOW_HALVES_OF_PAIRS)) | 0;
      steps = (steps + (pairs & 255) + (pairs >> 16)) | 0;
    }
    return steps;
  }

  /** The bytes of four buckets from that one on, the first of them lowest. Behind the ring's last one comes its first. */
  private word(index: i32): i32 {
    if (index + WORD_BUCKETS <= RING) return this.hal.nvm.readWord((WINDOW_AT + index) | 0) | 0;
    let word: i32 = 0;
    for (let i: i32 = 0; i < WORD_BUCKETS; i = (i + 1) | 0) {
      word = word | ((this.hal.nvm.read((WINDOW_AT + (((index + i) | 0) % RING)) | 0) | 0) << (i << 3));
    }
    return word;
  }

  private clear(index: i32): void {
    if (this.hal.nvm.read((WINDOW_AT + index) | 0) != 0) this.write(index, 0);
  }

  private write(index: i32, count: i32): void {
    if (!this.mute.isSet() && !this.memory.faulty) this.hal.nvm.write((WINDOW_AT + index) | 0, count | (count << 4));
  }

  /** Steps in the bucket `age` buckets before `current`, or DAMAGED. */
  private read(current: i32, age: i32): i32 {
    assert(age >= 0 && age < BUCKETS, "a bucket is no older than the longest window");
    const byte: i32 = this.hal.nvm.read((WINDOW_AT + indexAt(current, age)) | 0) | 0;
    return (byte & 15) == byte >> 4 ? byte & 15 : DAMAGED;
  }
}

/** Whole buckets that pass in so many ticks. */
function bucketsIn(ticks: i32): i32 {
  return ((ticks - (ticks % BUCKET_TICKS)) / BUCKET_TICKS) | 0;
}

function indexAt(current: i32, age: i32): i32 {
  const index: i32 = (current - age) | 0;
  return index < 0 ? (index + RING) | 0 : index;
}

function sumAt(block: i32): i32 {
  return (SUMS_AT + ((block * SUM_BYTES) | 0)) | 0;
}

/** The block whose last bucket is that one. */
function blockEndingAt(index: i32): i32 {
  return ((index + 1 - BLOCK) / BLOCK) | 0;
}

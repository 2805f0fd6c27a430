// Quantiles of a cohort. A quantile is the value at the place q (n - 1) of the n sorted values, on the straight line between its
// neighbours. With one patient every quantile is that patient's value. Up to KEPT_MAX patients every value is kept, and the
// quantiles are exact. Of a larger cohort a column counts values by size, in buckets that are 1.6 % wide at most, each with its
// least and greatest value. Its memory then does not grow with the patients, a quantile is within that width, and whole numbers
// stay exact. Neither form depends on the order in which values come, so no number of workers can change a byte.

/** In percent of the patients. */
export const QUANTILES = [5, 25, 50, 75, 95] as const;
export type Quantiles = Record<(typeof QUANTILES)[number], number>;

export interface Spread {
  /** The patients who have a value. */
  patients: number;
  /** Null when none has. */
  quantiles: Quantiles | null;
}

/** Cohorts up to this size keep every value. */
export const KEPT_MAX = 2000;
/** Significant digits of a quantile: concentrations and scores have scales of their own. */
const DIGITS = 6;
/** Of the upper half of a double, sign, exponent and the first six bits of the fraction are a bucket. */
const BUCKET_SHIFT = 14;

interface Bucket {
  count: number;
  least: number;
  greatest: number;
}

/** Values of one quantity, one for each patient who has it. */
export class Column {
  private readonly kept: number[] | null;
  private readonly buckets = new Map<number, Bucket>();

  /** `people`: the size of the cohort. */
  constructor(people: number) {
    this.kept = people <= KEPT_MAX ? [] : null;
  }

  add(value: number): void {
    if (Number.isNaN(value)) return;
    if (this.kept !== null) {
      this.kept.push(value);
      return;
    }
    const key = bucketOf(value);
    const bucket = this.buckets.get(key);
    if (bucket === undefined) {
      this.buckets.set(key, { count: 1, least: value, greatest: value });
      return;
    }
    bucket.count++;
    if (value < bucket.least) bucket.least = value;
    if (value > bucket.greatest) bucket.greatest = value;
  }

  spread(): Spread {
    return this.kept === null ? spreadOfBuckets([...this.buckets.values()]) : spreadOf(this.kept);
  }
}

/** `values` need not be in order. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = Float64Array.from(values).sort();
  return quantilesAt(sorted.length, (rank) => sorted[rank]);
}

const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);
/** The index of the word with the sign. */
const UPPER = (() => {
  double[0] = 1;
  return words[1] === 0 ? 0 : 1;
})();

function bucketOf(value: number): number {
  double[0] = value;
  return words[UPPER] >>> BUCKET_SHIFT;
}

function spreadOfBuckets(buckets: Bucket[]): Spread {
  buckets.sort((a, b) => a.least - b.least);
  const patients = buckets.reduce((sum, { count }) => sum + count, 0);
  return quantilesAt(patients, (rank) => {
    let left = rank;
    for (const { count, least, greatest } of buckets) {
      if (left < count) return count === 1 ? least : least + ((greatest - least) * left) / (count - 1);
      left -= count;
    }
    throw new RangeError(`expected a rank below ${patients}`);
  });
}

function quantilesAt(patients: number, at: (rank: number) => number): Spread {
  if (patients === 0) return { patients, quantiles: null };
  const quantile = (percent: number): number => {
    const place = (percent / 100) * (patients - 1);
    const below = Math.floor(place);
    const low = at(below);
    const high = at(Math.min(below + 1, patients - 1));
    return Number((low + (high - low) * (place - below)).toPrecision(DIGITS));
  };
  return { patients, quantiles: Object.fromEntries(QUANTILES.map((each) => [each, quantile(each)])) as Quantiles };
}

// The seed of a test run: every law, sample and hunt for a mutant that fast-check draws in test/ begins with it. It is the same in
// every run. CISTERN_SEED=<number> sets another, CISTERN_SEED=fresh draws one.

/** Any number would do; another one changes what every law tries. */
const SEED = 20_261_127;
/** fast-check keeps a seed as an int32. */
const SEED_MAX = 0x7fff_ffff;

/** The seed that a value of CISTERN_SEED asks for. Throws RangeError on what is neither a seed nor `fresh`. */
export function seedOf(asked: string | undefined): number {
  if (asked === undefined || asked === "") return SEED;
  if (asked === "fresh") return Math.floor(Math.random() * SEED_MAX);
  const seed = Number(asked);
  if (!/^\d+$/.test(asked) || seed > SEED_MAX) {
    throw new RangeError(`CISTERN_SEED: found ${asked}, expected fresh or a whole number from 0 to ${SEED_MAX}`);
  }
  return seed;
}

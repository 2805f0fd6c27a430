// Exponential, logarithm and the normal quantile for the draws of a person, from + - x / and square root alone, so that a seed is
// the same person on every engine. Used once at load.

const LN2 = 0.6931471805599453;
const TERMS = 24;

/** e^x to 1e-15 of it, for |x| < 40. */
export function exponential(x: number): number {
  let doublings = 0;
  let part = x;
  for (; part > 0.5 || part < -0.5; doublings++) part /= 2;
  let sum = 1;
  let term = 1;
  for (let k = 1; k < TERMS; k++) {
    term *= part / k;
    sum += term;
  }
  for (let k = 0; k < doublings; k++) sum *= sum;
  return sum;
}

/** The natural logarithm of a positive number, by the series of the inverse hyperbolic tangent. */
export function logarithm(x: number): number {
  let power = 0;
  let part = x;
  for (; part > 1.5; power++) part /= 2;
  for (; part < 0.75; power--) part *= 2;
  const ratio = (part - 1) / (part + 1);
  let term = ratio;
  let sum = 0;
  for (let k = 1; k < 2 * TERMS; k += 2) {
    sum += term / k;
    term *= ratio * ratio;
  }
  return 2 * sum + power * LN2;
}

const CENTRAL_TOP = [
  -3.969683028665376e1, 2.209460984245205e2, -2.759285104469687e2, 1.38357751867269e2, -3.066479806614716e1,
  2.506628277459239,
];
const CENTRAL_BOTTOM = [
  -5.447609879822406e1, 1.615858368580409e2, -1.556989798598866e2, 6.680131188771972e1, -1.328068155288572e1, 1,
];
const TAIL_TOP = [
  -7.784894002430293e-3, -3.223964580411365e-1, -2.400758277161838, -2.549732539343734, 4.374664141464968,
  2.938163982698783,
];
const TAIL_BOTTOM = [7.784695709041462e-3, 3.224671290700398e-1, 2.445134137142996, 3.754408661907416, 1];
const TAIL = 0.02425;

/** The value below which a standard normal number lies with this chance, to 1e-9 of it (P. J. Acklam's rational approximation). */
export function normalQuantile(chance: number): number {
  if (chance > 1 - TAIL) return -normalQuantile(1 - chance);
  if (chance < TAIL) {
    const q = Math.sqrt(-2 * logarithm(chance));
    return polynomial(TAIL_TOP, q) / polynomial(TAIL_BOTTOM, q);
  }
  const q = chance - 0.5;
  return (q * polynomial(CENTRAL_TOP, q * q)) / polynomial(CENTRAL_BOTTOM, q * q);
}

/** The highest power first. */
function polynomial(factors: readonly number[], x: number): number {
  return factors.reduce((sum, factor) => sum * x + factor, 0);
}

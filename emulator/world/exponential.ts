// The exponential function of the world. The results of `Math.exp` differ between engines, and those of the four operations do
// not.

/** e^x from the four operations, which are the same on every engine: to 1e-5 for |x| < 4, to 1e-8 for |x| < 1. */
export function exponential(x: f64): f64 {
  const y = x / 16;
  const root = (1 + y / 2 + (y * y) / 12) / (1 - y / 2 + (y * y) / 12);
  const fourth = root * root * (root * root);
  return fourth * fourth * (fourth * fourth);
}

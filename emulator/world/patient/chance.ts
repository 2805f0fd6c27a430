// Chance within the patient: the generator of emulator/random.ts (xorshift128), started from the words of a stream that is forked
// there by name. It is written again because the patient compiles with AssemblyScript; a test holds both together. Draws are
// made at fixed minutes, whatever happens to the patient, so the same seed is the same person at every dose.

const WORDS: f64 = 4294967296;
/** A sum of twelve uniform numbers has a variance of one. */
const UNIFORMS: i32 = 12;
const MEAN: f64 = 6;

export class Chance {
  a: i32;
  b: i32;
  c: i32;
  d: i32;

  constructor(a: i32, b: i32, c: i32, d: i32) {
    this.a = a;
    this.b = b;
    this.c = c;
    this.d = d;
  }

  /** Uniform in [0, 1), with 32 bits. */
  fraction(): f64 {
    const t: i32 = this.d ^ (this.d << 11);
    this.d = this.c;
    this.c = this.b;
    this.b = this.a;
    this.a = (this.a ^ (this.a >>> 19) ^ t ^ (t >>> 8)) | 0;
    let word: f64 = this.a;
    if (word < 0) word += WORDS;
    return word / WORDS;
  }

  /** A mean of 0 and a deviation of 1, nearly normal, within 6. */
  normal(): f64 {
    let sum: f64 = 0;
    for (let i: i32 = 0; i < UNIFORMS; i++) sum += this.fraction();
    return sum - MEAN;
  }
}

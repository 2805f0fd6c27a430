// Reproducible chance. Each source has its own stream, forked by name from the one seed, so that a new part changes no other
// stream. The generator is xorshift128 (Marsaglia 2003) on four 32-bit words, which are seeded by FNV-1a over name and seed.
// Its state is plain and saved with the part that owns it. It is not fit for keys.

/** The largest seed; a seed is a word of 32 bits. */
export const SEED_MAX = 0xffff_ffff;
const WORDS: f64 = 4294967296;

export class RandomStream {
  a: i32 = 0;
  b: i32 = 0;
  c: i32 = 0;
  d: i32 = 0;

  constructor(seed: i32, name: string) {
    this.a = fnv(name, seed | 0);
    this.b = fnv(name, this.a ^ 0x5bd1e995);
    this.c = fnv(name, this.b ^ 0x2545f491);
    this.d = fnv(name, this.c ^ 0x6c078965) | 1;
  }

  /** 32 random bits. */
  word(): i32 {
    const t = this.d ^ (this.d << 11);
    this.d = this.c;
    this.c = this.b;
    this.b = this.a;
    this.a = (this.a ^ (this.a >>> 19) ^ t ^ (t >>> 8)) | 0;
    return this.a;
  }

  /** 32 random bits as an unsigned integer. */
  bits(): f64 {
    const word: f64 = this.word();
    return word < 0 ? word + WORDS : word;
  }

  /** So many random bytes. */
  bytes(count: i32): Uint8Array {
    const bytes = new Uint8Array(count);
    for (let i = 0; i < count; i++) bytes[i] = (this.word() & 255) as u8;
    return bytes;
  }

  /** Uniform in [0, 1), with 32 bits: exact in binary. */
  fraction(): f64 {
    return this.bits() / WORDS;
  }
}

function fnv(name: string, seed: i32): i32 {
  let hash: i32 = 0x811c9dc5 ^ seed;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193) as i32;
  return (Math.imul(hash ^ (hash >>> 15), 0x85ebca6b) as i32) | 0;
}

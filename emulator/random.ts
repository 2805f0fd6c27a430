// Reproducible chance. Each source has its own stream, forked by name from the one seed, so that a new part changes no other
// stream. The generator is xorshift128 (Marsaglia 2003) on four 32-bit words, which are seeded by FNV-1a over name and seed.
// Its state is plain and saved with the part that owns it. It is not fit for keys.

/** The largest seed; a seed is a word of 32 bits. */
export const SEED_MAX = 0xffff_ffff;

export class RandomStream {
  a = 0;
  b = 0;
  c = 0;
  d = 0;

  constructor(seed: number, name: string) {
    this.a = fnv(name, seed | 0);
    this.b = fnv(name, this.a ^ 0x5bd1e995);
    this.c = fnv(name, this.b ^ 0x2545f491);
    this.d = fnv(name, this.c ^ 0x6c078965) | 1;
  }

  /** 32 random bits as an unsigned integer. */
  bits(): number {
    const t = this.d ^ (this.d << 11);
    this.d = this.c;
    this.c = this.b;
    this.b = this.a;
    this.a = (this.a ^ (this.a >>> 19) ^ t ^ (t >>> 8)) | 0;
    return this.a >>> 0;
  }

  /** So many random bytes. */
  bytes(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, () => this.bits() & 255);
  }

  /** Uniform in [0, 1), with 32 bits: exact in binary. */
  fraction(): number {
    return this.bits() / 4294967296;
  }
}

function fnv(name: string, seed: number): number {
  let hash = 0x811c9dc5 ^ seed;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  return Math.imul(hash ^ (hash >>> 15), 0x85ebca6b) | 0;
}

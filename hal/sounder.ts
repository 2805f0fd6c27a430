// The piezo sounder. It sounds one of two patterns for as long as the register holds it, so the firmware decides how long a
// tone lasts. The drive circuit senses whether the transducer is there, so a self-test makes no sound.

// Made from emulator/contract/codes.ts by npm run contract: tones.
export const TONE_OFF: i32 = 0;
/** One steady tone: non-critical. */
export const TONE_SINGLE: i32 = 1;
/** Two alternating tones: critical. */
export const TONE_DUAL: i32 = 2;
// End of tones.

// Made from emulator/contract/calls.ts by npm run contract: port.
export abstract class SounderPort {
  /** Holds a pattern until the next call. `tone`: one of the TONE_ codes. */
  abstract setTone(tone: i32): void;
  /** True when the transducer's impedance is in range. */
  abstract responds(): bool;
}
// End of port.

// The program record of hal/telemetry.ts as an object: a prescription in which doses have become pulses. All numbers are
// integers, already rounded to the safe side. A part that is absent is not in the prescription.

export interface Program {
  mode: "continuous" | "flex" | "periodic" | "minimum" | "stopped";
  /** 0.01 uL/day; 0 unless continuous. */
  rate: number;
  bolus: { pulses: number; duration_s: number; lockout_min: number; per24h: number } | null;
  limits: { pulses: number; window_min: number }[];
  low_pulses: number;
  /** DRUG_ id and concentration in 0.1 ug/mL, the primary drug first; at most four. */
  drugs?: { id: number; concentration: number }[];
  /** Version of the drug library for which the program was written; default the present one. */
  library?: number;
  /** Days after a refill at which the next is overdue. */
  refill_days?: number;
  /** The doses of the mode `periodic`. */
  periodic?: { pulses: number; duration_s: number; every_min: number };
  /**
   * The schedule of the mode `flex`: at most seven patterns of at most thirteen steps, and the pattern of each weekday, Monday
   * first.
   */
  flex?: { patterns: { minute: number; rate: number }[][]; weekdays: number[] };
}

// The program record of hal/telemetry.ts in words: what a prescription has become once doses are pulses. All integers,
// already rounded to the safe side by whoever made it.

export interface Program {
  mode: "continuous" | "minimum" | "stopped";
  /** 0.01 uL/day; 0 unless continuous. */
  rate: number;
  bolus: { pulses: number; duration_s: number; lockout_min: number; per24h: number } | null;
  limits: { pulses: number; window_min: number }[];
  low_pulses: number;
}

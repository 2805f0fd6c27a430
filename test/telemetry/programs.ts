// Programs whose record holds all that they have and nothing by default, so that what is read back equals what was sent.

import type { Program } from "../../emulator/telemetry/program";

export const BARE: Program = {
  mode: "continuous",
  rate: 10_000,
  bolus: null,
  limits: [],
  low_pulses: 8000,
  drugs: [],
  library: 1,
};
export const FLEX: Program = {
  ...BARE,
  mode: "flex",
  rate: 0,
  flex: {
    patterns: [[{ minute: 420, rate: 9000 }], [{ minute: 480, rate: 8000 }]],
    weekdays: [0, 0, 0, 0, 0, 1, 1],
  },
};

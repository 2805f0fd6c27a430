// The names of the signals, for schemas and help: the table of signals.ts without its readers.

import { SIGNALS } from "./signals";

export const SIGNAL_NAMES: readonly string[] = SIGNALS.map((signal) => signal.name);

// Claims of a bench that cannot be, by class, as `--allow` names it: a rotor that turns too far in a tick; ticks that jump or go
// back; a clock that drifts; a sensor that freezes or gives a code beyond its converter's range; ports that it had before.

export const BENCH_CLASSES = ["motion", "ticks", "clock", "sensors", "ports"] as const;
export type BenchClass = (typeof BENCH_CLASSES)[number];

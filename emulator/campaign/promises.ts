// The classes that a profile promises to reach when it has as many cases as `runs` says (PRP-6). A class that the campaign's own people and mishaps
// bring about is promised for every controller. One that the controller must show is promised if it shows any of its group:
// what it does not implement is not judged, and the report says so.

import { FAULTS } from "../faults";
import { ACTION_NAMES, BASAL_MODES } from "../scenario/schema";
import { type Group, groupOf } from "./campaign-report";

interface Promised {
  /** A class, or its beginning. */
  name: string;
  /** True when the campaign's own people and mishaps bring it about, so that the controller need not show it. */
  isBrought: boolean;
}

/** Nobody is behind the catheter of a case, who could be injected or converted, and no hand writes to the memory but by a flip. */
const NOT_IN_CASES = ["inject", "convert", "set"];
/** A flip needs the names of fields, a dead guard acts only where the guard would, and the others only at the next refill. */
const NOT_SURE = ["ram_flip", "guard_dead", "pocket_fill", "overfill"];
const MODES = [...BASAL_MODES, "priming", "bridge"];
const DENIALS = ["lockout", "per_24h", "dose_limit", "busy", "stopped", "alarm"];
const ALARMS: readonly string[] = [
  ...["low_reservoir", "empty_reservoir", "volume_mismatch", "motor_stall", "motor_reverse", "motor_runaway"],
  ...["dose_limit", "low_battery_reset", "clock_fault", "sensor_fault", "memory_fault"],
];
const EVENTS = ["bolus_finished patient", "bolus_cancelled", "bridge_started", "refill_discrepancy", "stall_recovered"];
const RECORDS = ["time", "ledger", "chart", "program"];
const RESETS = ["brownout", "watchdog", "external"];

const brought = (name: string): Promised => ({ name, isBrought: true });
const shown = (name: string): Promised => ({ name, isBrought: false });

/** Of every profile: they differ in how many cases it takes. */
const PROMISED: readonly Promised[] = [
  ...ACTION_NAMES.filter((name) => !NOT_IN_CASES.includes(name)).map((name) => brought(`action ${name} in `)),
  ...FAULTS.filter(({ name }) => !NOT_SURE.includes(name)).map(({ name }) => brought(`fault ${name} in `)),
  ...RESETS.map((name) => brought(`reset ${name} in `)),
  ...MODES.map((name) => shown(`mode ${name}`)),
  ...DENIALS.map((name) => shown(`denied bolus_denied patient ${name}`)),
  ...ALARMS.map((name) => shown(`alarm ${name} in `)),
  ...RECORDS.map((name) => shown(`record ${name} in `)),
  ...EVENTS.map((name) => shown(`event ${name}`)),
];

/** The promised classes that were not reached, and the groups of which the controller shows nothing at all. */
export function missedOf(classes: Readonly<Record<string, number>>): { missed: string[]; notJudged: Group[] } {
  const reached = Object.keys(classes);
  const groups = new Set(reached.map(groupOf));
  const missed: string[] = [];
  const notJudged = new Set<Group>();
  for (const { name, isBrought } of PROMISED) {
    if (reached.some((each) => each.startsWith(name))) continue;
    if (isBrought || groups.has(groupOf(name))) missed.push(name.replace(/ in $/, ""));
    else notJudged.add(groupOf(name));
  }
  return { missed, notJudged: [...notJudged] };
}

// The monitor of the level that the pump must look at (RES-6): a reservoir that holds too little raises `empty_reservoir` in time. It
// is asked in each tick that shows anything while the level is low, so it costs nothing before. It leaves out what the controller
// cannot read: a sensor while a fault is on it, and a hang. A controller that publishes nothing shows no alarm.

import { ALARM_EMPTY_RESERVOIR } from "../../../hal/alarms";
import { LEVEL_NL_PER_CODE } from "../../../hal/reservoir";
import { LIFE_EXPLANTED } from "../../../hal/telemetry";
import { EVENT_LIFE_CHANGED } from "../../../hal/trace";
import { TICKS_PER_MINUTE } from "../../../hal/units";
import { FAULT_HANG, FAULT_SENSOR_NOISE, FAULT_SENSOR_OFFSET, FAULT_SENSOR_STUCK } from "../../fault-ledger";
import { isMemoryDamaged, LOW, type Moment, type Monitor } from "./monitor";

/** Two steps of the converter below the residual volume of 1.4 mL. */
export const LOW_NL = 1_400_000 - 2 * LEVEL_NL_PER_CODE;
/** A quarter of an hour, and the minute for which a reading may wait. */
const LATEST_TICKS = 16 * TICKS_PER_MINUTE;
const SENSOR_FAULTS = [FAULT_SENSOR_NOISE, FAULT_SENSOR_OFFSET, FAULT_SENSOR_STUCK];

export function watchLevel(): Monitor {
  const books = {
    ok: true,
    isExplanted: false,
    /** The tick since which the level is low without an alarm; -1: it is not. */
    since: -1,
  };
  return {
    books,
    asked: LOW,
    event: ({ code, a }) => {
      if (code === EVENT_LIFE_CHANGED) books.isExplanted = a === LIFE_EXPLANTED;
    },
    // The readings begin anew.
    reset: () => {
      books.since = -1;
    },
    holds: (moment) => {
      const { tick, course } = moment;
      const isLow = moment.volume_nl <= LOW_NL;
      const isAlarmed = (course.alarms & (1 << ALARM_EMPTY_RESERVOIR)) !== 0;
      if (!isLow || isAlarmed || books.isExplanted || !canRead(moment)) books.since = -1;
      else if (books.since < 0) books.since = tick;
      else if (tick - books.since > LATEST_TICKS) books.ok = false;
      return books.ok;
    },
  };
}

/** True when the controller can read its sensor and show an alarm, and has a program. */
function canRead(moment: Moment): boolean {
  const { program, faultsOn } = moment;
  if (program === null || isMemoryDamaged(moment) || faultsOn[FAULT_HANG]) return false;
  return moment.publishes && SENSOR_FAULTS.every((fault) => !faultsOn[fault]);
}

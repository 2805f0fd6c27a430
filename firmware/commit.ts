// Puts a staged program in force (LNK-4). `judge` makes every check that can refuse it. If it is accepted, all parts adopt the
// program, and its record is stored. A refused commit changes nothing but the total that its answer shows, and leaves one entry
// in the log.
//
// Invariant: the program that comes into force is the one that was judged.

import { ALARM_PROGRAM_INVALID } from "../hal/alarms";
import { assert } from "../hal/assert";
import {
  CONFIRM_NO_BRIDGE,
  CONFIRM_SOFT_LIMIT,
  CONFIRM_TIGHT_LIMITS,
  CONFIRM_TOTAL,
  OUTCOME_ACCEPTED,
  OUTCOME_ALARM,
  OUTCOME_BRIDGE_NEEDED,
  OUTCOME_DIGEST,
  OUTCOME_HARD_LIMIT,
  OUTCOME_LIFE,
  OUTCOME_OUT_OF_RANGE,
  OUTCOME_SOFT_LIMIT,
  OUTCOME_TIGHT_LIMITS,
  OUTCOME_TOTAL_DOUBLED,
  PROGRAM_DRUGS_MAX,
  REASON_NONE,
  REASONS,
  REFUSED_CONFIRM,
  REFUSED_NONE,
  REFUSED_REASON,
} from "../hal/telemetry";
import { EVENT_PROGRAM_ACCEPTED, EVENT_PROGRAM_REFUSED } from "../hal/trace";
import { writeU32 } from "./bytes";
import { Draft } from "./draft";
import { Program } from "./program";
import { Pump } from "./pump";
import { checkRecord } from "./record-check";
import { fieldOfRefusal, outcomeOf, refusal } from "./refusal";
import { CONTENT_AT } from "./session";
import { Store } from "./store";
import { Twin } from "./twin";

/** The bits that a commit may confirm. */
const CONFIRM_COMMIT: i32 = CONFIRM_SOFT_LIMIT | CONFIRM_TOTAL | CONFIRM_NO_BRIDGE | CONFIRM_TIGHT_LIMITS;

assert(
  CONFIRM_SOFT_LIMIT + CONFIRM_TOTAL + CONFIRM_NO_BRIDGE + CONFIRM_TIGHT_LIMITS == CONFIRM_COMMIT,
  "each confirmation has its bit",
);

export class Commit {
  pump: Pump;
  store: Store;
  draft: Draft;
  /** The 24-hour total, in pulses, before the last commit: that of the last program in force that gives anything. */
  totalBefore: Twin;
  /** REFUSED_ code of the field for which this tick's commit was refused. */
  field: i32 = REFUSED_NONE;

  constructor(pump: Pump, store: Store, draft: Draft) {
    this.pump = pump;
    this.store = store;
    this.draft = draft;
    this.totalBefore = new Twin(pump.memory, 0);
  }

  /**
   * Commits the staged record if it has this digest. `confirmed`: CONFIRM_ bits; `reason`: REASON_; `total`: the
   * 24-hour total that the clinician saw. Gives the OUTCOME_.
   */
  carryOut(digest: i32, confirmed: i32, reason: i32, total: i32): i32 {
    const present: Program = this.pump.program;
    this.totalBefore.set(present.valid.isSet() ? present.lastTotal.get() : 0);
    const judged: i32 = this.judge(digest, confirmed, reason, total);
    const outcome: i32 = outcomeOf(judged);
    this.field = fieldOfRefusal(judged);
    if (outcome == OUTCOME_ACCEPTED) this.bringIntoForce();
    else this.pump.log.event(EVENT_PROGRAM_REFUSED, outcome, this.field, 0);
    return outcome;
  }

  /**
   * Writes into the reply the totals of the staged program and of the one before, and the field of a refusal if it has
   * one. Gives the number of bytes.
   */
  writeAnswer(): i32 {
    const reply: Uint8Array = this.pump.telemetry.reply;
    writeU32(reply, CONTENT_AT, this.draft.program.total.get());
    writeU32(reply, CONTENT_AT + 4, this.totalBefore.get());
    if (this.field == REFUSED_NONE) return 8;
    reply[CONTENT_AT + 8] = this.field as u8;
    this.field = REFUSED_NONE;
    return 9;
  }

  /** The first refusal (refusal.ts) among the checks of a commit, or OUTCOME_ACCEPTED (LNK-4, THR-7, LIM-8, LIM-9). */
  private judge(digest: i32, confirmed: i32, reason: i32, shownTotal: i32): i32 {
    const pump: Pump = this.pump;
    if (!pump.life.isInBody()) return OUTCOME_LIFE;
    if (!this.store.canWrite()) return OUTCOME_ALARM;
    if ((confirmed & ~CONFIRM_COMMIT) != 0) return refusal(OUTCOME_OUT_OF_RANGE, REFUSED_CONFIRM);
    if (reason >= REASONS) return refusal(OUTCOME_OUT_OF_RANGE, REFUSED_REASON);
    if (!this.draft.hasDigest(digest)) return OUTCOME_DIGEST;
    const inRange: i32 = checkRecord(this.draft.record);
    if (inRange != OUTCOME_ACCEPTED) return inRange;
    const next: Program = this.draft.program;
    next.adopt(this.draft.record);
    const doses: i32 = next.checkDoses();
    const softly: bool = (confirmed & CONFIRM_SOFT_LIMIT) != 0 && reason > REASON_NONE;
    if (outcomeOf(doses) == OUTCOME_HARD_LIMIT || (outcomeOf(doses) == OUTCOME_SOFT_LIMIT && !softly)) return doses;
    const before: i32 = this.totalBefore.get();
    const total: i32 = next.total.get();
    const echoed: bool = (confirmed & CONFIRM_TOTAL) != 0 && shownTotal == total;
    if (before > 0 && total > before << 1 && !echoed) return OUTCOME_TOTAL_DOUBLED;
    const waived: bool = (confirmed & CONFIRM_NO_BRIDGE) != 0;
    if (pump.program.valid.isSet() && changesDrug(pump.program, next) && !waived && !pump.therapy.canBridgeTo(next)) {
      return OUTCOME_BRIDGE_NEEDED;
    }
    const tight: i32 = (confirmed & CONFIRM_TIGHT_LIMITS) != 0 ? REFUSED_NONE : next.tightField();
    return tight == REFUSED_NONE ? OUTCOME_ACCEPTED : refusal(OUTCOME_TIGHT_LIMITS, tight);
  }

  private bringIntoForce(): void {
    const pump: Pump = this.pump;
    const program: Program = pump.program;
    const next: Program = this.draft.program;
    const crosses: bool = changesDrug(program, next) && pump.therapy.canBridgeTo(next);
    const sameDrug: bool = program.drugIds.get(0) == next.drugIds.get(0);
    const oldRate: i32 = crosses && !sameDrug ? pump.therapy.rate.get() : 0;
    pump.therapy.leaveProgram();
    program.adopt(this.draft.record);
    assert(program.digest.get() == next.digest.get() || pump.memory.faulty, "the program in force is the one judged");
    pump.limiter.adopt();
    pump.therapy.noteBasal();
    pump.limiter.widenLimits();
    pump.limiter.setReserves();
    pump.limiter.setGuard();
    this.store.commit(this.draft.record);
    this.draft.isStaged.setFlag(false);
    pump.alarms.setCause(ALARM_PROGRAM_INVALID, false);
    pump.log.event(EVENT_PROGRAM_ACCEPTED, program.rate.get(), program.digest.get(), program.total.get());
    pump.life.enterService();
    pump.therapy.adopt();
    if (crosses) pump.therapy.bridgeToProgram(oldRate);
  }
}

/** True when the drugs or concentrations of two programs differ, so that the reservoir holds something else. */
function changesDrug(present: Program, next: Program): bool {
  if (present.drugs.get() == 0) return false;
  if (present.drugs.get() != next.drugs.get()) return true;
  for (let i: i32 = 0; i < PROGRAM_DRUGS_MAX; i = (i + 1) | 0) {
    if (i >= next.drugs.get()) continue;
    if (present.drugIds.get(i) != next.drugIds.get(i)) return true;
    if (present.concentrations.get(i) != next.concentrations.get(i)) return true;
  }
  return false;
}

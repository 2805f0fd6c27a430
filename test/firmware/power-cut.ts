// Two hours in which a program is changed, a patient's bolus starts and the reservoir is refilled, and what a power cut at
// any moment of them may and may not do (NVM-1, NVM-2). The stretch is run once without a cut, which is the truth; then each
// cut is tried on the machine as it was at that moment, and what comes up after it is held against the truth: the old
// program or the new one, nothing given that is not counted, no lockout shorter, no bolus resumed, nothing given twice.

import {
  COMMAND_COMMIT,
  COMMAND_PATIENT_BOLUS,
  COMMAND_REFILL,
  COMMAND_STAGE,
  OPEN_NONCE_BYTES,
  OUTCOME_ACCEPTED,
} from "../../hal/telemetry";
import { telemetryReader } from "../../emulator/telemetry/frame";
import { digestOf, encodeCommit, encodeProgram, encodeRefill, stagePieces } from "../../emulator/telemetry/messages";
import type { Machine, Snapshot } from "../../emulator/machine/machine";
import { say } from "../listen";
import { HOUR, MINUTE, Pump, PROGRAM, SECOND } from "../pump";

/** A pulse every ten seconds; the window holds all that the pump ever gave. The new rate is the higher one. */
const OLD = { ...PROGRAM, rate: 210_000, limits: [{ pulses: 6_000, window_min: 600 }] };
const NEW = { ...OLD, rate: 240_000 };
const RECORD = encodeProgram(NEW);
const DIGESTS = [digestOf(encodeProgram(OLD)) | 0, digestOf(RECORD) | 0];

export const STRETCH_TICKS = 2 * HOUR;
const STAGE_AT = 10 * MINUTE;
const COMMIT_AT = STAGE_AT + SECOND;
/** The bolus of five minutes runs on into the second hour. */
const BOLUS_AT = 57 * MINUTE;
const REFILL_AT = 100 * MINUTE;
const REFILL_PULSES = 4_000;

/** A session is opened so long before somebody asks for something in it. */
const OPEN_TICKS = 4;
const OPENED_FOR = [STAGE_AT, BOLUS_AT, REFILL_AT];
const ACTS = [STAGE_AT, COMMIT_AT, BOLUS_AT, REFILL_AT, ...OPENED_FOR.map((tick) => tick - OPEN_TICKS)];

/** Restart and self-test. */
const RESTART_TICKS = 16;
/** The delivery after the restart is watched for this long, which is a pulse or two of basal. */
const WATCHED_TICKS = 15 * SECOND;

/** Executes a tick in which power fails inside the write of its byte number `byte`, from 1: half of the bits are the new ones. */
export function cutInByte(machine: Machine, byte: number): void {
  const { nvm } = machine.board;
  const write = nvm.write.bind(nvm);
  let left = byte;
  const torn = (address: number, value: number) => {
    if (--left === 0) machine.inject("nvm_torn_write");
    write(address, value);
  };
  Object.defineProperty(nvm, "write", { configurable: true, enumerable: false, value: torn });
  machine.step();
  Reflect.deleteProperty(nvm, "write");
}

/** The moment before the tick in which the program of `record` is committed, and how many bytes that tick writes. */
export function beforeCommit(pump: Pump, record: Uint8Array): { before: Snapshot; bytes: number } {
  const { machine } = pump;
  const refused = stagePieces(record).some(
    (piece) => pump.programmer.outcome(COMMAND_STAGE, piece) !== OUTCOME_ACCEPTED,
  );
  if (refused) throw new Error("a piece of the program was refused");
  machine.listener = null;
  machine.board.link.programmingHead = true;
  pump.say(COMMAND_COMMIT, 7_000, encodeCommit(digestOf(record), 0, 0, 0));
  const digest = pump.field("program.digest");
  let before = machine.snapshot();
  for (let tick = 0; tick < SECOND && pump.field("program.digest") === digest; tick++) {
    before = machine.snapshot();
    machine.step();
  }
  const written = machine.board.nvm.writes;
  machine.restore(before);
  return { before, bytes: written - machine.board.nvm.writes };
}

/** The next tick in which somebody asks for something. */
function nextAct(tick: number): number {
  return Math.min(...ACTS.filter((each) => each > tick), STRETCH_TICKS);
}

/** Somebody asks for something within 0.2 s before the tick, or just after it. */
export function isNearAct(tick: number): boolean {
  return ACTS.some((act) => tick >= act - 2 && tick <= act + 20);
}

export class Stretch {
  readonly pump = new Pump(OLD);
  private readonly machine: Machine = this.pump.machine;
  private readonly begin: number;
  /** Steps of the rotor after each tick of the stretch, and ticks in which something was asked and done. */
  private readonly steps = new Int32Array(STRETCH_TICKS + RESTART_TICKS + WATCHED_TICKS + 1);
  private readonly grantedAt: number;
  private readonly committedAt: number;
  private readonly refilledAt: number;
  private readonly reader = telemetryReader();
  /** Estimate and steps together: what only a refill changes. */
  private readonly filled: readonly [before: number, after: number];

  /** Runs the stretch without a cut; every command in it was accepted, or this throws. */
  constructor() {
    const { pump, machine } = this;
    machine.leap(HOUR / 12);
    machine.board.link.programmingHead = true;
    this.begin = machine.tick;
    const start = machine.snapshot();
    const before = this.estimateAndSteps();
    for (let tick = 0; tick < this.steps.length; tick++) {
      this.step();
      this.steps[tick] = machine.board.motor.steps;
    }
    this.grantedAt = this.tickOf("bolus_started");
    this.committedAt = this.tickOf("program_accepted");
    this.refilledAt = this.tickOf("refilled");
    this.filled = [before, this.estimateAndSteps()];
    if (this.filled[1] !== before + REFILL_PULSES || pump.heard("bolus_finished").length === 0) {
      throw new Error("the stretch is not the one that it should be");
    }
    machine.listener = null;
    machine.restore(start);
  }

  /**
   * Cuts power in the ticks from `from` up to `to`, in all of them or in those for which `picked` is true. Returns how many cuts
   * there were; throws at the first that does harm.
   */
  cutTicks(from: number, to: number, picked: (tick: number) => boolean = () => true): number {
    const { machine } = this;
    this.walkTo(from);
    let cuts = 0;
    let tick = from;
    while (tick < to) {
      this.act(tick);
      const before = machine.snapshot();
      // Quiet ticks are reached by leaps from the one copy.
      const calm = Math.min(machine.quiet(), nextAct(tick) - tick, to - tick);
      for (let ahead = 0; ahead < Math.max(calm, 1); ahead++) {
        if (!picked(tick + ahead)) continue;
        cuts++;
        machine.restore(before);
        machine.leap(ahead);
        machine.inject("brownout");
        this.check(tick + ahead, `cut in tick ${tick + ahead}`);
      }
      machine.restore(before);
      if (calm > 0) machine.leap(calm);
      else machine.step();
      tick += Math.max(calm, 1);
    }
    return cuts;
  }

  /**
   * Cuts power inside the bytes that are written in the ticks from `from` up to `to`, in all of them or in those for whose number,
   * counted from 0, `picked` is true: half of the byte's bits are the new ones. Returns how many cuts there were.
   */
  cutBytes(from: number, to: number, picked: (byte: number) => boolean = () => true): number {
    const { machine } = this;
    const { nvm } = machine.board;
    this.walkTo(from);
    let [cuts, bytes] = [0, 0];
    for (let tick = from; tick < to; tick++) {
      this.act(tick);
      // A tick that a leap would pass over writes nothing, and needs no copy.
      if (machine.quiet() > 0) {
        machine.step();
        continue;
      }
      const before = machine.snapshot();
      const first = nvm.writes;
      machine.step();
      const written = nvm.writes - first;
      for (let byte = 1; byte <= written; byte++) {
        if (!picked(bytes++)) continue;
        machine.restore(before);
        cutInByte(machine, byte);
        this.check(tick, `cut in byte ${byte} of ${written} of tick ${tick}`);
        cuts++;
      }
      if (written > 0) {
        machine.restore(before);
        machine.step();
      }
    }
    return cuts;
  }

  /** The pump comes back up after a cut in `tick`: what it believes against what was. */
  private check(tick: number, where: string): void {
    const { machine, pump } = this;
    machine.run(RESTART_TICKS - (machine.tick - this.begin - tick));
    const harm = (what: string) => new Error(`${where}: ${what}`);
    const steps = machine.board.motor.steps;
    const digest = pump.field("program.digest");
    if (pump.field("program.valid") !== 1 || pump.field("therapy.running") !== 1) throw harm("therapy stopped");
    if (digest !== DIGESTS[0] && digest !== DIGESTS[1]) throw harm("neither the old program nor the new one");
    if (tick < this.committedAt && digest !== DIGESTS[0]) throw harm("the new program before its commit");
    if (tick > this.committedAt && digest !== DIGESTS[1]) throw harm("the old program after the commit");
    if (pump.field("limiter.ring.count[0]") < steps) throw harm("a window emptier than the truth");
    if (pump.field("limiter.ring.count[0]") > steps + 1) throw harm("a window fuller than the truth");
    if (pump.field("motor.motion") !== steps) throw harm("the motor's place is lost");
    if (pump.field("therapy.bolus.cause") !== 0) throw harm("the bolus was resumed");
    if (pump.field("memory.faulty") !== 0) throw harm("a memory fault");
    const filled = this.estimateAndSteps();
    if (filled !== this.filled[0] && filled !== this.filled[1]) throw harm("the volume ledger does not close");
    if (tick < this.refilledAt && filled !== this.filled[0]) throw harm("a refill before it was");
    if (tick > this.refilledAt && filled !== this.filled[1]) throw harm("the refill is forgotten");
    if (tick > this.grantedAt) this.checkLockout(harm);
    machine.leap(WATCHED_TICKS);
    const given = machine.board.motor.steps;
    if (given > this.steps[machine.tick - 1 - this.begin]) throw harm("more was given than without the cut");
  }

  private checkLockout(harm: (what: string) => Error): void {
    const { machine, pump } = this;
    const waited = pump.field("clock.now") - pump.field("therapy.patientBolus.lastStart");
    if (pump.field("therapy.patientBolus.hasStarted") !== 1 || pump.field("therapy.patientBolus.startsCount") !== 1) {
      throw harm("the bolus does not count");
    }
    if (waited > machine.tick - 1 - this.begin - this.grantedAt) throw harm("the lockout is shorter than programmed");
  }

  private walkTo(tick: number): void {
    while (this.machine.tick - this.begin < tick) this.step();
  }

  private step(): void {
    this.act(this.machine.tick - this.begin);
    this.machine.step();
  }

  /** Sends the requests that are due `tick` ticks into the stretch. Only the request for a session waits for its answer. */
  private act(tick: number): void {
    const { pump } = this;
    this.listen();
    if (OPENED_FOR.includes(tick + OPEN_TICKS)) this.open();
    if (tick === STAGE_AT) stagePieces(RECORD).forEach((piece, i) => pump.say(COMMAND_STAGE, 900 + i, piece));
    if (tick === COMMIT_AT) pump.say(COMMAND_COMMIT, 950, encodeCommit(digestOf(RECORD), 0, 0, 0));
    if (tick === BOLUS_AT) pump.say(COMMAND_PATIENT_BOLUS, 951);
    if (tick === REFILL_AT) pump.say(COMMAND_REFILL, 952, encodeRefill(false, 0, REFILL_PULSES, true));
  }

  private open(): void {
    say(this.machine, this.pump.programmer.channel().openRequest(new Uint8Array(OPEN_NONCE_BYTES)));
  }

  /** Takes the frames that the pump sent in the last tick, for the session that was asked for. */
  private listen(): void {
    const { link } = this.machine.board;
    for (let frame = this.reader.hear(link); frame; frame = this.reader.hear(link)) {
      this.pump.programmer.channel().takeOpen(frame);
    }
  }

  private tickOf(event: string): number {
    const said = this.pump.heard(event).filter((each) => each.tick >= this.begin);
    if (said.length !== 1) throw new Error(`${event} happened ${said.length} times in the stretch`);
    return said[0].tick - this.begin;
  }

  private estimateAndSteps(): number {
    return this.pump.field("reservoir.estimate") + this.machine.board.motor.steps;
  }
}

// The people and the mishaps of a scenario, in the machine's time. They switch faults on and off, use the needle, and are the
// other end of the telemetry link. Their requests to the pump are exchanges, one after the other (programmer/exchange.ts), one
// for each message of an action. A clinician acts with the programming head in place, a patient without it. The first action
// is the commissioning: clock, pairing of the handset, catheter, first fill and first program. A commit that the pump
// questions is repeated once, with what the scenario confirms. With a patient there is more to do: a patient who asks by need
// uses the handset, a clinician who titrates comes to visits and chooses a rung of the ladder of the program in force, a trial is
// decided at its end, and an implant takes the place of the trial's pump. All state is plain and saved with the machine.

import {
  COMMAND_COMMIT,
  COMMAND_EXPLANT,
  COMMAND_IMPLANT,
  COMMAND_READ_LOG,
  COMMAND_STOP,
  CONFIRM_NO_BRIDGE,
  CONFIRM_SOFT_LIMIT,
  CONFIRM_TIGHT_LIMITS,
  CONFIRM_TOTAL,
  OUTCOME_ACCEPTED,
  OUTCOME_BRIDGE_NEEDED,
  OUTCOME_SOFT_LIMIT,
  OUTCOME_TIGHT_LIMITS,
  OUTCOME_TOTAL_DOUBLED,
  ROLE_CLINICIAN,
  ROLE_PATIENT,
} from "../../hal/telemetry";
import { faultIndex } from "../faults";
import { CONVERTED_CODE, TAKEN_OUT_CODE, TRIAL_FAILED_CODE, TRIAL_PASSED_CODE } from "../machine/events";
import type { Machine, Outside } from "../machine/machine";
import { writeSymbol } from "../machine/symbols";
import { type Ending, Exchange, type Policy } from "../programmer/exchange";
import { type Order, PAIR_HANDSET } from "../programmer/orders";
import { LogPlace } from "../programmer/reading";
import type { RandomStream } from "../random";
import { secretStream, type SecretSource } from "../system-random";
import type { Consent, Program, Scenario } from "../scenario/scenario";
import { telemetryReader } from "../telemetry/frame";
import { decodeCommit, encodeCommit } from "../telemetry/messages";
import type { Reply } from "../telemetry/secure";
import { Care, FAILED, PASSED } from "./care";
import { useNeedle } from "./needle";
import { type Item, refillPayload, REPLACE_PUMP, REQUEST, type Rung, scriptOf, type Script, VISIT } from "./script";

const REPLY_TICKS = 50;
const TRIES = 16;

/**
 * A reply takes two ticks; half a second without one means that a frame was lost, and it is sent again. A slow controller
 * answers the commissioning with `busy`, and is asked again every tenth of a second, for ten seconds.
 */
const POLICY: Policy = {
  tries: TRIES,
  wait: () => REPLY_TICKS,
  triesEach: true,
  refusal: "ignore",
  reopenings: TRIES,
  freshSession: false,
  onePairingKey: false,
  busyTries: 100,
  busyWait: 10,
};

/** How an action ended, beyond the pump's OUTCOME_ codes. */
export const NOT_SENT = -1;
export const NO_ANSWER = -2;

/**
 * The arrays with an element for each item, by their paths in a machine. Items are in the order of time, so the elements of those
 * that have begun are the first ones, whatever is to come.
 */
export const BY_ITEM: ReadonlySet<string> = new Set(
  ["queue", "outcomes", "faultActs", "faultFirst", "aspirated_nl", "faultOpen"].map((name) => `outside.${name}`),
);

/** The commands that go with an operation, of which the patient has wounds. */
const OPERATIONS: readonly number[] = [COMMAND_IMPLANT, COMMAND_EXPLANT];

export class People implements Outside {
  private readonly script: Readonly<Script>;
  /** Next point to act on. */
  nextPoint = 0;
  /** Items waiting for the link, in order: `queueAt` is the one under way. */
  queue: Int32Array;
  queueAt = 0;
  queueEnd = 0;
  /** Message of the item under way. */
  message = 0;
  chance: RandomStream;
  exchange: Exchange;
  reader = telemetryReader();
  /** The digest of the last commit that the pump accepted. */
  accepted = 0;
  /** The commit under way is the second one: with what is confirmed, and the total that the pump answered to the first. */
  confirming = false;
  total = 0;
  log = new LogPlace();
  /** Per item: outcome of its last message, and how often and when first its fault had acted when it ended. */
  outcomes: Int32Array;
  faultActs: Int32Array;
  faultFirst: Float64Array;
  /** Per item: the volume that its needle took out. */
  aspirated_nl: Float64Array;
  /** Per item: 1 while its fault is on. */
  faultOpen: Uint8Array;
  /** The item whose program is in force, the rung of it, and the rung that the visit under way wants; -1 for none. */
  ladderOf = -1;
  rung = 0;
  wanted = -1;
  /** The rung in force when the visit under way began. */
  rungBefore = 0;
  /** False when a trial has failed, whose patient gets no implant: nothing more is done with a pump. */
  hasPump = true;
  /** The pump was taken out, and nobody visits or asks it until another is implanted. */
  isOut = false;
  /** The request of a patient who asks by need is in the queue. */
  asked = false;
  /** The visits of a clinician who titrates so far. */
  visits = 0;
  /** The diary of the patient; absent where nobody is behind the catheter. */
  declare readonly care?: Care;

  constructor(scenario: Scenario, secrets: SecretSource = "seed") {
    this.script = scriptOf(scenario);
    const { items } = this.script;
    const chance = secretStream(secrets, scenario.seed, "people");
    this.chance = chance;
    this.exchange = new Exchange({ policy: POLICY, random: (bytes) => chance.bytes(bytes) });
    if (scenario.patient) this.care = new Care(scenario, this.script.treated_ticks);
    this.queue = new Int32Array(items.length);
    this.outcomes = new Int32Array(items.length).fill(NOT_SENT);
    this.faultActs = new Int32Array(items.length);
    this.aspirated_nl = new Float64Array(items.length);
    this.faultFirst = new Float64Array(items.length).fill(-1);
    this.faultOpen = new Uint8Array(items.length);
  }

  /** An exchange is under way, or begins in tick `tick`: the link is the people's until it is over. */
  hasLink(tick: number): boolean {
    if (!this.exchange.isIdle || this.queueAt < this.queueEnd || this.nextVisit <= tick) return true;
    const { items, points } = this.script;
    for (let i = this.nextPoint; i < points.length && points[i].tick <= tick; i++) {
      if (items[points[i].item].orders.length > 0) return true;
    }
    return false;
  }

  /** True while the action under way sends that COMMAND_. */
  isAsking(command: number): boolean {
    return this.queueAt < this.queueEnd && this.orders().some(({ kind }) => kind === command);
  }

  /** The CONFIRM_ bits and the REASON_ of the commit under way, none before the pump has asked for them; else null. */
  confirmed(): { confirm: number; reason: number } | null {
    if (!this.isAsking(COMMAND_COMMIT)) return null;
    const { confirm, reason } = this.consent();
    return { confirm: this.confirming ? confirm : 0, reason };
  }

  act(machine: Machine): void {
    const { points } = this.script;
    if (this.care) this.attend(this.care, machine);
    while (this.nextPoint < points.length && points[this.nextPoint].tick <= machine.tick) {
      const point = points[this.nextPoint++];
      if (point.what === "begin") this.begin(point.item, machine);
      else this.endFault(point.item, machine);
    }
    const { link } = machine.board;
    for (let frame = this.reader.hear(link); frame; frame = this.reader.hear(link)) {
      this.proceed(this.exchange.take(frame, machine.tick), machine);
    }
    this.proceed(this.exchange.expire(machine.tick), machine);
    if (this.exchange.isIdle && this.queueAt < this.queueEnd) this.beginMessage(machine);
  }

  /** The run is over. A trial that ends with it is decided, though the tick in which that is due is not executed. */
  end(machine: Machine): void {
    if (this.care && machine.tick >= this.care.decided_ticks) this.writeDiary(this.care, machine);
  }

  quiet(machine: Machine): number {
    const { points } = this.script;
    const point = this.nextPoint < points.length ? points[this.nextPoint].tick : Infinity;
    const next = Math.min(point, this.care?.due ?? Infinity, this.nextVisit) - machine.tick;
    if (this.wants(machine)) return 0;
    if (!this.exchange.isIdle) return Math.min(next, this.exchange.deadline - machine.tick);
    return this.queueAt < this.queueEnd ? 0 : next;
  }

  /** Of timeline entry `index` (0-based): how often its fault acted and when first (tick, or null). */
  faultRecord(index: number, machine: Machine): { acted: number; first: number | null } {
    const item = this.script.firstEntry + index;
    const fault = this.script.items[item].fault;
    const open = this.faultOpen[item] === 1 && fault !== null;
    const acted = open ? machine.faults.acts[faultIndex(fault.name)] : this.faultActs[item];
    const first = open ? machine.faults.first[faultIndex(fault.name)] : this.faultFirst[item];
    return { acted, first: first < 0 ? null : first };
  }

  /** The programs that a titrating clinician may choose, with their digests. */
  programs(): Program[] {
    return [...this.script.ladders.values()].flatMap(({ programs }) => programs);
  }

  /** The first tick at which a visit, or a request of the patient, was over without an answer; null when there is none. */
  get unanswered(): { tick: number; what: string } | null {
    const { care } = this;
    if (care === undefined || care.silentAt < 0) return null;
    return { tick: care.silentAt, what: care.silentVisit ? "a visit of the clinician" : "a request of the patient" };
  }

  /** Of timeline entry `index`, or of the commissioning for -1: an OUTCOME_ code, NOT_SENT or NO_ANSWER. */
  outcome(index: number): number {
    return this.outcomes[index < 0 ? 0 : this.script.firstEntry + index];
  }

  /** The patient wants a bolus that nobody has asked for yet. */
  private wants({ patient }: Machine): boolean {
    return patient?.wants() === true && !this.asked;
  }

  /** Writes down what is due of the patient, and takes the patient's wish. */
  private attend(care: Care, machine: Machine): void {
    this.writeDiary(care, machine);
    if (machine.tick >= this.nextVisit) {
      this.visits++;
      const isVisiting = this.queue.subarray(this.queueAt, this.queueEnd).includes(VISIT);
      if (this.hasPump && !this.isOut && !isVisiting) this.enqueue(VISIT);
    }
    if (!this.wants(machine)) return;
    machine.patient!.heard();
    // Without a pump the handset is in its box.
    if (!this.hasPump || this.isOut || !this.exchange.patient.isPaired) return;
    this.asked = true;
    this.enqueue(REQUEST);
  }

  private writeDiary(care: Care, machine: Machine): void {
    if (machine.tick < care.due || !care.act(machine)) return;
    const code = care.verdict === PASSED ? TRIAL_PASSED_CODE : TRIAL_FAILED_CODE;
    machine.notify(code, hundredths(care.baseline), hundredths(care.score), 0);
  }

  /** The tick of the next visit; never without a titration. */
  private get nextVisit(): number {
    const { from_ticks, every_ticks } = this.script.visits;
    return from_ticks + (this.visits + 1) * every_ticks;
  }

  /** Each item is in the queue once at most, so there is room when those that are over are dropped. */
  private enqueue(index: number): void {
    if (this.queueEnd === this.queue.length) {
      this.queue.copyWithin(0, this.queueAt, this.queueEnd);
      this.queueEnd -= this.queueAt;
      this.queueAt = 0;
    }
    this.queue[this.queueEnd++] = index;
  }

  /** The item under way. */
  private get underWay(): number {
    return this.queue[this.queueAt];
  }

  private begin(index: number, machine: Machine): void {
    const item = this.script.items[index];
    if (item.fault) this.startFault(index, machine);
    if (item.set) writeSymbol(machine, item.set.symbol, item.set.value);
    if (item.needle && (this.hasPump || item.needle.do === "inject")) {
      this.aspirated_nl[index] = useNeedle(item.needle, machine);
      if (item.needle.do === "inject") this.care?.inject(machine.tick);
    }
    if (item.orders.length > 0 && this.hasPump) this.enqueue(index);
  }

  /** The ladder that a visit under way climbs; undefined where there is none. */
  private get ladder(): { rungs: readonly Rung[]; base: number } | undefined {
    return this.script.ladders.get(this.ladderOf);
  }

  /** The orders of the item under way. A visit reads the status, and sends the program of the rung that it wants. */
  private orders(): readonly Order[] {
    const { orders, what } = this.script.items[this.underWay];
    if (what !== "visit" || this.wanted < 0) return orders;
    return [...orders, ...this.ladder!.rungs[this.wanted].orders];
  }

  /** The digest that a commit of the item under way names. */
  private digest(): number {
    const { what, digest } = this.script.items[this.underWay];
    return what === "visit" ? this.ladder!.rungs[this.wanted].digest : digest;
  }

  /** The confirmations: at a visit as at the program whose ladder it climbs. */
  private consent(): Consent {
    const { what, consent } = this.script.items[this.underWay];
    return what === "visit" ? this.script.items[this.ladderOf].consent : consent;
  }

  /** At the beginning of a visit: the rung that the clinician wants, or -1 to leave the program as it is. */
  private decide(): number {
    const { ladder } = this;
    const change = this.care?.visit() ?? 0;
    const rung = this.rung + change;
    return ladder === undefined || change === 0 || rung < 0 || rung >= ladder.rungs.length ? -1 : rung;
  }

  private startFault(index: number, machine: Machine): void {
    const fault = this.script.items[index].fault!;
    for (let other = 0; other < this.faultOpen.length; other++) {
      if (this.faultOpen[other] && this.script.items[other].fault!.name === fault.name) this.closeFault(other, machine);
    }
    machine.inject(fault.name, fault.parameter, fault.field);
    this.faultOpen[index] = 1;
  }

  private endFault(index: number, machine: Machine): void {
    machine.release(this.script.items[index].fault!.name);
    this.closeFault(index, machine);
  }

  private closeFault(index: number, machine: Machine): void {
    const fault = faultIndex(this.script.items[index].fault!.name);
    this.faultActs[index] = machine.faults.acts[fault];
    this.faultFirst[index] = machine.faults.first[fault];
    this.faultOpen[index] = 0;
  }

  /** Begins the exchange of the message that is next. */
  private beginMessage(machine: Machine): void {
    const index = this.underWay;
    const { clinician, what, implant } = this.script.items[index];
    if (what === "visit" && this.message === 0) {
      this.rungBefore = this.rung;
      this.wanted = this.decide();
    }
    const { kind } = this.orders()[this.message];
    if (kind === REPLACE_PUMP) return this.replacePump(implant!, machine);
    machine.board.link.programmingHead = clinician;
    if (kind === PAIR_HANDSET) {
      // Every message of an item has a number, though the frame of a pairing does not carry it.
      this.exchange.takeNumber();
      this.exchange.pair(ROLE_PATIENT);
    } else {
      const role = clinician ? ROLE_CLINICIAN : ROLE_PATIENT;
      this.exchange.command(role, kind, this.payload(index), { repeatsBusy: index === 0 });
    }
    this.proceed(null, machine);
  }

  /** After each step of the exchange: acts on its end, and sends the frame that is due. */
  private proceed(ending: Ending | null, machine: Machine): void {
    if (ending !== null) this.conclude(ending, machine);
    if (!this.exchange.isDue) return;
    for (const byte of this.exchange.send(machine.tick)) machine.board.link.arrive(byte);
  }

  private conclude(ending: Ending, machine: Machine): void {
    switch (ending.kind) {
      case "answered":
        return this.answered(ending.reply, machine);
      case "paired":
        return this.advance(OUTCOME_ACCEPTED, machine);
      case "refused":
        return this.isRemoval() ? this.advance(ending.outcome, machine) : this.finish(ending.outcome, machine);
      default:
        if (this.isExplant()) return this.takeOut(machine);
        return this.isRemoval() ? this.advance(NO_ANSWER, machine) : this.finish(NO_ANSWER, machine);
    }
  }

  /** The trial's pump is stopped before the implant takes its place. One that is dead is taken away too. */
  private isRemoval(): boolean {
    return this.script.items[this.underWay].implant !== null && this.orders()[this.message].kind === COMMAND_STOP;
  }

  private isExplant(): boolean {
    return this.orders().some(({ kind }) => kind === COMMAND_EXPLANT);
  }

  /** An operation needs no answer: a pump that is dead, or that nobody hears, is taken out as it is, and reaches the patient no more. */
  private takeOut(machine: Machine): void {
    machine.notify(TAKEN_OUT_CODE, 0, 0, 0);
    machine.patient?.operate();
    this.setOut(true, machine);
    this.finish(OUTCOME_ACCEPTED, machine);
  }

  private setOut(isOut: boolean, { patient }: Machine): void {
    this.isOut = isOut;
    patient?.attach(!isOut);
  }

  /** The operation at which the implant takes the trial pump's place. After a failed trial there is none. */
  private replacePump(implant: NonNullable<Item["implant"]>, machine: Machine): void {
    if (this.care?.verdict === FAILED) {
      this.hasPump = false;
      machine.patient?.attach(false);
      // Nothing that was asked for meanwhile is done.
      this.queueEnd = this.queueAt + 1;
      this.asked = false;
      return this.finish(OUTCOME_ACCEPTED, machine);
    }
    machine.replacePump(implant);
    machine.notify(CONVERTED_CODE, implant.capacity_nl, 0, 0);
    machine.patient?.operate();
    this.exchange.dropPairings();
    this.ladderOf = -1;
    this.advance(OUTCOME_ACCEPTED, machine);
  }

  /** The payload of the message that is next. A commit carries the digest of its record: the pump refuses any other record. */
  private payload(index: number): Uint8Array {
    const { needle } = this.script.items[index];
    const { kind, payload } = this.orders()[this.message];
    if (kind === COMMAND_COMMIT) {
      const consent = this.consent();
      return encodeCommit(this.digest(), this.confirming ? consent.confirm : 0, consent.reason, this.total);
    }
    if (kind === COMMAND_READ_LOG) return this.log.request(payload[0]);
    return needle?.do === "refill" ? refillPayload(needle, this.aspirated_nl[index]) : payload;
  }

  private answered(reply: Reply, machine: Machine): void {
    const { kind } = this.orders()[this.message];
    const [outcome] = reply.payload;
    if (kind === COMMAND_READ_LOG && this.readsOn(reply)) return;
    if (kind === COMMAND_COMMIT && this.confirms(outcome, this.consent(), reply)) return;
    if (kind === COMMAND_COMMIT && outcome === OUTCOME_ACCEPTED) this.acceptProgram();
    if (outcome === OUTCOME_ACCEPTED && this.isOperation(kind)) machine.patient?.operate();
    if (outcome === OUTCOME_ACCEPTED && kind === COMMAND_EXPLANT) this.setOut(true, machine);
    if (outcome === OUTCOME_ACCEPTED && kind === COMMAND_IMPLANT) this.setOut(false, machine);
    // A pump that is stopped already can be explanted.
    if (outcome === OUTCOME_ACCEPTED || kind === COMMAND_STOP) this.advance(outcome, machine);
    else this.finish(outcome, machine);
  }

  /** An implant or an explant of the timeline. A pump in service was implanted long ago, and a trial's catheter leaves no wound. */
  private isOperation(kind: number): boolean {
    const { what, implant } = this.script.items[this.underWay];
    return what === "entry" && implant === null && this.underWay > 0 && OPERATIONS.includes(kind);
  }

  /** The pump has taken the program of the item under way. */
  private acceptProgram(): void {
    this.accepted = this.digest();
    if (this.script.items[this.underWay].what === "visit") {
      this.rung = this.wanted;
    } else {
      this.ladderOf = this.underWay;
      this.rung = this.ladder?.base ?? 0;
    }
  }

  /** Goes on to the next message of the item. */
  private advance(outcome: number, machine: Machine): void {
    if (this.message + 1 < this.orders().length) this.message++;
    else this.finish(outcome, machine);
  }

  /** True when the reply brought entries of the log: the same message then asks for those that follow. */
  private readsOn(reply: Reply): boolean {
    const entries = reply.payload[0] === OUTCOME_ACCEPTED ? this.log.take(reply.payload) : null;
    if (entries !== null && entries.length > 0) return true;
    this.log.restart();
    return false;
  }

  /** True when the pump asks for what the clinician confirms: the commit then goes out again, once, with the new total. */
  private confirms(outcome: number, consent: Consent, reply: Reply): boolean {
    if (this.confirming || (consent.confirm & confirmationFor(outcome)) === 0) return false;
    this.confirming = true;
    this.total = decodeCommit(reply.payload)?.total ?? 0;
    return true;
  }

  /** The item is over: its last outcome is noted, the session ends, and the head is taken away. */
  private finish(outcome: number, machine: Machine): void {
    this.outcomes[this.underWay] = outcome;
    const { what } = this.script.items[this.underWay];
    if (what === "request") this.asked = false;
    if (what !== "entry" && outcome === NO_ANSWER) this.care?.noteSilence(machine.tick, what === "visit");
    if (what === "visit")
      this.care?.noteVisit(this.wanted < 0 ? 0 : this.wanted - this.rungBefore, outcome === OUTCOME_ACCEPTED);
    this.queueAt++;
    // An empty queue begins at its first place again, so that it looks the same in a what-if with another length of timeline.
    if (this.queueAt === this.queueEnd) {
      this.queueAt = 0;
      this.queueEnd = 0;
    }
    this.wanted = -1;
    this.message = 0;
    this.confirming = false;
    this.total = 0;
    this.log.restart();
    this.exchange.closeSessions();
    machine.board.link.programmingHead = false;
  }
}

/** The CONFIRM_ bit that would answer an outcome of COMMIT, or 0. */
function confirmationFor(outcome: number): number {
  if (outcome === OUTCOME_SOFT_LIMIT) return CONFIRM_SOFT_LIMIT;
  if (outcome === OUTCOME_TOTAL_DOUBLED) return CONFIRM_TOTAL;
  if (outcome === OUTCOME_TIGHT_LIMITS) return CONFIRM_TIGHT_LIMITS;
  return outcome === OUTCOME_BRIDGE_NEEDED ? CONFIRM_NO_BRIDGE : 0;
}

/** A score as an event carries it: a whole number of hundredths. */
function hundredths(score: number): number {
  return Math.round(score * 100);
}

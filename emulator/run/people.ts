// The people and the mishaps of a scenario, in the machine's time: switches faults on and off, works the needle, and is the
// other end of the telemetry link. Whatever anyone asks of the pump goes out sealed in a session of its own and waits for its
// reply; a lost one is repeated under the same sequence. A clinician's exchange has the programming head in place, a
// patient's has not. The first exchange is the commissioning: pairings, clock, catheter, first fill and first program. A
// commit that the pump questions is repeated once, with what the scenario confirms. All state is plain and saved with the
// machine.

import { CRYPTO_PUBLIC_KEY_BYTES } from "../../hal/crypto";
import { LINK_RX_BYTES } from "../../hal/link";
import {
  COMMAND_ACKNOWLEDGE,
  COMMAND_BRIDGE,
  COMMAND_CLINICIAN_BOLUS,
  COMMAND_COMMIT,
  COMMAND_EXPLANT,
  COMMAND_IMPLANT,
  COMMAND_INTERROGATE,
  COMMAND_PATIENT_BOLUS,
  COMMAND_PRIME,
  COMMAND_READ_LOG,
  COMMAND_REFILL,
  COMMAND_SELF_TEST,
  COMMAND_SET_CLOCK,
  COMMAND_STAGE,
  COMMAND_START,
  COMMAND_STOP,
  CONFIRM_NO_BRIDGE,
  CONFIRM_SOFT_LIMIT,
  CONFIRM_TOTAL,
  FRAME_REFUSED,
  LOG_EVENTS,
  LOG_FAULTS,
  OPEN_NONCE_BYTES,
  OUTCOME_ACCEPTED,
  OUTCOME_BRIDGE_NEEDED,
  OUTCOME_BUSY,
  OUTCOME_NO_SESSION,
  OUTCOME_SOFT_LIMIT,
  OUTCOME_TOTAL_DOUBLED,
  REASON_NONE,
  REPLY,
  ROLE_CLINICIAN,
  ROLE_PATIENT,
} from "../../hal/telemetry";
import { PULSE_NL } from "../../hal/units";
import { faultIndex } from "../faults";
import { RandomStream } from "../random";
import { decodeFrame, type Frame } from "../telemetry/frame";
import {
  decodeCommit,
  decodeLog,
  digestOf,
  encodeBridge,
  encodeCommit,
  encodeImplant,
  encodePrime,
  encodeProgram,
  encodeReadLog,
  encodeRefill,
  stagePieces,
  words,
} from "../telemetry/messages";
import { SecureChannel, type Reply } from "../telemetry/secure";
import type { Machine, Outside } from "../machine/machine";
import type { Program } from "../telemetry/program";
import type { Action, Consent, Scenario, TimelineEntry } from "../scenario/scenario";

/** A reply takes two ticks; half a second without one means that a frame was lost. */
const REPLY_TICKS = 50;
/** Then the frame is sent again, this many times in all. */
const TRIES = 16;
/** The commissioning begins a tenth of a second after power-up, when the reference controller has tested itself; a slower
 * one answers `busy` and is asked again every tenth of a second, for ten seconds. */
const COMMISSION_TICK = 10;
const BUSY_TICKS = 10;
const BUSY_TRIES = 100;

/** Sequence of the first entry of a ring of the log. */
const LOG_FIRST = 1;
const MM_PER_CM = 10;
const NO_CONSENT: Consent = { confirm: 0, reason: REASON_NONE };

/** How an exchange ended, beyond the pump's OUTCOME_ codes. */
const NOT_SENT = -1;
export const NO_ANSWER = -2;

/** No command: the patient's handset is paired. */
const PAIR_HANDSET = 0;

/** COMMIT and a refill's REFILL get their payload when they are sent; that of READ_LOG is the ring alone. */
interface Message {
  kind: number;
  payload: Uint8Array;
}

/** What is on the air for a message. */
const PAIRING = 0;
const OPENING = 1;
const COMMANDING = 2;

/** One thing that happens: who acts, what is sent, which fault. Entry 0 is the commissioning. */
interface Item {
  clinician: boolean;
  messages: Message[];
  refill: Extract<Action, { do: "refill" }> | null;
  fault: { name: string; parameter: number; field: string | null } | null;
  /** What its commit carries: the digest of the record staged, and what the clinician confirms. */
  digest: number;
  consent: Consent;
}

interface Point {
  tick: number;
  item: number;
  what: "begin" | "end";
}

/** What the timeline is made of; frozen, because it is a setting and not state. */
interface Script {
  items: readonly Item[];
  points: readonly Point[];
}

export class Timeline implements Outside {
  private readonly script: Readonly<Script>;
  /** Next point to act on. */
  nextPoint = 0;
  /** Items waiting for the link, in order: `queueAt` is the one under way. */
  queue: Int32Array;
  queueAt = 0;
  queueEnd = 0;
  /** Message of the item under way, whether it is out, and when to lose patience. */
  message = 0;
  waiting = false;
  resting = false;
  deadline = 0;
  tries = 0;
  busyTries = 0;
  sequence = 0;
  /** What the message under way still needs first; a session that the pump forgot is opened anew so many times. */
  step = COMMANDING;
  reopened = 0;
  chance: RandomStream;
  clinician = new SecureChannel();
  patient = new SecureChannel();
  /** The digest of the last commit that the pump accepted. */
  accepted = 0;
  /** The commit under way is the second one: with what is confirmed, and the total that the pump answered to the first. */
  confirming = false;
  total = 0;
  /** The entry of the log that is asked for next. */
  logNext = LOG_FIRST;
  received: Uint8Array = new Uint8Array(LINK_RX_BYTES);
  receivedLength = 0;
  /** Per item: outcome of its last message, and what its fault had done when it ended or made way. */
  outcomes: Int32Array;
  faultActs: Int32Array;
  faultFirst: Float64Array;
  /** What a refill's needle took out. */
  aspirated_nl: Float64Array;
  /** Per item: 1 while its fault is the one in the ledger. */
  faultOpen: Uint8Array;

  constructor(scenario: Scenario) {
    const items = [commissioning(scenario), ...scenario.timeline.map((entry) => itemOf(entry, scenario.pump))];
    this.script = Object.freeze({ items: Object.freeze(items), points: Object.freeze(pointsOf(scenario.timeline)) });
    this.chance = new RandomStream(scenario.seed, "people");
    this.queue = new Int32Array(items.length);
    this.outcomes = new Int32Array(items.length).fill(NOT_SENT);
    this.faultActs = new Int32Array(items.length);
    this.aspirated_nl = new Float64Array(items.length);
    this.faultFirst = new Float64Array(items.length).fill(-1);
    this.faultOpen = new Uint8Array(items.length);
  }

  /** An exchange is under way, or begins in tick `tick`: the link is the timeline's until it is over. */
  hasLink(tick: number): boolean {
    if (this.waiting || this.resting || this.queueAt < this.queueEnd) return true;
    const { items, points } = this.script;
    for (let i = this.nextPoint; i < points.length && points[i].tick <= tick; i++) {
      if (items[points[i].item].messages.length > 0) return true;
    }
    return false;
  }

  act(machine: Machine): void {
    const points = this.script.points;
    while (this.nextPoint < points.length && points[this.nextPoint].tick <= machine.tick) {
      const point = points[this.nextPoint++];
      if (point.what === "begin") this.begin(point.item, machine);
      else this.endFault(point.item, machine);
    }
    this.listen(machine);
    if ((this.waiting || this.resting) && machine.tick >= this.deadline) this.losePatience(machine);
    if (!this.waiting && !this.resting && this.queueAt < this.queueEnd) this.speak(machine);
  }

  quiet(machine: Machine): number {
    const points = this.script.points;
    const next = this.nextPoint < points.length ? points[this.nextPoint].tick - machine.tick : Infinity;
    if (this.waiting || this.resting) return Math.min(next, this.deadline - machine.tick);
    return this.queueAt < this.queueEnd ? 0 : next;
  }

  /** Of timeline entry `index` (0-based): how often its fault acted and when first (tick, or null). */
  faultRecord(index: number, machine: Machine): { acted: number; first: number | null } {
    const item = index + 1;
    const fault = this.script.items[item].fault;
    const open = this.faultOpen[item] === 1 && fault !== null;
    const acted = open ? machine.faults.acts[faultIndex(fault.name)] : this.faultActs[item];
    const first = open ? machine.faults.first[faultIndex(fault.name)] : this.faultFirst[item];
    return { acted, first: first < 0 ? null : first };
  }

  /** Of timeline entry `index`: an OUTCOME_ code, NOT_SENT or NO_ANSWER. */
  outcome(index: number): number {
    return this.outcomes[index + 1];
  }

  private begin(index: number, machine: Machine): void {
    const item = this.script.items[index];
    if (item.fault) this.startFault(index, machine);
    if (item.refill) {
      const { aspirate_nl, fill_nl, drugs } = item.refill;
      this.aspirated_nl[index] = machine.refill(
        aspirate_nl,
        fill_nl,
        drugs ? drugs.map((drug) => drug.concentration_mgPerMl) : null,
      );
    }
    if (item.messages.length > 0) this.queue[this.queueEnd++] = index;
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

  /** Sends the message that is next, under a new sequence. */
  private speak(machine: Machine): void {
    this.sequence = (this.sequence % 0xffff) + 1;
    this.tries = 0;
    this.reopened = 0;
    machine.board.link.programmingHead = this.script.items[this.queue[this.queueAt]].clinician;
    this.send(machine);
  }

  /** Sends the message, or what it needs first: a pairing, a session. */
  private send(machine: Machine): void {
    const channel = this.channel();
    const { kind } = this.messageNow();
    if (kind === PAIR_HANDSET || !channel.isPaired) this.step = PAIRING;
    else this.step = channel.isOpen ? COMMANDING : OPENING;
    for (const byte of this.frameFor(kind, channel)) machine.board.link.arrive(byte);
    this.tries++;
    this.waiting = true;
    this.deadline = machine.tick + REPLY_TICKS;
  }

  private frameFor(kind: number, channel: SecureChannel): Uint8Array {
    if (this.step === PAIRING) {
      const role = channel === this.clinician ? ROLE_CLINICIAN : ROLE_PATIENT;
      return channel.pairRequest(role, this.chance.bytes(CRYPTO_PUBLIC_KEY_BYTES));
    }
    if (this.step === OPENING) return channel.openRequest(this.chance.bytes(OPEN_NONCE_BYTES));
    return channel.seal(kind, this.sequence, this.payload(this.queue[this.queueAt]));
  }

  private messageNow(): Message {
    return this.script.items[this.queue[this.queueAt]].messages[this.message];
  }

  /** Whose channel the message under way takes. */
  private channel(): SecureChannel {
    const { clinician } = this.script.items[this.queue[this.queueAt]];
    return clinician && this.messageNow().kind !== PAIR_HANDSET ? this.clinician : this.patient;
  }

  /** Of the message that is next. A commit names the record by its own digest: one staged otherwise is refused by it. */
  private payload(index: number): Uint8Array {
    const { messages, refill, digest, consent } = this.script.items[index];
    const { kind, payload } = messages[this.message];
    if (kind === COMMAND_COMMIT) {
      return encodeCommit(digest, this.confirming ? consent.confirm : 0, consent.reason, this.total);
    }
    if (kind === COMMAND_READ_LOG) return encodeReadLog(payload[0], this.logNext);
    if (kind !== COMMAND_REFILL || refill === null) return payload;
    const aspirated = pulsesIn(this.aspirated_nl[index]);
    return encodeRefill(refill.aspirate_nl === null, aspirated, pulsesIn(refill.fill_nl), refill.accept);
  }

  private listen(machine: Machine): void {
    for (let byte = machine.board.link.depart(); byte >= 0; byte = machine.board.link.depart()) {
      if (byte !== 0) {
        if (this.receivedLength < LINK_RX_BYTES) this.received[this.receivedLength++] = byte;
        continue;
      }
      const frame = decodeFrame(this.received.subarray(0, this.receivedLength));
      this.receivedLength = 0;
      if (frame) this.hear(frame, machine);
    }
  }

  private hear(frame: Frame, machine: Machine): void {
    if (!this.waiting) return;
    const channel = this.channel();
    if (this.step === PAIRING) this.prepared(channel.takePair(frame), machine);
    else if (this.step === OPENING) this.prepared(channel.takeOpen(frame), machine);
    else if (frame.type === (FRAME_REFUSED | REPLY)) this.refused(frame.body[0], channel, machine);
    else {
      const reply = channel.open(frame);
      if (reply) this.answered(reply, machine);
    }
  }

  /** Paired, or a session open: the next step of the message; null: it was no answer to that. */
  private prepared(outcome: number | null, machine: Machine): void {
    if (outcome === null) return;
    this.waiting = false;
    this.tries = 0;
    if (outcome !== OUTCOME_ACCEPTED) this.finish(outcome, machine);
    else if (this.messageNow().kind === PAIR_HANDSET) this.advance(OUTCOME_ACCEPTED, machine);
    else this.send(machine);
  }

  /** In the clear: only a session that the pump forgot is worth asking for again at once; the rest waits and repeats. */
  private refused(outcome: number, channel: SecureChannel, machine: Machine): void {
    if (outcome !== OUTCOME_NO_SESSION || ++this.reopened > TRIES) return;
    channel.close();
    this.send(machine);
  }

  private answered(reply: Reply, machine: Machine): void {
    const item = this.script.items[this.queue[this.queueAt]];
    const { kind } = this.messageNow();
    if (reply.sequence !== this.sequence || reply.kind !== (kind | REPLY) || reply.payload.length === 0) return;
    const outcome = reply.payload[0];
    this.waiting = false;
    if (outcome === OUTCOME_BUSY && this.queue[this.queueAt] === 0 && this.busyTries < BUSY_TRIES) {
      this.busyTries++;
      this.resting = true;
      this.deadline = machine.tick + BUSY_TICKS;
      return;
    }
    if (kind === COMMAND_READ_LOG && this.readsOn(reply)) return;
    if (kind === COMMAND_COMMIT && this.confirms(outcome, item.consent, reply)) return;
    if (kind === COMMAND_COMMIT && outcome === OUTCOME_ACCEPTED) this.accepted = item.digest;
    // A pump that is stopped already can be explanted.
    if (outcome === OUTCOME_ACCEPTED || kind === COMMAND_STOP) this.advance(outcome, machine);
    else this.finish(outcome, machine);
  }

  /** On to the item's next message. */
  private advance(outcome: number, machine: Machine): void {
    if (this.message + 1 < this.script.items[this.queue[this.queueAt]].messages.length) this.message++;
    else this.finish(outcome, machine);
  }

  /** True when the reply brought entries of the log: the same message then asks for those that follow. */
  private readsOn(reply: Reply): boolean {
    const last = decodeLog(reply.payload)?.at(-1)?.sequence ?? 0;
    const isNew = reply.payload[0] === OUTCOME_ACCEPTED && last >= this.logNext;
    this.logNext = isNew ? last + 1 : LOG_FIRST;
    return isNew;
  }

  /** True when the pump asks for what the clinician confirms: the commit then goes out again, once, with the new total. */
  private confirms(outcome: number, consent: Consent, reply: Reply): boolean {
    if (this.confirming || (consent.confirm & confirmationFor(outcome)) === 0) return false;
    this.confirming = true;
    this.total = decodeCommit(reply.payload)?.total ?? 0;
    return true;
  }

  private losePatience(machine: Machine): void {
    if (this.resting) {
      this.resting = false;
      return;
    }
    if (this.tries < TRIES) this.send(machine);
    else this.finish(NO_ANSWER, machine);
  }

  private finish(outcome: number, machine: Machine): void {
    this.outcomes[this.queue[this.queueAt]] = outcome;
    this.queueAt++;
    this.message = 0;
    this.confirming = false;
    this.total = 0;
    this.logNext = LOG_FIRST;
    this.waiting = false;
    this.clinician.close();
    this.patient.close();
    machine.board.link.programmingHead = false;
  }
}

/** The CONFIRM_ bit that would answer an outcome of COMMIT, or 0. */
function confirmationFor(outcome: number): number {
  if (outcome === OUTCOME_SOFT_LIMIT) return CONFIRM_SOFT_LIMIT;
  if (outcome === OUTCOME_TOTAL_DOUBLED) return CONFIRM_TOTAL;
  return outcome === OUTCOME_BRIDGE_NEEDED ? CONFIRM_NO_BRIDGE : 0;
}

/** What every pump is given at the start; one on the shelf gets no catheter and no program. */
function commissioning(scenario: Scenario): Item {
  const { pump, program, consent = NO_CONSENT } = scenario;
  const clock = plain(COMMAND_SET_CLOCK, words(scenario.start.minute));
  const fill = plain(COMMAND_REFILL, encodeRefill(true, 0, pulsesIn(pump.fill_nl)));
  const handset = plain(PAIR_HANDSET);
  const messages =
    pump.life === "shelf"
      ? [clock, handset, fill]
      : [clock, handset, plain(COMMAND_IMPLANT, implantOf(pump, true)), fill, ...programming(program)];
  return { clinician: true, messages, refill: null, fault: null, digest: digestOf(encodeProgram(program)), consent };
}

function itemOf(entry: TimelineEntry, pump: Scenario["pump"]): Item {
  const nothing = { messages: [], refill: null, fault: null, digest: 0, consent: NO_CONSENT };
  if ("fault" in entry) {
    const { fault, parameter, field } = entry.fault;
    return { ...nothing, clinician: false, fault: { name: fault, parameter, field } };
  }
  const { action } = entry;
  const item = { ...nothing, clinician: action.do !== "patient_bolus", messages: messagesOf(action, pump) };
  if (action.do === "refill") return { ...item, refill: action };
  if (action.do !== "program") return item;
  return { ...item, digest: digestOf(encodeProgram(action.program)), consent: action.consent ?? NO_CONSENT };
}

function plain(kind: number, payload: Uint8Array = new Uint8Array(0)): Message {
  return { kind, payload };
}

function programming(program: Program): Message[] {
  const pieces = stagePieces(encodeProgram(program)).map((piece) => plain(COMMAND_STAGE, piece));
  return [...pieces, plain(COMMAND_COMMIT)];
}

function implantOf({ catheter }: Scenario["pump"], purged: boolean): Uint8Array {
  const { length_cm, volume_nlPerCm } = catheter;
  return encodeImplant(Math.round(length_cm * MM_PER_CM), Math.round(length_cm * volume_nlPerCm), purged);
}

function messagesOf(action: Action, pump: Scenario["pump"]): Message[] {
  switch (action.do) {
    case "patient_bolus":
      return [plain(COMMAND_PATIENT_BOLUS)];
    case "clinician_bolus":
      return [plain(COMMAND_CLINICIAN_BOLUS, words(action.pulses, action.duration_s))];
    case "prime":
      return [plain(COMMAND_PRIME, encodePrime(action.pulses, action.confirmed))];
    case "bridge":
      return [plain(COMMAND_BRIDGE, encodeBridge(action.oldConcentration, action.pulses))];
    case "program":
      return programming(action.program);
    case "stop":
      return [plain(COMMAND_STOP)];
    case "start":
      return [plain(COMMAND_START)];
    case "refill":
      return [plain(COMMAND_REFILL)];
    case "set_clock":
      return [plain(COMMAND_SET_CLOCK, words(action.wallMinute))];
    case "acknowledge":
      return [plain(COMMAND_ACKNOWLEDGE, Uint8Array.of(action.alarm))];
    case "interrogate":
      return [plain(COMMAND_INTERROGATE)];
    case "self_test":
      return [plain(COMMAND_SELF_TEST)];
    case "implant":
      return [plain(COMMAND_IMPLANT, implantOf(pump, action.purged))];
    case "explant": {
      const rings = [LOG_EVENTS, LOG_FAULTS].map((ring) => plain(COMMAND_READ_LOG, Uint8Array.of(ring)));
      return [plain(COMMAND_STOP), ...rings, plain(COMMAND_EXPLANT)];
    }
  }
}

/** Everything that has a moment of its own, in order; what begins at a moment follows what ends there. */
function pointsOf(timeline: readonly TimelineEntry[]): Point[] {
  const points: Point[] = [{ tick: COMMISSION_TICK, item: 0, what: "begin" }];
  timeline.forEach((entry, i) => {
    points.push({ tick: entry.at_ticks, item: i + 1, what: "begin" });
    if ("fault" in entry && entry.fault.for_ticks !== null) {
      points.push({ tick: entry.at_ticks + entry.fault.for_ticks, item: i + 1, what: "end" });
    }
  });
  const rank = (point: Point) => (point.what === "end" ? 0 : 1);
  return points.sort((a, b) => a.tick - b.tick || rank(a) - rank(b) || a.item - b.item);
}

function pulsesIn(volume_nl: number): number {
  return Math.floor(volume_nl / PULSE_NL);
}

// The invariants, which must hold for any controller on this board. Each has one definition here; the laws of the tests use
// it, and every run watches it (PRP-1). A monitor looks from outside at the rotor, the trace and the program that the pump
// accepted. It keeps simple records, such as a plain list of pulse times. Monitors are not part of the machine: they change
// nothing in it and are saved beside it.

import {
  RATE_MAX,
  RATE_MINIMUM,
  RATE_THERAPEUTIC_MIN,
  PULSE_SPACING_TICKS,
  TICKS_PER_DAY,
  TICKS_PER_MINUTE,
} from "../../hal/units";
import {
  CAUSE_CLINICIAN_BOLUS,
  CAUSE_PATIENT_BOLUS,
  CAUSE_PRIME,
  EVENT_BOLUS_STARTED,
  EVENT_BRIDGE_STARTED,
  EVENT_CLOCK_SET,
  EVENT_LIFE_CHANGED,
  EVENT_PROGRAM_ACCEPTED,
  EVENT_REFILLED,
  EVENT_STARTED,
  EVENT_STOPPED,
  CHANNEL_ESTIMATE,
  CHANNEL_RATE,
  MODE_MINIMUM,
} from "../../hal/trace";
import {
  COMMAND_BRIDGE,
  COMMAND_CLINICIAN_BOLUS,
  COMMAND_COMMIT,
  COMMAND_EXPLANT,
  COMMAND_IMPLANT,
  COMMAND_PATIENT_BOLUS,
  COMMAND_PRIME,
  COMMAND_SET_CLOCK,
  COMMAND_START,
  COMMAND_STOP,
  LIFE_EXPLANTED,
} from "../../hal/telemetry";
import { FAULT_GUARD_DEAD, FAULT_HANG } from "../fault-ledger";
import {
  DAMAGE_RAM,
  damageBy,
  FIGURE_ALARMS,
  FIGURE_DELIVERED_NL,
  FIGURE_ESTIMATE,
  FIGURE_EVENTS,
  FIGURE_GUARD_OPEN,
  FIGURE_PUBLISHED,
  FIGURE_PULSES,
  FIGURE_RATE,
  FIGURE_STEPS,
  FIGURE_TICK,
  FIGURE_UNASKED,
  FIGURE_VOLUME_NL,
} from "../machine/core";
import type { Machine } from "../machine/machine";
import type { Program } from "../telemetry/program";
import { Due, type SavedDue } from "./due";
import { HeadLog, type SavedHeadLog } from "./head-log";
import { watchAccrued } from "./monitors/accrued";
import { watchCommits } from "./monitors/commits";
import {
  courseAtStart,
  followAlarms,
  followAsking,
  followEvent,
  followFlight,
  followReset,
  followSteps,
} from "./monitors/course";
import { watchDelivery } from "./monitors/delivery";
import { LOW_NL, watchLevel } from "./monitors/level";
import {
  ANYTHING,
  AWAKE,
  BEGAN,
  DOSING,
  ESTIMATED,
  LOW,
  ODD,
  OPENED,
  RATED,
  RESTARTED,
  TOLD,
  TURNED,
  type Course,
  Moment,
  type Monitor,
  type Orders,
  type Notice,
} from "./monitors/monitor";
import { watchOwnLimits } from "./monitors/own-limits";
import { watchBoluses, watchGrants, watchSupervision } from "./monitors/requests";
import { watchLookAhead, watchWindows } from "./monitors/windows";
import { plainCopy } from "./plain-copy";

export interface Invariant {
  /** The requirement that it states. */
  id: string;
  text: string;
  /** Makes a new monitor, which has seen nothing yet. */
  watch(): Monitor;
}

/** The argument of EVENT_STOPPED when an alarm stopped the pump, and nobody ordered it. */
const STOPPED_BY_ALARM = 1;

export const INVARIANTS: readonly Invariant[] = [
  {
    id: "LIM-1",
    text: "a window never holds more pulses than its limit plus one; a pulse counts as one, whatever volume a worn head displaces",
    watch: watchWindows,
  },
  {
    id: "LIM-2",
    text: "a bolus is granted only if no window will hold too much for as long as the bolus is in it, and denied for a limit only if one would",
    watch: watchLookAhead,
  },
  {
    id: "LIM-5",
    text: "without limits a pump sets itself the hour and the day that its program gives, with room for books and pulses made up, and never reaches them by what program and people give",
    watch: watchOwnLimits,
  },
  {
    id: "LIM-8",
    text: "no program beyond a hard limit of the drug library is accepted; one beyond a soft limit, or of more than twice the last total, only with its confirmation",
    watch: watchCommits,
  },
  { id: "MOT-1", text: "two pulses are never closer than 900 ms", watch: watchSpacing },
  {
    id: "MOT-3",
    text: "after a backward step no pulse begins until a clinician starts or primes the pump",
    watch: watchReverse,
  },
  {
    id: "RES-1",
    text: "the estimate falls by exactly one pulse for each forward step of the rotor",
    watch: watchEstimate,
  },
  {
    id: "RES-6",
    text: "a reservoir that holds two steps of the sensor less than 1.4 mL raises `empty_reservoir` within a quarter of an hour and a minute",
    watch: watchLevel,
  },
  { id: "PTB-1", text: "patient boluses start at least one lockout apart", watch: watchLockout },
  { id: "PTB-2", text: "at most the permitted number of patient boluses start in any 24 h", watch: watchCap },
  {
    id: "PTB-3",
    text: "a bolus is granted only on request and while nothing bars it, and denied only for a reason that is so",
    watch: watchGrants,
  },
  { id: "THR-1", text: "basal is 0, 6 uL/day, or 2 to 1,000 uL/h", watch: watchRate },
  {
    id: "THR-2",
    text: "where nothing intervenes, pulses of basal and the programmed rate x time differ by less than one pulse, steps of a schedule come in their minute, and doses of periodic mode are whole and in time",
    watch: watchDelivery,
  },
  {
    id: "THR-6",
    text: "a bolus or prime that is granted is given whole and in its time, unless an event explains why not",
    watch: watchBoluses,
  },
  {
    id: "THR-7",
    text: "a prime and a bridge begin by order under the programming head and end by themselves; another drug or concentration comes with a bridge or a waiver",
    watch: watchSupervision,
  },
  {
    id: "THR-8",
    text: "no pulse begins while the pump is stopped or not programmed, and none of a bolus that a stop or a restart ended",
    watch: watchStopped,
  },
  {
    id: "THR-9",
    text: "what has gathered of the next pulse of basal stays over a stop, a program and a change of the rate; a reset loses a minute of it at most",
    watch: watchAccrued,
  },
  { id: "LIM-7", text: "the rotor does not turn while the dose guard holds its switch open", watch: watchGuard },
];

/** No value of a channel. */
const UNKNOWN = -1;

/** Books as they are read from a file too, which has null where a number is not known. */
type SavedBooks = Record<string, Monitor["books"][string] | null>;

/** The state of a watch, as plain values. */
export interface SavedWatch {
  digest: number | null;
  answered: number;
  monitors: { books: SavedBooks; brokenAt: number | null }[];
  pulses: number;
  steps: number;
  head: SavedHeadLog;
  delivered_nl: number;
  course: Course;
  due: SavedDue;
}

/** The orders that an event reports as accepted, as COMMAND_ codes; none for an event that is no order's. */
function ordersOf(code: number, a: number): readonly number[] {
  switch (code) {
    case EVENT_PROGRAM_ACCEPTED:
      return [COMMAND_COMMIT];
    case EVENT_STARTED:
      return [COMMAND_START, COMMAND_COMMIT];
    case EVENT_STOPPED:
      return a === STOPPED_BY_ALARM ? [] : [COMMAND_STOP];
    case EVENT_CLOCK_SET:
      return [COMMAND_SET_CLOCK];
    case EVENT_BRIDGE_STARTED:
      return [COMMAND_BRIDGE, COMMAND_COMMIT];
    case EVENT_LIFE_CHANGED:
      return a === LIFE_EXPLANTED ? [COMMAND_EXPLANT] : [];
    case EVENT_BOLUS_STARTED:
      if (a === CAUSE_PATIENT_BOLUS) return [COMMAND_PATIENT_BOLUS];
      return a === CAUSE_CLINICIAN_BOLUS ? [COMMAND_CLINICIAN_BOLUS] : [COMMAND_PRIME, COMMAND_IMPLANT];
    default:
      return [];
  }
}

/** By what happened in a tick, as bits: the indexes in INVARIANTS of those to ask. */
const ASKED: readonly (readonly number[])[] = askedBy(INVARIANTS.map(({ watch }) => watch().asked));

function askedBy(masks: readonly number[]): number[][] {
  return Array.from({ length: ANYTHING + 1 }, (_, happened) =>
    masks.flatMap((asked, i) => ((asked & happened) === 0 ? [] : [i])),
  );
}

/** Watches every invariant of the table on one machine. The caller passes on the calls of a Listener and the programs. */
export class InvariantWatch {
  private readonly machine: Machine;
  private readonly figures: Float64Array;
  private readonly programs = new Map<number, Program>();
  private readonly monitors = INVARIANTS.map(watched);
  /** By what happened in a tick: the monitors to ask, found when it first happens. */
  private readonly asked: (readonly Watched[] | undefined)[] = new Array<undefined>(ANYTHING + 1).fill(undefined);
  /** The resets of the present tick, as bits of what happened in it. */
  private happened = 0;
  /** Those that may miss a deadline. */
  private readonly timed = this.monitors.filter(({ monitor }) => "until" in monitor.books);
  /** Those that may be awake. */
  private readonly wakeful = this.monitors.filter(({ monitor }) => "isAwake" in monitor.books);
  /** The two that monitors look at, made anew in place: at each event, and at the end of each tick. */
  private readonly notice: Notice;
  private readonly moment: Moment;
  /** The record of the head. */
  readonly head = new HeadLog();
  private readonly orders: Orders | null;
  private readonly due: Due;
  private readonly course = courseAtStart();
  private inForce: number | null = null;
  private known: Program | null = null;
  private answered = 0;
  /** Events traced, values published, and two of the values, up to the last tick that was looked at; -1 looks at the next tick. */
  private events = -1;
  private published = -1;
  private rate = UNKNOWN;
  private estimate = UNKNOWN;
  private guardOpen = 0;
  /** The reservoir held less than LOW_NL; -1 looks at the next tick. */
  private low = -1;
  private pulses = 0;
  private steps = 0;
  private delivered_nl: number;

  /** `orders` tells what people ask just now; null when somebody may give orders that nobody here sees. */
  constructor(machine: Machine, setup: { startSecond: number; isTrial: boolean }, orders: Orders | null = null) {
    this.machine = machine;
    this.figures = machine.figures;
    this.orders = orders;
    this.due = new Due(setup.startSecond, setup.isTrial);
    this.delivered_nl = machine.world.delivered_nl;
    const { head, course, due } = this;
    this.notice = {
      tick: 0,
      machine,
      faultActs: machine.faults.acts,
      damage: 0,
      program: null,
      digest: null,
      head,
      course,
      due,
      orders,
      isOrdered: false,
    };
    this.moment = new Moment(machine, head, course);
  }

  /** The digest of the program that the pump accepted last; null before the first. */
  get digest(): number | null {
    return this.inForce;
  }

  /** The program that the pump accepted last; null when nobody added it here. */
  get program(): Program | null {
    return this.known;
  }

  /** True for an event that says that an order was accepted, if somebody gave one. */
  isOrdered(code: number, a: number): boolean {
    const { orders } = this;
    const commands = ordersOf(code, a);
    return orders === null ? commands.length > 0 : commands.some((command) => orders.isAsking(command));
  }

  /** Adds a program under the digest by which the pump will name it. */
  addProgram(digest: number, program: Program): void {
    this.programs.set(digest | 0, program);
    this.putInForce(this.inForce);
  }

  /**
   * Takes the digest of the last commit that the programmer saw accepted up to `tick`; a pump that traces nothing shows it in no other way.
   */
  accepted(digest: number, tick: number): void {
    if (digest === 0 || this.answered === digest) return;
    this.answered = digest;
    if (this.inForce === (digest | 0)) return;
    this.putInForce(digest | 0);
    this.due.advance(tick);
    this.due.accept(this.program);
  }

  event(code: number, a: number, b: number, c: number): void {
    if (code === EVENT_PROGRAM_ACCEPTED && this.isOrdered(code, a)) this.putInForce(b);
    const { tick } = this.machine;
    const traced = { code, a, b, c };
    this.expire(tick);
    this.followAsking(tick);
    const notice = this.noticeNow(this.isOrdered(code, a));
    for (const { monitor } of this.monitors) monitor.event?.(traced, notice);
    followEvent(this.course, traced, tick);
    this.due.follow(traced, tick, notice.isOrdered, this.program);
  }

  reset(): void {
    this.expire(this.machine.tick);
    const notice = this.noticeNow(false);
    for (const { monitor } of this.monitors) monitor.reset?.(notice);
    this.happened |= RESTARTED;
    followReset(this.course);
  }

  /** Another pump took the place of the one that was watched. It begins with clean books; what broke stays broken. */
  replaced(): void {
    const { machine } = this;
    this.expire(machine.tick);
    this.monitors.forEach(({ monitor }, i) => Object.assign(monitor.books, INVARIANTS[i].watch().books));
    this.head.restore(new HeadLog().save());
    Object.assign(this.course, courseAtStart());
    this.due.replaced(machine.tick);
    this.putInForce(null);
    this.events = -1;
    this.published = -1;
    this.rate = UNKNOWN;
    this.estimate = UNKNOWN;
    this.guardOpen = 0;
    this.low = -1;
    this.pulses = machine.board.motor.pulses;
    this.steps = machine.board.motor.steps;
    this.delivered_nl = machine.world.delivered_nl;
  }

  /** The tick of the row at `at` of the figures is over. */
  ticked(at: number): void {
    const { figures } = this;
    const tick = figures[at + FIGURE_TICK];
    const steps = figures[at + FIGURE_STEPS] - this.steps;
    let happened = this.happened;
    if (figures[at + FIGURE_PULSES] !== this.pulses) happened |= BEGAN;
    if (steps !== 0) happened |= TURNED;
    if (figures[at + FIGURE_EVENTS] !== this.events) happened |= TOLD;
    if (figures[at + FIGURE_GUARD_OPEN] + this.guardOpen > 0) happened |= OPENED;
    if (figures[at + FIGURE_PUBLISHED] !== this.published) happened |= this.followValues(at);
    if (steps !== 0 || figures[at + FIGURE_DELIVERED_NL] !== this.delivered_nl) this.followHead(tick, steps, at);
    if (this.course.bolus !== null) {
      this.followAsking(tick);
      if (happened !== 0) happened |= DOSING;
    }
    const low = figures[at + FIGURE_VOLUME_NL] <= LOW_NL ? 1 : 0;
    if (low !== 0 || low !== this.low) happened |= LOW;
    this.low = low;
    if (happened !== 0 && this.isAwake()) happened |= AWAKE;
    // Nothing turned, was traced or was switched, so no invariant can have changed.
    if (happened !== 0) this.look(happened, tick, steps, at);
  }

  private isAwake(): boolean {
    const { wakeful } = this;
    for (let i = 0; i < wakeful.length; i++) if (wakeful[i].books.isAwake === true) return true;
    return false;
  }

  private followHead(tick: number, steps: number, at: number): void {
    const delivered_nl = this.figures[at + FIGURE_DELIVERED_NL];
    this.head.add(tick, steps > 0 ? steps : 0, delivered_nl - this.delivered_nl);
    this.delivered_nl = delivered_nl;
  }

  /** Asks the monitors whose answer may be another one after what `happened`. */
  private look(happened: number, tick: number, steps: number, at: number): void {
    const { figures, course, moment } = this;
    this.happened = 0;
    this.expire(tick);
    const pulses = figures[at + FIGURE_PULSES] - this.pulses;
    this.events = figures[at + FIGURE_EVENTS];
    this.guardOpen = figures[at + FIGURE_GUARD_OPEN];
    this.pulses += pulses;
    this.steps += steps;
    if (steps > 0) followSteps(course, steps, tick);
    const isMissed = followFlight(course, pulses, steps);
    if (isMissed || steps < 0 || figures[at + FIGURE_UNASKED] > 0) happened |= ODD;
    moment.tick = tick;
    moment.pulses = pulses;
    moment.steps = steps;
    moment.isMissed = isMissed;
    moment.at = at;
    const asked = this.asked[happened] ?? this.askedBy(happened);
    for (let i = 0; i < asked.length; i++) {
      const each = asked[i];
      if (each.brokenAt === null && !each.holds(moment)) each.brokenAt = tick;
    }
  }

  private askedBy(happened: number): readonly Watched[] {
    return (this.asked[happened] = ASKED[happened].map((i) => this.monitors[i]));
  }

  /** The controller published in this tick; what of it a monitor looks at. */
  private followValues(at: number): number {
    const { course, figures } = this;
    const rate = figures[at + FIGURE_RATE];
    const estimate = figures[at + FIGURE_ESTIMATE];
    const alarms = figures[at + FIGURE_ALARMS];
    let happened = course.bolus === null ? 0 : DOSING;
    if (rate !== this.rate) happened |= RATED;
    if (estimate !== this.estimate) happened |= ESTIMATED;
    if (alarms !== course.published) followAlarms(course, alarms);
    this.published = figures[at + FIGURE_PUBLISHED];
    this.rate = rate;
    this.estimate = estimate;
    return happened;
  }

  /** One row for each invariant: the tick in which it broke, or null. */
  rows(): { id: string; brokenAt: number | null }[] {
    this.expire(this.machine.tick);
    return this.monitors.map(({ id, brokenAt }) => ({ id, brokenAt }));
  }

  save(): SavedWatch {
    const monitors = this.monitors.map(({ monitor, brokenAt }) => ({
      books: plainCopy(monitor.books),
      brokenAt,
    }));
    const { answered, pulses, steps, delivered_nl } = this;
    return {
      digest: this.inForce,
      answered,
      monitors,
      pulses,
      steps,
      head: this.head.save(),
      delivered_nl,
      course: plainCopy(this.course),
      due: this.due.save(),
    };
  }

  /** The first part of a saved watch that does not belong to this table of invariants, in words; null when all fit. */
  misfit({ monitors }: SavedWatch, tick: number): string | null {
    if (monitors.length !== this.monitors.length) return "its invariants are others";
    for (let i = 0; i < monitors.length; i++) {
      const { id, monitor } = this.monitors[i];
      const { books, brokenAt } = monitors[i];
      if (brokenAt !== null && (brokenAt < 0 || brokenAt > tick)) return `it breaks ${id} at another time`;
      const expected = Object.entries(monitor.books);
      const isSame = ([key, value]: [string, unknown]) => kindOf(books[key as keyof typeof books]) === kindOf(value);
      if (expected.length !== Object.keys(books).length || !expected.every(isSame))
        return `its books of ${id} are others`;
    }
    return null;
  }

  /** The machine has been restored before. What was looked at in its last tick is what is there now, so no monitor is asked more often. */
  restore(saved: SavedWatch): void {
    const { trace, guard } = this.machine.board;
    this.happened = 0;
    this.events = trace.total;
    this.published = trace.published;
    this.rate = trace.channels[CHANNEL_RATE];
    this.estimate = trace.channels[CHANNEL_ESTIMATE];
    this.guardOpen = guard.open ? 1 : 0;
    this.low = this.machine.world.reservoir.volume_nl <= LOW_NL ? 1 : 0;
    this.putInForce(saved.digest);
    this.head.restore(saved.head);
    this.delivered_nl = saved.delivered_nl;
    Object.assign(this.course, plainCopy(saved.course));
    this.due.restore(saved.due);
    this.due.resume(this.program);
    this.answered = saved.answered;
    this.pulses = saved.pulses;
    this.steps = saved.steps;
    saved.monitors.forEach(({ books, brokenAt }, i) => {
      Object.assign(this.monitors[i].monitor.books, withoutNull(plainCopy(books)));
      this.monitors[i].brokenAt = brokenAt;
    });
  }

  /**
   * Follows whether somebody asks for the end of the bolus under way. People begin and end an order in a tick that is executed in both
   * gears.
   */
  private followAsking(tick: number): void {
    const { course, orders } = this;
    if (course.bolus === null || orders === null) return;
    followAsking(course, orders.isAsking(COMMAND_STOP) || orders.isAsking(COMMAND_EXPLANT), tick);
  }

  /** Breaks what has missed its deadline before `tick`, in the tick after it: in both gears the same. */
  private expire(tick: number): void {
    const { timed } = this;
    for (let i = 0; i < timed.length; i++) {
      const each = timed[i];
      const until = each.books.until as number;
      if (tick > until && each.brokenAt === null) each.brokenAt = until + 1;
    }
  }

  private putInForce(digest: number | null): void {
    this.inForce = digest;
    this.known = digest === null ? null : (this.programs.get(digest) ?? null);
    this.notice.digest = this.moment.digest = digest;
    this.notice.program = this.moment.program = this.known;
  }

  private noticeNow(isOrdered: boolean): Notice {
    const { notice } = this;
    notice.tick = this.machine.tick;
    notice.damage = damageBy(notice.faultActs);
    notice.isOrdered = isOrdered;
    return notice;
  }
}

/** A monitor of the table with the tick in which it broke. */
interface Watched {
  id: string;
  monitor: Monitor;
  books: Monitor["books"];
  holds: Monitor["holds"];
  brokenAt: number | null;
}

function watched({ id, watch }: Invariant): Watched {
  const monitor = watch();
  // Of monitors of eighteen shapes, a call through one shape is found sooner.
  return { id, monitor, books: monitor.books, holds: monitor.holds, brokenAt: null };
}

/** The books as monitors keep them: JSON has no NaN and writes null. */
function withoutNull(books: SavedBooks): Monitor["books"] {
  return Object.fromEntries(Object.entries(books).map(([key, value]) => [key, value ?? NaN]));
}

/** A number that is not known is null in JSON. */
function kindOf(value: unknown): string {
  if (value === null) return "number";
  return Array.isArray(value) ? "array" : typeof value;
}

function watchSpacing(): Monitor {
  const books = { last: -PULSE_SPACING_TICKS };
  return {
    books,
    asked: BEGAN,
    // A reset clears when the last pulse was. The self-test, or the lack of a program, keeps the next pulse far away.
    holds: ({ tick, pulses }) => {
      if (pulses === 0) return true;
      const apart = tick - books.last >= PULSE_SPACING_TICKS;
      books.last = tick;
      return apart && pulses === 1;
    },
  };
}

function watchReverse(): Monitor {
  const books = { reversed: false };
  return {
    books,
    asked: BEGAN | ODD,
    event: ({ code, a }) => {
      const primes = code === EVENT_BOLUS_STARTED && a === CAUSE_PRIME;
      if (code === EVENT_STARTED || code === EVENT_PROGRAM_ACCEPTED || primes) books.reversed = false;
    },
    reset: () => {
      books.reversed = false;
    },
    holds: ({ pulses, steps }) => {
      const broken = books.reversed && pulses > 0;
      if (steps < 0) books.reversed = true;
      return !broken;
    },
  };
}

function watchEstimate(): Monitor {
  const books = { known: false, estimate: 0, refilled: false };
  return {
    books,
    asked: TURNED | TOLD | ESTIMATED | RESTARTED,
    event: ({ code, a }) => {
      if (code !== EVENT_REFILLED) return;
      books.known = true;
      books.estimate = a;
      books.refilled = true;
    },
    reset: () => {
      books.known = false;
    },
    holds: (moment) => {
      // A controller that hangs counts nothing, and the reset that ends the hang clears the estimate.
      if (moment.faultsOn[FAULT_HANG]) books.known = false;
      // After a bit flip in its memory a controller may publish any estimate; RAM-2 covers that case.
      if ((moment.damage & DAMAGE_RAM) !== 0) books.known = false;
      if (!books.known) return true;
      // A step in the tick of a refill came before the refill, whose figure is the later one.
      if (!books.refilled) books.estimate = Math.max(0, books.estimate - Math.max(0, moment.steps));
      books.refilled = false;
      return moment.estimate === books.estimate;
    },
  };
}

function watchLockout(): Monitor {
  const books = { last: -1e12, ok: true };
  return {
    books,
    asked: TOLD,
    event: ({ code, a }, { tick, program }) => {
      if (code !== EVENT_BOLUS_STARTED || a !== CAUSE_PATIENT_BOLUS) return;
      const lockout = (program?.bolus?.lockout_min ?? 0) * TICKS_PER_MINUTE;
      if (tick - books.last < lockout) books.ok = false;
      books.last = tick;
    },
    holds: () => books.ok,
  };
}

function watchCap(): Monitor {
  const books = { starts: [] as number[], ok: true };
  return {
    books,
    asked: TOLD,
    event: ({ code, a }, { tick, program, digest }) => {
      if (code !== EVENT_BOLUS_STARTED || a !== CAUSE_PATIENT_BOLUS) return;
      books.starts = books.starts.filter((start) => tick - start < TICKS_PER_DAY);
      books.starts.push(tick);
      // A programmer at a port may have written a program that was not added here. Its permitted number of boluses is then
      // unknown.
      if (program === null && digest !== null) return;
      if (books.starts.length > (program?.bolus?.per24h ?? 0)) books.ok = false;
    },
    holds: () => books.ok,
  };
}

function watchRate(): Monitor {
  return {
    books: {},
    asked: RATED,
    holds: ({ rate }) => {
      return rate === 0 || rate === RATE_MINIMUM || (rate >= RATE_THERAPEUTIC_MIN && rate <= RATE_MAX);
    },
  };
}

function watchStopped(): Monitor {
  // The tick in which a stop or a restart ended every bolus; -1 when one has begun since.
  const books = { ended: -1 };
  return {
    books,
    asked: BEGAN,
    event: ({ code }, { tick }) => {
      if (code === EVENT_STOPPED) books.ended = tick;
      if (code === EVENT_BOLUS_STARTED) books.ended = -1;
    },
    reset: ({ tick }) => {
      books.ended = tick;
    },
    holds: (moment) => {
      // Only a controller that publishes its mode and its causes shows that it is stopped.
      if (moment.pulses === 0 || !moment.publishes) return true;
      const { tick, cause } = moment;
      const isOfBolus = cause === CAUSE_PATIENT_BOLUS || cause === CAUSE_CLINICIAN_BOLUS || cause === CAUSE_PRIME;
      const isOver = books.ended >= 0 && tick > books.ended;
      return moment.mode >= MODE_MINIMUM && !(isOver && isOfBolus);
    },
  };
}

function watchGuard(): Monitor {
  const books = { open: false };
  return {
    books,
    asked: OPENED,
    holds: ({ isGuardOpen, faultsOn, steps }) => {
      const turned = books.open && steps !== 0 && !faultsOn[FAULT_GUARD_DEAD];
      books.open = isGuardOpen;
      return !turned;
    },
  };
}

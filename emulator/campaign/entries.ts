// The timeline of a case. Its generator knows the program that it has made and what is under way, so it aims: a request one tick around
// the end of a lockout, the rolling day of the cap, the edge of a window, a step of the schedule or a minute; a fault or a reset while
// a bolus, a prime, a bridge, a stall, a self-test or a commit is under way; two faults together; a clock that is set over an edge.

import { ALARMS } from "../../hal/alarms";
import { NVM_BYTES } from "../../hal/nvm";
import { TICKS_PER_DAY, TICKS_PER_HOUR, TICKS_PER_MINUTE, TICKS_PER_SECOND } from "../../hal/units";
import { wallText } from "../calendar";
import { alarmName } from "../contract/alarms";
import { NL_PER_ML } from "../amounts";
import { FAULTS, type FaultRow } from "../faults";
import { formatTicks } from "../time";
import { type EntryWords, secondsWords, type Value, volumeOf, wordsOfVolume } from "./case-file";
import type { Draw } from "./draw";
import { basalIn, changePlan, type Plan, prescriptionOf } from "./plans";
import type { Profile } from "./profiles";

/** The part that all cases of a unit share, as the generator knows it. */
export interface Frame {
  profile: Profile;
  /** Minutes since 2000, and seconds beyond. */
  start: { minute: number; second: number };
  capacity_ml: number;
  drug: string;
  /** The volume in the reservoir at first. */
  fill_ml: number;
  plan: Plan;
  /** Fields of the controller's memory in which bits may flip. */
  fields: readonly string[];
}

/** An entry with its time, and of a fault that lasts the tick in which it ends. */
export interface Planned {
  at: number;
  /** The kind of fault, of which one may be on at a time; null for an action. */
  fault: string | null;
  ends: number;
  words: Readonly<Record<string, Value>>;
}

/** The kinds of things that a case may have. Some are switched off at random in each case, so that rare ones meet. */
const FEATURES = [
  ...[
    "requests",
    "clinician_bolus",
    "windows",
    "program",
    "prime",
    "bridge",
    "stops",
    "refill",
    "needles",
    "clock",
    "alarms",
  ],
  ...[
    "queries",
    "self_test",
    "life",
    "motor",
    "head",
    "catheter",
    "sensor",
    "power",
    "memory",
    "time",
    "place",
    "link",
  ],
] as const;
export type Feature = (typeof FEATURES)[number];

/** The faults of each feature, by the beginning of their names. */
const FAULT_FEATURES: Partial<Record<Feature, readonly string[]>> = {
  motor: ["motor_", "guard_dead", "mri_field"],
  head: ["over_delivery", "under_delivery", "flow_past_rotor"],
  catheter: ["catheter_"],
  sensor: ["reservoir_sensor", "pocket_fill", "overfill", "sounder_dead"],
  power: ["battery_sag", "brownout", "reset", "hang"],
  memory: ["ram_flip", "nvm_"],
  time: ["rtc_"],
  place: ["temperature", "altitude", "pressure"],
  link: ["link"],
};
const MISHAPS = Object.keys(FAULT_FEATURES) as Feature[];

/** The features of one case. A case without any fault is as likely as one with faults of a few kinds. */
export function drawFeatures(draw: Draw): Feature[] {
  const isHealthy = draw.chance(0.2);
  return FEATURES.filter((feature) => (MISHAPS.includes(feature) ? !isHealthy && draw.chance(0.35) : draw.chance(0.6)));
}

/** So many ticks around an edge: on it, just before and after it, and within a second or so of an exchange. */
const AROUND = [-100, -12, -3, -2, -1, 0, 0, 1, 2, 3, 12, 100];
/** A window with more room than this is filled by no two boluses that a person would order. */
const WINDOW_PULSES_MAX = 1_200;
/** An order is carried out so many ticks after it begins at most: the session is opened, and frames pass. */
const EXCHANGE_TICKS = 60;

export class TimelineDraw {
  private readonly draw: Draw;
  private readonly frame: Frame;
  private readonly features: readonly Feature[];
  private readonly from: number;
  private readonly to: number;
  private plan: Plan;
  private readonly planned: Planned[] = [];
  /** Moments that are worth meeting, and times in which something is in flight. */
  private readonly edges: number[] = [];
  private readonly flights: { from: number; to: number }[] = [];
  private isOut = false;

  /** Entries from tick `from` on, before `to`. `before` are those that are there already. */
  constructor(
    draw: Draw,
    frame: Frame,
    features: readonly Feature[],
    from: number,
    to: number,
    before: readonly Planned[],
  ) {
    this.draw = draw;
    this.frame = frame;
    this.features = features;
    this.from = from;
    this.to = to;
    this.plan = frame.plan;
    this.planned.push(...before);
    this.addScheduleEdges();
  }

  /** All entries in the order of time. */
  drawAll(): Planned[] {
    const [least, most] = this.frame.profile.draws;
    for (let left = this.draw.integer(least, most); left > 0; left--) this.drawOne();
    return this.planned.sort((a, b) => a.at - b.at);
  }

  private has(feature: Feature): boolean {
    return this.features.includes(feature);
  }

  private drawOne(): void {
    const { draw } = this;
    const kinds: [number, Feature][] = [
      [9, "requests"],
      [4, "clinician_bolus"],
      [4, "windows"],
      [4, "program"],
      [2, "prime"],
      [2, "bridge"],
      [4, "stops"],
      [2, "refill"],
      [1, "needles"],
      [2, "clock"],
      [2, "alarms"],
      [1, "queries"],
      [2, "self_test"],
      [0.3, "life"],
      ...MISHAPS.map((feature): [number, Feature] => [2.5, feature]),
    ];
    const known = kinds.filter(([, feature]) => this.has(feature));
    if (known.length === 0) return;
    const feature = draw.weighted(known);
    if (MISHAPS.includes(feature)) this.mishap(feature);
    else this.act(feature);
  }

  /** A moment of the case: around an edge, in something that is in flight, at a minute's edge, or any. */
  private moment(): number {
    const { draw, edges, flights, from, to } = this;
    const any = draw.integer(from, to - 1);
    const found = draw.weighted([
      [edges.length > 0 ? 4 : 0, () => draw.one(edges) + draw.one(AROUND)],
      [flights.length > 0 ? 4 : 0, () => this.inFlight()],
      [1, () => this.minuteEdge(any) + draw.one(AROUND)],
      [3, () => any],
    ])();
    return found >= from && found < to ? found : any;
  }

  private inFlight(): number {
    const { draw } = this;
    const flight = draw.one(this.flights);
    return draw.chance(0.7) ? draw.integer(flight.from, flight.to) : flight.to + draw.one(AROUND);
  }

  /** The beginning of the minute of the wall clock in which `tick` is. */
  private minuteEdge(tick: number): number {
    const offset = this.frame.start.second * TICKS_PER_SECOND;
    return Math.floor((tick + offset) / TICKS_PER_MINUTE) * TICKS_PER_MINUTE - offset;
  }

  private add(at: number, words: Record<string, Value>, fault: string | null = null, ends = at): void {
    if (at < this.from || at >= this.to) return;
    this.planned.push({ at, fault, ends, words });
  }

  private fly(from: number, ticks: number): void {
    this.flights.push({ from, to: from + Math.max(1, Math.round(ticks)) });
  }

  /** The edges of a schedule and of doses, on the days of the case. */
  private addScheduleEdges(): void {
    const { basal } = this.plan;
    const { start } = this.frame;
    const dayStart = -((start.minute % 1440) * TICKS_PER_MINUTE + start.second * TICKS_PER_SECOND);
    if (basal.mode === "flex") {
      const { minute } = this.draw.one(basal.steps);
      for (let day = dayStart; day < this.to; day += TICKS_PER_DAY) {
        const at = day + minute * TICKS_PER_MINUTE;
        if (at >= this.from) this.edges.push(at);
      }
    }
    if (basal.mode === "periodic") {
      const every = basal.every_min * TICKS_PER_MINUTE;
      const at = this.from + this.draw.integer(1, 5) * every;
      this.edges.push(at);
      this.fly(at, basal.duration_s * TICKS_PER_SECOND);
    }
  }

  private act(feature: Feature): void {
    const { draw } = this;
    const at = this.moment();
    switch (feature) {
      case "requests":
        return this.requests(at);
      case "clinician_bolus": {
        const pulses = draw.sized(1, 200);
        const duration_s = Math.ceil(pulses * 0.9) + draw.integer(0, 900);
        this.add(at, { do: "clinician_bolus", volume: volumeOf(pulses), duration: secondsWords(duration_s) });
        this.fly(at, duration_s * TICKS_PER_SECOND);
        return this.addWindows(at);
      }
      case "windows":
        return this.fillWindow(at);
      case "program":
        return this.program(at);
      case "prime": {
        const pulses = draw.chance(0.6) ? draw.sized(1, 100) : draw.sized(100, 1_600);
        const confirm = draw.chance(0.5) ? { confirm: true } : {};
        this.add(at, { do: "prime", volume: volumeOf(pulses), ...confirm });
        this.fly(at, pulses * 90);
        return this.addWindows(at);
      }
      case "bridge": {
        if (!this.canBridge) return;
        const pulses = draw.sized(1, 1_600);
        this.add(at, {
          do: "bridge",
          old_concentration: `${draw.one([2, 5, 10, 20])} mg/mL`,
          volume: volumeOf(pulses),
        });
        return this.fly(at, draw.integer(TICKS_PER_MINUTE, 12 * TICKS_PER_HOUR));
      }
      case "stops":
        return this.stops(at);
      case "refill":
        return this.refill(at);
      case "needles":
        return this.needle(at);
      case "clock": {
        const now = this.frame.start.minute + Math.floor(at / TICKS_PER_MINUTE);
        const by = draw.one([-1440, -61, -60, -2, -1, 1, 2, 60, 61, 1439, 1440, draw.integer(-3000, 3000)]);
        this.add(at, { do: "set_clock", to: wallText(now + by) });
        return this.fly(at, EXCHANGE_TICKS);
      }
      case "alarms":
        if (draw.chance(0.3)) return this.attend(at);
        return this.add(at, { do: "acknowledge", alarm: alarmName(draw.integer(0, ALARMS - 1)) });
      case "self_test":
        this.add(at, { do: "self_test" });
        return this.fly(at, 10 * TICKS_PER_SECOND);
      case "life":
        if (!draw.chance(0.4) || this.isOut) return this.add(at, { do: "implant", purged: draw.chance(0.5) });
        this.isOut = true;
        // A pump that is explanted does nothing more, so this comes late.
        return this.add(Math.max(at, this.to - draw.integer(1, 2 * TICKS_PER_HOUR)), { do: "explant" });
      default:
        return this.add(at, { do: "interrogate" });
    }
  }

  /** One request, a second one around the end of the lockout, or as many as the cap permits and more a day later. */
  private requests(at: number): void {
    const { draw } = this;
    const { bolus } = this.plan;
    const ask = (tick: number): void => this.add(tick, { do: "patient_bolus" });
    ask(at);
    this.addWindows(at);
    if (bolus === null) return;
    const lockout = bolus.lockout_min * TICKS_PER_MINUTE;
    this.fly(at, bolus.duration_s * TICKS_PER_SECOND);
    this.edges.push(at + lockout, at + TICKS_PER_DAY);
    if (draw.chance(0.3)) ask(at + lockout + draw.one(AROUND));
    if (!draw.chance(0.25)) return;
    const count = Math.min(bolus.per24h, 12);
    const gap = Math.max(lockout, bolus.duration_s * TICKS_PER_SECOND) + draw.one([0, 1, 3, 200, 6_000]);
    for (let i = 1; i <= count; i++) ask(at + i * gap);
    ask(at + TICKS_PER_DAY + draw.one(AROUND));
  }

  private addWindows(at: number): void {
    const { limits } = this.plan;
    const windows = limits.length === 0 ? [60, 1440] : limits.map(({ window_min }) => window_min);
    for (const window of windows) this.edges.push(at + window * TICKS_PER_MINUTE);
  }

  /**
   * Two boluses that a dose window can hold one by one and not together, and between them what may make a pump forget the first: a
   * reset, a clock that is set, a refill, a stop, or a program.
   */
  private fillWindow(at: number): void {
    const { draw } = this;
    const rooms = this.plan.limits.map(({ pulses, window_min }) => pulses - basalIn(this.plan.basal, window_min));
    const room = Math.floor(Math.min(...rooms));
    if (rooms.length === 0 || room < 4 || room > WINDOW_PULSES_MAX) return;
    let next = at;
    for (const isFirst of [true, false]) {
      const pulses = Math.max(1, Math.floor(room * draw.one([0.55, 0.7, 0.85])));
      const duration_s = Math.ceil(pulses * 0.9) + draw.integer(0, 60);
      this.add(next, { do: "clinician_bolus", volume: volumeOf(pulses), duration: secondsWords(duration_s) });
      this.fly(next, duration_s * TICKS_PER_SECOND);
      next += duration_s * TICKS_PER_SECOND + draw.integer(EXCHANGE_TICKS, 2 * TICKS_PER_MINUTE);
      if (!isFirst) return;
      this.upset(next);
      next += draw.integer(2 * EXCHANGE_TICKS, 5 * TICKS_PER_MINUTE);
    }
  }

  private upset(at: number): void {
    const { draw, frame } = this;
    const now = frame.start.minute + Math.floor(at / TICKS_PER_MINUTE);
    const words: Record<string, Value> = draw.one([
      { fault: "reset" },
      { do: "set_clock", to: wallText(now + draw.one([-60, 60, 1440])) },
      { do: "refill", fill: `${frame.capacity_ml} mL` },
    ]);
    this.add(at, words);
  }

  private program(at: number): void {
    this.plan = changePlan(this.draw, this.plan, this.frame.profile);
    this.add(at, { do: "program", prescription: prescriptionOf(this.plan) });
    this.fly(at, EXCHANGE_TICKS);
    this.addScheduleEdges();
  }

  private stops(at: number): void {
    const { draw } = this;
    if (draw.chance(0.3)) return this.add(at, { do: "start" });
    this.add(at, { do: "stop" });
    const pause = draw.one([1, 100, TICKS_PER_MINUTE, TICKS_PER_HOUR, draw.integer(1, 12 * TICKS_PER_HOUR)]);
    this.fly(at, pause);
    if (draw.chance(0.8)) this.add(at + pause, { do: "start" });
  }

  private refill(at: number): void {
    const { draw } = this;
    const most = this.frame.capacity_ml;
    // So little that the reservoir is empty, at times.
    const fill = draw.chance(0.15) ? 1 : draw.edged(1, most);
    const words: Record<string, Value> = { do: "refill", fill: `${fill} mL` };
    if (draw.chance(0.2)) words.aspirate = `${draw.edged(0, most)} mL`;
    if (draw.chance(0.3)) words.accept = draw.chance(0.5);
    const isOther = draw.chance(0.25);
    if (isOther) words.drugs = [{ name: this.frame.drug, concentration: `${draw.one([2, 5, 10, 20])} mg/mL` }];
    this.add(at, words);
    this.fly(at, EXCHANGE_TICKS);
    if (!isOther || !draw.chance(0.7)) return;
    // Another concentration wants a bridge and a program.
    const bridge = { do: "bridge", old_concentration: "10 mg/mL", volume: volumeOf(draw.sized(1, 1_600)) };
    this.program(at + 200 + draw.integer(200, 30 * TICKS_PER_MINUTE));
    if (draw.chance(0.7) && this.canBridge) this.add(at + 200, bridge);
  }

  /**
   * The oracles compute a bridge from the rate at which it begins, which says nothing while a schedule rests. A bridge of a case that
   * goes on from another one may still meet a later program.
   */
  private get canBridge(): boolean {
    const { basal } = this.plan;
    return basal.mode !== "flex" || basal.steps.every(({ rate }) => rate > 0);
  }

  private needle(at: number): void {
    const { draw, frame } = this;
    // A needle that leaves less than the pump calls empty, or any volume.
    const left_nl = draw.integer(2, 12) * 100_000;
    const taken_nl = frame.fill_ml * NL_PER_ML - left_nl;
    if (taken_nl > 0 && draw.chance(0.25)) return this.add(at, { do: "tap", volume: wordsOfVolume(taken_nl) });
    const volume = wordsOfVolume(draw.sized(10, 10_000) * 1_000);
    this.add(at, { do: draw.one(["tap", "top_up", "port_injection", "port_aspiration"]), volume });
  }

  /** A clinician acknowledges every alarm, one after the other, and starts the pump. */
  private attend(at: number): void {
    for (let alarm = 0; alarm < ALARMS; alarm++) this.add(at, { do: "acknowledge", alarm: alarmName(alarm) });
    this.add(at, { do: "start" });
  }

  /** A fault, and perhaps a second one of any kind while the first is on. */
  private mishap(feature: Feature): void {
    const at = this.moment();
    const ends = this.fault(feature, at);
    if (ends === null || !this.draw.chance(0.35)) return;
    const other = this.draw.one(MISHAPS.filter((each) => this.has(each)));
    this.fault(other, ends > at ? this.draw.integer(at, ends) : at + this.draw.integer(0, 300));
  }

  /** The tick in which it ends; null when another of its kind is on. */
  private fault(feature: Feature, at: number): number | null {
    const { draw } = this;
    const beginnings = FAULT_FEATURES[feature] ?? [];
    const isKnown = ({ name }: FaultRow): boolean =>
      beginnings.some((each) => name.startsWith(each)) && (name !== "ram_flip" || this.frame.fields.length > 0);
    const row = draw.one((FAULTS as readonly FaultRow[]).filter(isKnown));
    const kind = row.name === "altitude" ? "pressure" : row.name;
    const isLasting = row.duration === "lasting";
    // While a link babbles every tick is executed.
    const isCostly = row.name === "link.babble";
    const isEndless = isLasting && !isCostly && draw.chance(0.15);
    const isShort = isCostly || draw.chance(0.5);
    const length = isShort
      ? draw.sized(1, isCostly ? TICKS_PER_MINUTE : TICKS_PER_HOUR)
      : draw.sized(TICKS_PER_MINUTE, 24 * TICKS_PER_HOUR);
    const ends = isEndless ? Infinity : isLasting ? at + length : at;
    const isTaken = this.planned.some((each) => each.fault === kind && each.at <= ends && each.ends >= at);
    if (isTaken || at < this.from || at >= this.to) return null;
    const [fault, variant] = row.name.split(".");
    const lasts = isLasting && !isEndless ? { for: formatTicks(length) } : {};
    this.add(at, { fault, ...parameterWords(draw, row, variant, this.frame.fields), ...lasts }, kind, ends);
    this.fly(at, isLasting && !isEndless ? length : 3 * TICKS_PER_SECOND);
    return Math.min(ends, this.to);
  }
}

/** The parameter of a fault under the keys of a scenario. */
function parameterWords(
  draw: Draw,
  { name, parameter }: FaultRow,
  variant: string | undefined,
  fields: readonly string[],
): Record<string, Value> {
  if (parameter === null) return variant === undefined ? {} : { [variant]: true };
  const key = variant ?? parameter.name;
  switch (parameter.kind) {
    case "fraction":
      return { [key]: `${draw.one([1, 10, 30, 50, 90, 100])} %` };
    case "factor":
      return { [key]: name === "under_delivery" ? draw.one([0, 0.5, 0.7, 0.9]) : draw.one([1.1, 1.2, 2, 3]) };
    case "rate_nlPerDay":
      return { [key]: draw.one(["4 uL/h", "100 uL/h", "1000 uL/h", "3750 uL/h"]) };
    case "volume_nl":
      return { [key]: draw.one(name.endsWith("offset") ? ["-3 mL", "-0.5 mL", "0.5 mL", "3 mL"] : ["0.5 mL", "3 mL"]) };
    case "ticks":
      if (name.startsWith("link")) return { [key]: formatTicks(draw.edged(1, 100)) };
      return { [key]: draw.one(["-1 h", "-1 min", "-10 ms", "10 ms", "1 min", "59 min", "1 h", "1 d"]) };
    case "temperature_mC":
      return { [key]: draw.one(["30 °C", "41 °C"]) };
    case "altitude_m":
      return { [key]: draw.one(["-100 m", "2500 m", "12 km"]) };
    case "pressure_pa":
      return { [key]: draw.one(["0 bar", "1.3 bar", "2 bar", "4 bar"]) };
    case "ppm":
      return { [key]: draw.one([-20_000, -700, 20, 700]) };
    case "bit":
      return { field: draw.one(fields), bit: draw.edged(0, 31) };
    case "nvm_bit":
      return {
        address: draw.chance(0.6) ? draw.edged(0, 4_095) : draw.edged(0, NVM_BYTES - 1),
        bit: draw.integer(0, 7),
      };
  }
}

/** The entries as a file has them. */
export function timelineOf(planned: readonly Planned[]): EntryWords[] {
  return planned.map(({ at, words }) => ({ at: formatTicks(at), ...words }));
}

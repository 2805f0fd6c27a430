// The script of a scenario, which is computed before the run. It has each action as the commands that carry it out, and
// every moment at which an action or a fault begins or a fault ends. With a patient there are also the preparation of a pump that is
// connected later, the visit of a clinician who titrates, with the programs to choose from, and the request of a patient who asks
// by need. It is a setting and not state, so it is frozen.

import {
  COMMAND_ACKNOWLEDGE,
  COMMAND_BRIDGE,
  COMMAND_CLINICIAN_BOLUS,
  COMMAND_EXPLANT,
  COMMAND_IMPLANT,
  COMMAND_INTERROGATE,
  COMMAND_PATIENT_BOLUS,
  COMMAND_PRIME,
  COMMAND_READ_LOG,
  COMMAND_REFILL,
  COMMAND_SELF_TEST,
  COMMAND_SET_CLOCK,
  COMMAND_START,
  COMMAND_STOP,
  LOG_EVENTS,
  LOG_FAULTS,
  REASON_NONE,
} from "../../hal/telemetry";
import { PULSE_NL, TICKS_PER_MINUTE, TICKS_PER_SECOND } from "../../hal/units";
import {
  type Catheter,
  commissioning,
  implant,
  order,
  type Order,
  PAIR_HANDSET,
  programming,
} from "../programmer/orders";
import {
  COMMISSION_TICK,
  type Action,
  type Consent,
  isCommissioned,
  type Program,
  type Scenario,
  type TimelineEntry,
} from "../scenario/scenario";
import { type Needle, needleOf } from "./needle";
import { ladderOf } from "./titration";
import { digestOf, encodeBridge, encodePrime, encodeProgram, encodeRefill, words } from "../telemetry/messages";

type Refill = Extract<Action, { do: "refill" }>;

/** One entry of the timeline: the person who acts and the commands, or the fault. Item 0 is the commissioning. */
export interface Item {
  what: "entry" | "visit" | "request";
  clinician: boolean;
  /** The payloads of COMMIT, READ_LOG and REFILL depend on the run, so `People` makes them when it sends the command. */
  orders: Order[];
  needle: Needle | null;
  /** The value that is set by hand. */
  set: Extract<Action, { do: "set" }> | null;
  fault: { name: string; parameter: number; field: string | null } | null;
  /** The digest and the confirmations that a COMMIT of this item carries. */
  digest: number;
  consent: Consent;
  /** The implant that takes the place of the trial's pump. */
  implant: Extract<Action, { do: "convert" }> | null;
}

/** A program that a clinician may choose at a visit, as it is sent. */
export interface Rung {
  orders: readonly Order[];
  digest: number;
}

export interface Point {
  tick: number;
  item: number;
  what: "begin" | "end";
}

export interface Script {
  items: readonly Item[];
  /** The item of the timeline's first entry. */
  firstEntry: number;
  /** The visits of a clinician who titrates: the moment from which they count, and the time between two. */
  visits: Readonly<{ from_ticks: number; every_ticks: number }>;
  points: readonly Point[];
  /** By item: the ladder of its program, and the rung of the program itself; none without a titration. */
  ladders: ReadonlyMap<number, { rungs: readonly Rung[]; base: number; programs: readonly Program[] }>;
  /** The first moment at which anybody treats the patient. */
  treated_ticks: number;
}

/** Stands for the moment at which the implant takes the trial pump's place. It is not the code of a command. */
export const REPLACE_PUMP = -1;

const MM_PER_CM = 10;
const NO_CONSENT: Consent = { confirm: 0, reason: REASON_NONE };
const NOTHING = {
  what: "entry" as const,
  orders: [],
  needle: null,
  set: null,
  fault: null,
  digest: 0,
  consent: NO_CONSENT,
  implant: null,
};

/** The items of a patient, behind the commissioning; the timeline follows them. */
const PREPARATION = 1;
export const VISIT = 2;
export const REQUEST = 3;

export function scriptOf(scenario: Scenario): Readonly<Script> {
  const visit: Item = { ...NOTHING, what: "visit", clinician: true, orders: [order(COMMAND_INTERROGATE)] };
  const request: Item = { ...NOTHING, what: "request", clinician: false, orders: [order(COMMAND_PATIENT_BOLUS)] };
  const ofPatient = scenario.patient ? [preparationOf(scenario), visit, request] : [];
  const entries = scenario.timeline.map((entry) => itemOf(entry, scenario));
  const items = [commissioningOf(scenario), ...ofPatient, ...entries];
  const firstEntry = 1 + ofPatient.length;
  const points = pointsOf(scenario, firstEntry);
  const treated = points.find(({ item, what }) => what === "begin" && treats(items[item]));
  return Object.freeze({
    items: Object.freeze(items),
    firstEntry,
    points: Object.freeze(points),
    visits: Object.freeze(visitsOf(scenario)),
    ladders: laddersOf(scenario, firstEntry),
    treated_ticks: treated?.tick ?? Infinity,
  });
}

/** The external pump of a trial gets its clock and its fill at the start. It is connected and programmed after the baseline. */
function isConnectedLater(scenario: Scenario): boolean {
  return scenario.trial !== undefined && isCommissioned(scenario);
}

function commissionTick(scenario: Scenario): number {
  return isConnectedLater(scenario) ? scenario.trial!.baseline_ticks : COMMISSION_TICK;
}

/** True for an item that gives the patient something, or a pump. */
function treats({ orders, needle, implant }: Item): boolean {
  return implant !== null || needle?.do === "inject" || orders.some(({ kind }) => kind === COMMAND_IMPLANT);
}

function visitsOf(scenario: Scenario): Script["visits"] {
  const { titration, timeline } = scenario;
  const implant = timeline.find((entry) => "action" in entry && isImplant(entry.action.do));
  return { from_ticks: visitsFrom(scenario, implant?.at_ticks), every_ticks: titration?.every_ticks ?? Infinity };
}

/** True for an action with which the patient gets an implant. */
export function isImplant(name: string): boolean {
  return name === "convert" || name === "implant";
}

/** The visits of a titrating clinician count from the first implant, from the begin of the trial, or from the start. */
export function visitsFrom({ trial }: Scenario, implanted_ticks: number | undefined): number {
  return implanted_ticks ?? trial?.baseline_ticks ?? 0;
}

/** The ladders of the program at the start and of those in the timeline, by item. */
function laddersOf({ titration, program, timeline }: Scenario, firstEntry: number): Script["ladders"] {
  const programs: [number, Program][] = [[0, program]];
  timeline.forEach((entry, i) => {
    if ("action" in entry && entry.action.do === "program") programs.push([firstEntry + i, entry.action.program]);
  });
  if (!titration) return new Map();
  return new Map(
    programs.map(([item, each]) => {
      const { programs, base } = ladderOf(each, titration);
      return [item, { rungs: programs.map(rungOf), base, programs }];
    }),
  );
}

function rungOf(program: Program): Rung {
  return { orders: programming(program), digest: digestOf(encodeProgram(program)) };
}

/** The commissioning at the start, unless the scenario has none. A pump on the shelf gets no catheter and no program. */
function commissioningOf(scenario: Scenario): Item {
  const { pump, program, consent = NO_CONSENT } = scenario;
  if (!isCommissioned(scenario)) return { ...NOTHING, clinician: true };
  const digest = digestOf(encodeProgram(program));
  if (isConnectedLater(scenario)) {
    const orders = [order(PAIR_HANDSET), implant(catheterOf(pump), true), ...programming(program)];
    return { ...NOTHING, clinician: true, orders, digest, consent };
  }
  const isShelved = pump.life === "shelf";
  const prepared = commissioning({
    wallMinute: scenario.start.minute,
    catheter: isShelved ? null : catheterOf(pump),
    filled: pulsesIn(pump.fill_nl),
    handset: true,
  });
  const orders = isShelved ? prepared : [...prepared, ...programming(program)];
  return { ...NOTHING, clinician: true, orders, digest, consent };
}

/** Clock and fill of a pump that is connected later. */
function preparationOf(scenario: Scenario): Item {
  if (!isConnectedLater(scenario)) return { ...NOTHING, clinician: true };
  const { start, pump } = scenario;
  const filled = pulsesIn(pump.fill_nl);
  const orders = commissioning({ wallMinute: start.minute, catheter: null, filled, handset: false });
  return { ...NOTHING, clinician: true, orders };
}

function itemOf(entry: TimelineEntry, scenario: Scenario): Item {
  if ("fault" in entry) {
    const { fault, parameter, field } = entry.fault;
    return { ...NOTHING, clinician: false, fault: { name: fault, parameter, field } };
  }
  const { action } = entry;
  const catheter = catheterOf(scenario.pump);
  const needle = needleOf(action);
  const clinician = action.do !== "patient_bolus";
  const item = { ...NOTHING, clinician, needle, set: action.do === "set" ? action : null };
  if (action.do === "convert") {
    return { ...item, orders: conversion(action, entry.at_ticks, scenario, catheter), implant: action };
  }
  const orders = ordersOf(action, catheter);
  if (action.do !== "program") return { ...item, orders };
  return { ...item, orders, digest: digestOf(encodeProgram(action.program)), consent: action.consent ?? NO_CONSENT };
}

/** The trial's pump is stopped and taken away; the implant gets its clock, its handset, its catheter and its first fill. */
function conversion(
  { fill_nl }: Extract<Action, { do: "convert" }>,
  at_ticks: number,
  { start }: Scenario,
  catheter: Catheter,
): Order[] {
  const wallMinute = start.minute + Math.floor((at_ticks + start.second * TICKS_PER_SECOND) / TICKS_PER_MINUTE);
  const first = commissioning({ wallMinute, catheter, filled: pulsesIn(fill_nl), handset: true });
  return [order(COMMAND_STOP), order(REPLACE_PUMP), ...first];
}

/** The catheter's length and volume as the pump records them at the implant. */
function catheterOf({ catheter: { length_cm, volume_nlPerCm } }: Scenario["pump"]): Catheter {
  return { length_mm: Math.round(length_cm * MM_PER_CM), volume_nl: Math.round(length_cm * volume_nlPerCm) };
}

/** The commands that carry out an action; `catheter` is what an implant records. */
export function ordersOf(action: Action, catheter: Catheter): Order[] {
  switch (action.do) {
    case "patient_bolus":
      return [order(COMMAND_PATIENT_BOLUS)];
    case "clinician_bolus":
      return [order(COMMAND_CLINICIAN_BOLUS, words(action.pulses, action.duration_s))];
    case "prime":
      return [order(COMMAND_PRIME, encodePrime(action.pulses, action.confirmed))];
    case "bridge":
      return [order(COMMAND_BRIDGE, encodeBridge(action.oldConcentration, action.pulses))];
    case "program":
      return programming(action.program);
    case "stop":
      return [order(COMMAND_STOP)];
    case "start":
      return [order(COMMAND_START)];
    case "refill":
      return [order(COMMAND_REFILL)];
    case "tap":
    case "top_up":
    case "port_injection":
    case "port_aspiration":
    case "inject":
    case "convert":
    case "set":
      return [];
    case "set_clock":
      return [order(COMMAND_SET_CLOCK, words(action.wallMinute))];
    case "acknowledge":
      return [order(COMMAND_ACKNOWLEDGE, Uint8Array.of(action.alarm))];
    case "interrogate":
      return [order(COMMAND_INTERROGATE)];
    case "self_test":
      return [order(COMMAND_SELF_TEST)];
    case "implant":
      return [implant(catheter, action.purged)];
    case "explant": {
      const rings = [LOG_EVENTS, LOG_FAULTS].map((ring) => order(COMMAND_READ_LOG, Uint8Array.of(ring)));
      return [order(COMMAND_STOP), ...rings, order(COMMAND_EXPLANT)];
    }
  }
}

/** The payload of REFILL, at which the needle took `aspirated_nl` out. */
export function refillPayload({ aspirate_nl, fill_nl, accept }: Refill, aspirated_nl: number): Uint8Array {
  return encodeRefill(aspirate_nl === null, pulsesIn(aspirated_nl), pulsesIn(fill_nl), accept);
}

/** The beginnings of all items and the ends of all faults, by tick; at the same tick the ends come first. */
function pointsOf(scenario: Scenario, firstEntry: number): Point[] {
  const { timeline } = scenario;
  const points: Point[] = [{ tick: commissionTick(scenario), item: 0, what: "begin" }];
  if (isConnectedLater(scenario)) points.push({ tick: COMMISSION_TICK, item: PREPARATION, what: "begin" });
  timeline.forEach((entry, i) => {
    points.push({ tick: entry.at_ticks, item: firstEntry + i, what: "begin" });
    if ("fault" in entry && entry.fault.for_ticks !== null) {
      points.push({ tick: entry.at_ticks + entry.fault.for_ticks, item: firstEntry + i, what: "end" });
    }
  });
  const rank = (point: Point) => (point.what === "end" ? 0 : 1);
  return points.sort((a, b) => a.tick - b.tick || rank(a) - rank(b) || a.item - b.item);
}

function pulsesIn(volume_nl: number): number {
  return Math.floor(volume_nl / PULSE_NL);
}

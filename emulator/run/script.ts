// The script of a scenario, which is computed before the run. It has each action as the commands that carry it out, and
// every moment at which an action or a fault begins or a fault ends. It is a setting and not state, so it is frozen.

import {
  COMMAND_ACKNOWLEDGE,
  COMMAND_BRIDGE,
  COMMAND_CLINICIAN_BOLUS,
  COMMAND_EXPLANT,
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
import { PULSE_NL } from "../../hal/units";
import { type Catheter, commissioning, implant, order, type Order, programming } from "../programmer/orders";
import type { Action, Consent, Scenario, TimelineEntry } from "../scenario/scenario";
import { type Needle, needleOf } from "./needle";
import { digestOf, encodeBridge, encodePrime, encodeProgram, encodeRefill, words } from "../telemetry/messages";

type Refill = Extract<Action, { do: "refill" }>;

/** One entry of the timeline: the person who acts and the commands, or the fault. Item 0 is the commissioning. */
export interface Item {
  clinician: boolean;
  /** The payloads of COMMIT, READ_LOG and REFILL depend on the run, so `People` makes them when it sends the command. */
  orders: Order[];
  needle: Needle | null;
  fault: { name: string; parameter: number; field: string | null } | null;
  /** The digest and the confirmations that a COMMIT of this item carries. */
  digest: number;
  consent: Consent;
}

export interface Point {
  tick: number;
  item: number;
  what: "begin" | "end";
}

export interface Script {
  items: readonly Item[];
  points: readonly Point[];
}

/** A tenth of a second after power-up, when the reference controller has finished its self-test. */
const COMMISSION_TICK = 10;
const MM_PER_CM = 10;
const NO_CONSENT: Consent = { confirm: 0, reason: REASON_NONE };
const NOTHING = { orders: [], needle: null, fault: null, digest: 0, consent: NO_CONSENT };

export function scriptOf(scenario: Scenario): Readonly<Script> {
  const items = [commissioningOf(scenario), ...scenario.timeline.map((entry) => itemOf(entry, scenario.pump))];
  return Object.freeze({ items: Object.freeze(items), points: Object.freeze(pointsOf(scenario.timeline)) });
}

/** The commissioning at the start, unless the scenario has none. A pump on the shelf gets no catheter and no program. */
function commissioningOf({ start, pump, commission, program, consent = NO_CONSENT }: Scenario): Item {
  if (commission === "none") return { ...NOTHING, clinician: true };
  const isShelved = pump.life === "shelf";
  const prepared = commissioning({
    wallMinute: start.minute,
    catheter: isShelved ? null : catheterOf(pump),
    filled: pulsesIn(pump.fill_nl),
    handset: true,
  });
  const orders = isShelved ? prepared : [...prepared, ...programming(program)];
  return { clinician: true, orders, needle: null, fault: null, digest: digestOf(encodeProgram(program)), consent };
}

function itemOf(entry: TimelineEntry, pump: Scenario["pump"]): Item {
  if ("fault" in entry) {
    const { fault, parameter, field } = entry.fault;
    return { ...NOTHING, clinician: false, fault: { name: fault, parameter, field } };
  }
  const { action } = entry;
  const needle = needleOf(action);
  const clinician = action.do !== "patient_bolus";
  const item = { ...NOTHING, clinician, needle, orders: ordersOf(action, catheterOf(pump)) };
  if (action.do !== "program") return item;
  return { ...item, digest: digestOf(encodeProgram(action.program)), consent: action.consent ?? NO_CONSENT };
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

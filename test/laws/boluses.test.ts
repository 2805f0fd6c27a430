// The law of boluses over generated days of healthy pumps in every mode: what was granted is given, whole and in its time,
// unless somebody or an alarm ended it in so many words; and what was denied gave nothing (THR-6, THR-5, THR-7).

import * as fc from "fast-check";
import { expect, test } from "vitest";
import { arbitraries } from "../../emulator/campaign/arbitraries";
import { referenceController } from "../../emulator/machine/controller-host";
import type { RunEvent } from "../../emulator/run/report";
import { ScenarioRun } from "../../emulator/run/run";
import type { Scenario, TimelineEntry } from "../../emulator/scenario/scenario";
import { PULSE_FLIGHT_TICKS } from "../../hal/motor";
import {
  CAUSE_BRIDGE,
  CAUSE_CLINICIAN_BOLUS,
  CAUSE_PATIENT_BOLUS,
  CAUSE_PRIME,
  CAUSES,
  CHANNEL_CAUSE,
} from "../../hal/trace";
import { PULSE_NL } from "../../hal/units";
import { runs } from "../effort";

/** A pulse's proof, and those of basal and bolus that wait for one another at 900 ms. */
const LATE = 20 + 2 * 90;

const KINDS = [CAUSE_PATIENT_BOLUS, CAUSE_CLINICIAN_BOLUS, CAUSE_PRIME, CAUSE_BRIDGE];

/** From the moment that somebody means to ask to the answer, behind others who ask. */
const ASKED = 1_000;

interface Ran {
  events: RunEvent[];
  /** When somebody asked for a stop: that of a pump which only primes leaves no word of its own. */
  stops: number[];
  end: number;
  /** By kind, what the rotor gave: a pulse for each step, whatever was in the reservoir. */
  given_nl: Record<string, number>;
  /** Ticks of the steps that a bridge gave. */
  bridged: number[];
}

function asksToStop(entry: TimelineEntry): boolean {
  return "action" in entry && (entry.action.do === "stop" || entry.action.do === "explant");
}

function ran(scenario: Scenario): Ran {
  const run = new ScenarioRun(scenario, { gear: "leap", controller: referenceController, tracks: false });
  const { motor, trace } = run.machine.board;
  const given = new Array<number>(CAUSES).fill(0);
  const bridged: number[] = [];
  let steps = 0;
  run.machine.listener = {
    event: run.event.bind(run),
    reset: run.reset.bind(run),
    ticked: () => {
      const cause = trace.channels[CHANNEL_CAUSE];
      given[cause] += motor.steps - steps;
      if (cause === CAUSE_BRIDGE && motor.steps > steps) bridged.push(run.machine.tick);
      steps = motor.steps;
    },
  };
  run.advance(run.end_ticks);
  const { events, ended } = run.report(0);
  const [patient, clinician, prime, bridge] = KINDS.map((cause) => given[cause] * PULSE_NL);
  const stops = scenario.timeline.flatMap((each) => (asksToStop(each) ? [each.at_ticks] : []));
  return { events, stops, end: ended.tick, given_nl: { patient, clinician, prime, bridge }, bridged };
}

/** Events that end a bolus. They come in the tick in which it closes, or while its last pulse is still in flight. */
const ENDS = ["stopped", "program_accepted", "alarm_raised", "limit_reached"];

/**
 * A program that takes the place of a bridge ends it at once, and a pulse of the bridge that is then in flight is given and not
 * said: so many nL.
 */
function unsaid_nl({ events, bridged }: Ran): number {
  const ends = events.filter(({ name, tick }) => name === "bridge_finished" && isReplaced(events, tick));
  const late = bridged.filter((step) => ends.some(({ tick }) => step > tick && step <= tick + PULSE_FLIGHT_TICKS));
  return late.length * PULSE_NL;
}

function isReplaced(events: readonly RunEvent[], at: number): boolean {
  return events.some(({ name, tick }) => name === "program_accepted" && tick === at);
}

function wrongOf(ran: Ran): string[] {
  const { events, stops, end, given_nl } = ran;
  const wrong: string[] = [];
  const sums: Record<string, number> = { patient: 0, clinician: 0, prime: 0, bridge: unsaid_nl(ran) };
  const number = (event: RunEvent, field: string) => Number((event as unknown as Record<string, unknown>)[field]);
  events.forEach((event, i) => {
    if (event.name === "bridge_finished") sums["bridge"] += number(event, "delivered_nl");
    if (event.name !== "bolus_started") return;
    const kind = String((event as unknown as Record<string, unknown>)["kind"]);
    const [volume_nl, ticks] = [number(event, "volume_nl"), number(event, "duration_s") * 100];
    const close = events.slice(i + 1).find(({ name }) => name === "bolus_finished" || name === "bolus_cancelled");
    const text = `${kind} of ${event.tick}`;
    if (!close) {
      if (end - event.tick > ticks + ticks / (volume_nl / 250) + LATE) wrong.push(`${text} never ends`);
      delete sums[kind];
      return;
    }
    if (kind in sums) sums[kind] += number(close, "delivered_nl");
    if (close.name === "bolus_cancelled") {
      const lately = (tick: number, most: number) => tick <= close.tick && tick >= close.tick - most;
      const reason =
        events.some(({ name, tick }) => ENDS.includes(name) && lately(tick, 60)) ||
        stops.some((tick) => lately(tick, ASKED));
      if (!reason) wrong.push(`${text} cancelled at ${close.tick} without a reason`);
      return;
    }
    if (number(close, "delivered_nl") !== volume_nl) wrong.push(`${text} gave ${number(close, "delivered_nl")} nL`);
    const late = close.tick - event.tick - ticks - ticks / (volume_nl / 250);
    if (late > LATE) wrong.push(`${text} ends ${late} ticks late`);
    if (close.tick - event.tick < ticks - ticks / (volume_nl / 250)) wrong.push(`${text} ends early`);
  });
  const isOpen = events.filter(({ name }) => name === "bridge_started").length;
  if (isOpen !== events.filter(({ name }) => name === "bridge_finished").length) delete sums["bridge"];
  for (const [kind, sum] of Object.entries(sums)) {
    if (Math.abs(sum - given_nl[kind]) > 1) wrong.push(`${kind}: ${sum} nL said, ${given_nl[kind]} nL given`);
  }
  return wrong;
}

test("THR-6, THR-7: a granted bolus or prime is given whole and in its time, with no other volume under its cause", () => {
  const tally = { finished: 0, bridges: 0 };
  fc.assert(
    fc.property(arbitraries.scenario({ faults: false, hours: 12 }), (scenario) => {
      const run = ran(scenario);
      expect(wrongOf(run)).toEqual([]);
      tally.finished += run.events.filter(({ name }) => name === "bolus_finished").length;
      tally.bridges += run.events.filter(({ name }) => name === "bridge_finished").length;
    }),
    { numRuns: runs(150) },
  );
  // Twice and four times as many are usual.
  expect(tally.finished).toBeGreaterThan(runs(40));
  expect(tally.bridges).toBeGreaterThan(0);
});

// The share of people who would have passed the same trial with a placebo (TRI-2): sampled people with the patient's complaint, oral
// medication and habits live through baseline and trial, are treated at the same moments, and get no drug. The share says what a
// success means: scores scatter, expectation helps for a while, and the rule has only these few reports to go by.

import { TICKS_PER_MINUTE } from "../../hal/units";
import { RandomStream } from "../random";
import type { Scenario } from "../scenario/scenario";
import { makePatient } from "../world/patient/setup";
import { entryTick, PASSED, TrialBook } from "./care";

/** So many people: the share is then known to about five in a hundred. */
export const PLACEBO_PEOPLE = 100;

/** The people one by one, each of whom takes about ten milliseconds. */
export class PlaceboShare {
  private readonly scenario: Scenario;
  private readonly chance: RandomStream;
  private readonly most: number;
  private people = 0;
  private passed = 0;

  constructor(scenario: Scenario, seed: number, people = PLACEBO_PEOPLE) {
    this.most = people;
    this.scenario = scenario;
    this.chance = new RandomStream(seed, "placebo");
  }

  /** One more person. False when all have lived. Throws RangeError on a scenario without a patient or without a trial. */
  next(): boolean {
    if (this.people === this.most) return false;
    if (passesUntreated(this.scenario, this.chance.bits())) this.passed++;
    this.people++;
    return true;
  }

  /** How many of all people pass; those who have not lived yet do so now. */
  whole(): number {
    while (this.next());
    return this.passed;
  }
}

function passesUntreated({ patient: setup, trial, timeline, start }: Scenario, seed: number): boolean {
  if (!setup || !trial) throw new RangeError("expected a scenario with a patient and a trial");
  const patient = makePatient({ ...setup, draw: "sampled" }, seed);
  const book = new TrialBook(trial);
  const end = trial.baseline_ticks + trial.for_ticks;
  const injections = timeline.flatMap((entry) =>
    "action" in entry && entry.action.do === "inject" && entry.at_ticks <= end ? [entry.at_ticks] : [],
  );
  const treatments = trial.kind === "infusion" ? [trial.baseline_ticks, ...injections] : injections;
  let next = entryTick(start, 0);
  for (let tick = 0; tick <= end; tick += TICKS_PER_MINUTE) {
    if (tick > 0) patient.step();
    // Of each minute first what is written in it, then what is done in it: the entries are on the hour.
    for (; next < tick + TICKS_PER_MINUTE && next <= end; next = entryTick(start, next)) {
      book.enter(next, trial.score === "pain" ? patient.habits.report : patient.effects.ashworth);
    }
    for (const at of treatments) {
      if (at < tick || at >= tick + TICKS_PER_MINUTE) continue;
      patient.inject(-1, 0, 0);
      book.inject(tick);
    }
  }
  return book.decide().verdict === PASSED;
}

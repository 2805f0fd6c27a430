// The child's side of a campaign: it carries out one unit after the other, with the reference controller or with a guest. A guest that
// hangs fails the case, and the child goes on. What it did beside its calls goes with the answer, because the
// process may be of no more use: the command then starts another child.

import { BENCH_PUMP, fieldsOf } from "../campaign/fields";
import type { Place } from "../campaign/place";
import type { Unit } from "../campaign/unit";
import { workOn } from "../campaign/work";
import type { ControllerFactory } from "../machine/controller-host";
import { Machine } from "../machine/machine";
import { chosenReference } from "../machine/module";
import { scenarioOf } from "../scenario/load";
import type { Guest } from "./guest";
import { textOfError, type FromChild, type ToChild, type UnitAnswer } from "./messages";
import { refuseLostState } from "./run-child";
import { guarded, within } from "./time-budget";
import { firstDeed } from "./watched-controller";

/** A scenario in which a module shows whether a snapshot holds its state. */
const TRIAL = {
  duration: "1 min",
  drugs: [{ name: "saline", concentration: "10 mg/mL" }],
  prescription: { basal: { mode: "continuous", rate: "1 mL/day" } },
};

export class CampaignChild {
  private readonly controller: ControllerFactory;
  private readonly guest: Guest | null;
  private readonly notify: (message: FromChild) => void;
  private readonly place: Place;

  private constructor(controller: ControllerFactory, guest: Guest | null, notify: (message: FromChild) => void) {
    this.controller = controller;
    this.guest = guest;
    this.notify = notify;
    this.place =
      guest === null
        ? { guarded: (_, piece) => (piece(), null) }
        : {
            guarded,
            isSpent: () => firstDeed() !== null,
            onCase: (index, file) => notify({ news: { began: { index, file } } }),
          };
    notify({ answer: { result: null }, at: null, report: null, changes: [] });
  }

  static here(notify: (message: FromChild) => void): CampaignChild {
    return new CampaignChild(chosenReference(), null, notify);
  }

  /** Loads the controller. Throws ControllerFault and LateError. */
  static async open(guest: Guest, notify: (message: FromChild) => void): Promise<CampaignChild> {
    const controller = await guest.load();
    const setup = { scenario: scenarioOf(TRIAL, "trial"), gear: "leap", tracks: false, from: null } as const;
    refuseLostState(setup, controller, guest);
    const machine = within(() => new Machine(BENCH_PUMP, controller, null));
    within(() => fieldsOf(controller));
    guest.admit(machine.script);
    return new CampaignChild(controller, guest, notify);
  }

  hear(message: ToChild): void {
    if ("call" in message) void this.reply(...(message.given as [Unit, number?]));
  }

  private async reply(unit: Unit, left_ms = Infinity): Promise<void> {
    const place = { ...this.place, until_ms: performance.now() + left_ms };
    let answer: { result: UnitAnswer } | { error: ReturnType<typeof textOfError> };
    try {
      const result = workOn(unit, this.controller, place);
      answer = { result: { result, deeds: await this.deeds() } };
    } catch (error) {
      answer = { error: textOfError(error) };
    }
    this.notify({ answer, at: null, report: null, changes: [] });
  }

  private async deeds(): Promise<string[]> {
    const { guest } = this;
    if (guest === null) return [];
    const beside = await guest.deedSince(0, 0);
    return [...(beside === null ? [] : [beside]), ...guest.changedUpTo(0)].map(({ text }) =>
      text.replace(/ in (the ticks|tick) [\d to]+/, ""),
    );
  }
}

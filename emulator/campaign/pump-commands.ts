// Commands for fast-check's model runs. They drive one pump step by step through its link and check every invariant after
// each command. They are for tests that mix in commands of their own; a check with whole scenarios is quicker
// (`checkController`).

import * as fc from "fast-check";
import {
  COMMAND_EXPLANT,
  COMMAND_REFILL,
  COMMAND_STOP,
  LOG_EVENTS,
  LOG_FAULTS,
  OUTCOME_ACCEPTED,
} from "../../hal/telemetry";
import { digestOf, encodeProgram } from "../telemetry/messages";
import { CATHETER, Programmer } from "../programmer/direct";
import type { Confirmation } from "../programmer/orders";
import type { ControllerFactory } from "../machine/controller-host";
import { chosenReference } from "../machine/module";
import { HarmWatch, listenerOf, type SavedHarms } from "../run/harms";
import { InvariantWatch, type SavedWatch } from "../run/invariants";
import { useNeedle } from "../run/needle";
import { ordersOf, refillPayload } from "../run/script";
import { secondsOf } from "../time";
import { Machine, type MachineSetup, type Snapshot } from "../machine/machine";
import type { Program } from "../telemetry/program";
import type { Action } from "../scenario/scenario";
import { arbitraries } from "./arbitraries";

/** The model of the pump: whether it has accepted a program. */
export interface PumpModel {
  programmed: boolean;
}

/** A machine whose snapshots carry what its watches had seen, so that a test may go back and on from there. */
class WatchedMachine extends Machine {
  watches: { invariants: InvariantWatch; harms: HarmWatch } | null = null;

  override snapshot(): Snapshot {
    const snapshot = super.snapshot();
    const { watches } = this;
    if (watches) SEEN.set(snapshot, { invariants: watches.invariants.save(), harms: watches.harms.save() });
    return snapshot;
  }

  override restore(snapshot: Snapshot): void {
    super.restore(snapshot);
    const seen = SEEN.get(snapshot);
    if (!seen || !this.watches) return;
    this.watches.invariants.restore(seen.invariants);
    this.watches.harms.restore(seen.harms);
  }
}

const SEEN = new WeakMap<Snapshot, { invariants: SavedWatch; harms: SavedHarms }>();

/** A machine with a programmer at its link and watches over its invariants and harms. */
export class PumpUnderTest {
  readonly machine: Machine;
  readonly programmer: Programmer;
  readonly watch: InvariantWatch;
  readonly harms: HarmWatch;
  private confirmation: { confirm: number; reason: number } | null = null;

  constructor(setup: MachineSetup, controller: ControllerFactory = chosenReference()) {
    const machine = new WatchedMachine(setup, controller);
    this.machine = machine;
    this.programmer = new Programmer(this.machine);
    // The programmer confirms at once, and nobody else knows what it confirms while it commits.
    const orders = { isAsking: () => true, confirmed: () => this.confirmation };
    const isTrial = setup.pump.model === "external-trial";
    const pump = { startSecond: setup.start.second, isTrial };
    this.watch = new InvariantWatch(machine, pump, orders);
    this.harms = new HarmWatch(machine, this.watch, pump);
    machine.watches = { invariants: this.watch, harms: this.harms };
    this.machine.listener = listenerOf(this.watch, this.harms);
  }

  /** Stages and commits a program, and adds it to those that the watch knows. Returns the outcome of the commit. */
  program(program: Program, confirmation: Confirmation = {}): number | null {
    const digest = digestOf(encodeProgram(program));
    this.watch.addProgram(digest, program);
    this.confirmation = { confirm: confirmation.confirm ?? 0, reason: confirmation.reason ?? 0 };
    const outcome = this.programmer.program(program, confirmation);
    this.confirmation = null;
    if (outcome === OUTCOME_ACCEPTED) this.watch.accepted(digest, this.machine.tick);
    return outcome;
  }

  /** Throws when an invariant has broken. */
  assertInvariants(): void {
    const broken = this.watch.rows().find((row) => row.brokenAt !== null);
    if (broken) throw new Error(`${broken.id} broke at ${secondsOf(broken.brokenAt ?? 0)} s`);
  }
}

type PumpCommand = fc.Command<PumpModel, PumpUnderTest>;

function command(
  text: string,
  act: (pump: PumpUnderTest, model: PumpModel) => void,
  check: (model: PumpModel) => boolean = () => true,
): PumpCommand {
  return {
    check,
    run: (model, pump) => {
      act(pump, model);
      pump.assertInvariants();
    },
    toString: () => text,
  };
}

/** The action of a person as a command. */
function commandOf(action: Action): PumpCommand {
  const text = JSON.stringify(action);
  switch (action.do) {
    case "program":
      return command(text, (pump, model) => {
        const { confirm = 0, reason = 0 } = action.consent ?? {};
        if (pump.program(action.program, { confirm, reason }) === OUTCOME_ACCEPTED) model.programmed = true;
      });
    case "refill":
      return command(text, (pump) => refill(pump, action));
    case "tap":
    case "top_up":
    case "port_injection":
    case "port_aspiration":
      return command(text, (pump) => void useNeedle(action, pump.machine));
    case "explant":
      return command(text, explant);
    default: {
      const orders = ordersOf(action, CATHETER);
      const ask = ({ programmer }: PumpUnderTest) =>
        orders.forEach(({ kind, payload }) => programmer.ask(kind, payload));
      return command(text, ask, (model) => model.programmed);
    }
  }
}

/** The needle empties and fills the reservoir, and the programmer reports the refill to the pump. */
function refill(pump: PumpUnderTest, action: Extract<Action, { do: "refill" }>): void {
  const aspirated_nl = useNeedle({ ...action, drugs: null }, pump.machine);
  pump.programmer.ask(COMMAND_REFILL, refillPayload(action, aspirated_nl));
}

function explant({ programmer }: PumpUnderTest): void {
  programmer.ask(COMMAND_STOP);
  for (const ring of [LOG_EVENTS, LOG_FAULTS]) programmer.readLog(ring);
  programmer.ask(COMMAND_EXPLANT);
}

/** Generators of the commands, for `fc.commands(pumpCommands())`. `fields` are those of the memory in which bits may flip. */
export function pumpCommands(fields: readonly string[] = []): fc.Arbitrary<PumpCommand>[] {
  const act = arbitraries.action.map(commandOf);
  const wait = fc
    .integer({ min: 1, max: 2_000_000 })
    .map((ticks) => command(`wait(${ticks})`, (pump) => pump.machine.leap(ticks)));
  const mishap = arbitraries.faultWith(fields).map((fault) =>
    command(`fault(${fault.fault}, ${fault.parameter}, ${fault.for_ticks}, ${fault.field})`, (pump) => {
      pump.machine.inject(fault.fault, fault.parameter, fault.field);
      if (fault.for_ticks === null) return;
      pump.machine.leap(fault.for_ticks);
      pump.machine.release(fault.fault);
    }),
  );
  // Actions of people are drawn twice as often as a wait or a fault.
  return [act, act, wait, mishap];
}

// Commands for fast-check's model runs: a pump in the hand, driven step by step through its link, with every invariant
// watched after each. For those who want to mix their own commands in; whole scenarios are quicker (`checkController`).

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
import { referenceController, type ControllerFactory } from "../machine/controller-host";
import { InvariantWatch } from "../run/invariants";
import { ordersOf, refillPayload } from "../run/script";
import { secondsOf } from "../time";
import { Machine, type MachineSetup } from "../machine/machine";
import type { Program } from "../telemetry/program";
import type { Action } from "../scenario/scenario";
import { arbitraries } from "./arbitraries";

/** What the model knows of the pump: whether it should be delivering. */
export interface PumpModel {
  programmed: boolean;
}

/** A machine, its programmer, and the watch over its invariants. */
export class PumpUnderTest {
  readonly machine: Machine;
  readonly programmer: Programmer;
  readonly watch: InvariantWatch;

  constructor(setup: MachineSetup, controller: ControllerFactory = referenceController) {
    this.machine = new Machine(setup, controller);
    this.programmer = new Programmer(this.machine);
    this.watch = new InvariantWatch(this.machine);
    this.machine.listener = {
      event: (code, a, b) => this.watch.event(code, a, b),
      reset: () => this.watch.reset(),
      ticked: () => this.watch.ticked(),
    };
  }

  /** Stages and commits a program, and lets the watch know it; the outcome of the commit. */
  program(program: Program, confirmation: Confirmation = {}): number | null {
    const digest = digestOf(encodeProgram(program));
    this.watch.know(digest, program);
    const outcome = this.programmer.program(program, confirmation);
    if (outcome === OUTCOME_ACCEPTED) this.watch.accepted(digest);
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

/** What a person does, as a command; a program is committed at once and again with what its clinician confirms. */
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

/** The needle, and what the pump is told of it. */
function refill(pump: PumpUnderTest, action: Extract<Action, { do: "refill" }>): void {
  const aspirated_nl = pump.machine.refill(action.aspirate_nl, action.fill_nl, null);
  pump.programmer.ask(COMMAND_REFILL, refillPayload(action, aspirated_nl));
}

function explant({ programmer }: PumpUnderTest): void {
  programmer.ask(COMMAND_STOP);
  for (const ring of [LOG_EVENTS, LOG_FAULTS]) programmer.readLog(ring);
  programmer.ask(COMMAND_EXPLANT);
}

/** Generators of the commands; for `fc.commands(pumpCommands())`. `fields`: of the memory, for bits that flip in it. */
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
  // People act twice as often as time passes or something breaks.
  return [act, act, wait, mishap];
}

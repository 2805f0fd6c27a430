// Commands for fast-check's model runs: a pump in the hand, driven step by step through its link, with every invariant
// watched after each. For those who want to mix their own commands in; whole scenarios are quicker (`checkController`).

import * as fc from "fast-check";
import {
  COMMAND_CLINICIAN_BOLUS,
  COMMAND_PATIENT_BOLUS,
  COMMAND_START,
  COMMAND_STOP,
  OUTCOME_ACCEPTED,
} from "../../hal/telemetry";
import { digestOf, encodeProgram, words } from "../link/messages";
import { Programmer } from "../link/programmer";
import { referenceController, type ControllerFactory } from "../machine/controller-host";
import { InvariantWatch } from "../machine/invariants";
import { Machine, type MachineSetup } from "../machine/machine";
import type { Program } from "../machine/program";
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
  program(program: Program): number | null {
    const digest = digestOf(encodeProgram(program));
    this.watch.know(digest, program);
    const outcome = this.programmer.program(program);
    if (outcome === OUTCOME_ACCEPTED) this.watch.accepted(digest);
    return outcome;
  }

  /** Throws when an invariant has broken. */
  assertInvariants(): void {
    const broken = this.watch.rows().find((row) => row.brokenAt !== null);
    if (broken) throw new Error(`${broken.id} broke at ${(broken.brokenAt ?? 0) / 100} s`);
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

const ask = (text: string, kind: number, payload?: Uint8Array) =>
  command(
    text,
    (pump) => void pump.programmer.ask(kind, payload),
    (model) => model.programmed,
  );

/** Generators of the commands; for `fc.commands(pumpCommands())`. */
export function pumpCommands(): fc.Arbitrary<PumpCommand>[] {
  return [
    arbitraries.program.map((program) =>
      command(`program(${JSON.stringify(program)})`, (pump, model) => {
        if (pump.program(program) === OUTCOME_ACCEPTED) model.programmed = true;
      }),
    ),
    fc
      .integer({ min: 1, max: 2_000_000 })
      .map((ticks) => command(`wait(${ticks})`, (pump) => pump.machine.leap(ticks))),
    fc.constant(ask("patientBolus", COMMAND_PATIENT_BOLUS)),
    fc
      .record({ pulses: fc.integer({ min: 1, max: 400 }), seconds: fc.integer({ min: 1, max: 1_800 }) })
      .map(({ pulses, seconds }) =>
        ask(`clinicianBolus(${pulses}, ${seconds})`, COMMAND_CLINICIAN_BOLUS, words(pulses, seconds)),
      ),
    fc.constant(ask("stop", COMMAND_STOP)),
    fc.constant(ask("start", COMMAND_START)),
    arbitraries.fault.map((fault) =>
      command(`fault(${fault.fault}, ${fault.parameter}, ${fault.for_ticks})`, (pump) => {
        pump.machine.inject(fault.fault, fault.parameter);
        if (fault.for_ticks === null) return;
        pump.machine.leap(fault.for_ticks);
        pump.machine.release(fault.fault);
      }),
    ),
  ];
}

// The zoo: controllers that are wrong on purpose, by which a search for faults is judged (PRP-5). Each is the reference controller with
// one fault, of a kind that a report of the field or a row of docs/hazards.md names. Three more are right: two that do things in
// another way, and one that can do little.

import { PumpController } from "../../firmware/controller";
import { CHANGED_THERAPY } from "../../firmware/changes";
import { LOOK_FITS } from "../../firmware/look-ahead";
import { ALARM_EMPTY_RESERVOIR, ALARM_MOTOR_STALL } from "../../hal/alarms";
import type { Hal } from "../../hal/hal";
import {
  COMMAND_BRIDGE,
  COMMAND_CLINICIAN_BOLUS,
  COMMAND_PRIME,
  COMMAND_SELF_TEST,
  OUTCOME_ACCEPTED,
  OUTCOME_MALFORMED,
} from "../../hal/telemetry";
import { CAUSE_CLINICIAN_BOLUS, CAUSE_PRIME } from "../../hal/trace";
import { RATE_MINIMUM, TICKS_PER_MINUTE } from "../../hal/units";
import { patch } from "./patch";

export interface ZooRow {
  name: string;
  /** The id of its hazard in docs/hazards.json; null for a controller that is right. */
  hazard: string | null;
  /** The fault, or for a controller that is right its manner, as a sentence without its full stop. */
  title: string;
  change(controller: PumpController): void;
}

export const ZOO: readonly ZooRow[] = [
  // ---- too much drug
  {
    name: "limits-never-looked-at",
    hazard: "HID 1.1",
    title: "no pulse is withheld, however full a dose window is",
    change: ({ limiter }) => {
      patch(limiter, "allows", () => () => true);
      patch(limiter, "continueLook", () => () => LOOK_FITS);
    },
  },
  {
    name: "short-windows",
    hazard: "HID 1.1",
    title: "a dose window is a quarter shorter than its program says",
    change: ({ limiter: { ring } }) =>
      patch(ring, "setWindow", (old) => (i: number, minutes: number) => old(i, minutes - (minutes >> 2))),
  },
  {
    name: "no-look-ahead",
    hazard: "HID 1.2",
    title: "a bolus is granted though a dose window will be full before it ends",
    change: ({ limiter }) => patch(limiter, "continueLook", () => () => LOOK_FITS),
  },
  {
    name: "wide-own-limit",
    hazard: "HID 1.1",
    title: "the limit of a day that the pump sets itself is twice what its program gives",
    change: ({ program }) =>
      patch(program, "adopt", (old) => (bytes: Uint8Array) => {
        old(bytes);
        if (program.selfLimited.isSet()) program.limitPulses.set(1, program.limitPulses.get(1) * 2);
      }),
  },
  {
    name: "no-drug-limits",
    hazard: "R12",
    title: "a program is not compared with the limits of its drug",
    change: ({ commands }) => patch(commands.draft.program, "checkDoses", () => () => OUTCOME_ACCEPTED),
  },
  {
    name: "no-lockout",
    hazard: "HID 1.2",
    title: "the time between two boluses of the patient is not looked at",
    change: ({ therapy: { patientBolus } }) => patch(patientBolus, "isLockedOut", () => () => false),
  },
  {
    name: "lockout-a-minute-short",
    hazard: "HID 1.2",
    title: "the lockout ends a minute early",
    change: ({ therapy: { patientBolus } }) =>
      patch(patientBolus, "isLockedOut", () => () => {
        const waited = patientBolus.clock.now.get() - patientBolus.lastStart.get() + TICKS_PER_MINUTE;
        return patientBolus.hasStarted.isSet() && patientBolus.program.lockoutTicks.get() > waited;
      }),
  },
  {
    name: "lockout-lost-in-a-restart",
    hazard: "HID 4.10",
    title: "a restart ends the lockout",
    change: ({ therapy: { patientBolus }, store }) =>
      patch(store, "boot", (old) => () => {
        old();
        patientBolus.hasStarted.setFlag(false);
      }),
  },
  {
    name: "lockout-by-the-clock-on-the-wall",
    hazard: "R19",
    title: "a clock that is set forward opens the lockout",
    change: ({ therapy }) =>
      patch(therapy, "clockSet", (old) => (minutes: number) => {
        old(minutes);
        if (minutes > 0) therapy.patientBolus.hasStarted.setFlag(false);
      }),
  },
  {
    name: "no-cap-of-a-day",
    hazard: "HID 1.2",
    title: "the boluses of a day are not counted",
    change: ({ therapy: { patientBolus } }) => patch(patientBolus, "isCapped", () => () => false),
  },
  {
    name: "cap-by-the-day-of-the-calendar",
    hazard: "HID 1.2",
    title: "the boluses of a day count from midnight, and not over any day",
    change: ({ therapy: { patientBolus }, clock }) =>
      patch(patientBolus, "minute", (old) => () => {
        old();
        if (clock.wall.get() % 1440 === 0) patientBolus.startsCount.set(0);
      }),
  },
  {
    name: "bolus-while-stopped",
    hazard: "HID 1.2",
    title: "a bolus is granted by a pump that is stopped, empty or in a critical alarm",
    change: ({ therapy }) => patch(therapy, "checkState", () => () => OUTCOME_ACCEPTED),
  },
  {
    name: "stop-of-the-books-alone",
    hazard: "HID 5.10",
    title: "after a stop the rotor goes on",
    change: ({ therapy }) =>
      patch(therapy, "tick", (old) => (selfTest: boolean, minuteEdge: boolean) => {
        old(selfTest, minuteEdge);
        const { motor, clock } = therapy.core;
        const stands = !therapy.running.isSet() && therapy.hasRun.isSet() && !selfTest;
        if (stands && motor.isReady(clock.now.get())) motor.pulse(clock.now.get());
      }),
  },
  {
    name: "catches-up-after-a-stall",
    hazard: "R14",
    title: "all pulses that a stall held back are given when it ends",
    change: ({ therapy }) => patch(therapy, "cancelOwed", () => () => undefined),
  },
  {
    name: "pulses-too-close",
    hazard: "HID 6.6",
    title: "a pulse begins as soon as the one before has its proof",
    change: ({ motor }) => patch(motor, "isReady", () => () => !motor.inFlight.isSet() && !motor.broken.isSet()),
  },
  {
    name: "prime-twice",
    hazard: "R2",
    title: "a prime is twice the ordered volume",
    change: ({ therapy: { bolus } }) =>
      patch(
        bolus,
        "start",
        (old) => (cause: number, pulses: number, ticks: number) =>
          cause === CAUSE_PRIME ? old(cause, pulses * 2, ticks * 2) : old(cause, pulses, ticks),
      ),
  },
  {
    name: "bolus-of-a-clinician-uncounted",
    hazard: "HID 1.2",
    title: "the dose windows do not count a clinician's bolus",
    change: ({ limiter, therapy }) =>
      patch(
        limiter,
        "tick",
        (old) => (pulses: number, minuteEdge: boolean) =>
          old(therapy.cause.get() === CAUSE_CLINICIAN_BOLUS ? 0 : pulses, minuteEdge),
      ),
  },
  {
    name: "no-bridge",
    hazard: "R13",
    title: "another concentration is taken without a bridge and without a waiver",
    change: ({ therapy }) => {
      patch(therapy, "canBridgeTo", () => () => true);
      patch(therapy, "bridgeToProgram", () => () => undefined);
    },
  },
  {
    name: "windows-forgotten-in-a-restart",
    hazard: "HID 4.10",
    title: "after a restart the dose windows are empty",
    change: ({ limiter: { ring } }) => patch(ring, "bootAt", () => () => emptyWindows(ring)),
  },
  {
    name: "windows-forgotten-with-the-clock",
    hazard: "R19",
    title: "when the clock is set the dose windows are emptied",
    change: ({ therapy, limiter: { ring } }) =>
      patch(therapy, "clockSet", (old) => (minutes: number) => {
        old(minutes);
        emptyWindows(ring);
      }),
  },
  {
    name: "windows-forgotten-at-a-refill",
    hazard: "R7",
    title: "at a refill the dose windows are emptied",
    change: ({ reservoir, limiter: { ring } }) =>
      patch(reservoir, "refill", (old) => (flags: number, aspirated: number, filled: number) => {
        emptyWindows(ring);
        return old(flags, aspirated, filled);
      }),
  },
  {
    name: "bolus-outlives-a-stop",
    hazard: "HID 5.10",
    title: "a stop does not end the bolus under way",
    change: ({ therapy }) =>
      patch(therapy, "stop", (old) => (byAlarm: boolean) => {
        const { bolus } = therapy;
        const cancel = Object.getOwnPropertyDescriptor(bolus, "cancel");
        Object.defineProperty(bolus, "cancel", { value: () => undefined, configurable: true, enumerable: false });
        old(byAlarm);
        if (cancel) Object.defineProperty(bolus, "cancel", cancel);
        else delete (bolus as Partial<typeof bolus>).cancel;
      }),
  },
  // ---- too little drug, or none
  {
    name: "empty-without-an-alarm",
    hazard: "HID 1.8",
    title: "an empty reservoir raises no alarm",
    change: ({ alarms }) =>
      patch(alarms, "raise", (old) => (alarm: number) => (alarm === ALARM_EMPTY_RESERVOIR ? undefined : old(alarm))),
  },
  {
    name: "level-never-read",
    hazard: "R10",
    title: "the level sensor is not looked at, and the reservoir has what the books say",
    change: ({ reservoir }) => patch(reservoir, "read", () => () => undefined),
  },
  {
    name: "rate-change-forgets",
    hazard: "HID 1.10",
    title: "a change of the rate throws away what has gathered of the next pulse",
    change: ({ therapy: { basal } }) =>
      patch(basal, "setRate", (old) => (rate: number) => {
        if (basal.rate.get() !== rate) basal.accumulator.set(0);
        old(rate);
      }),
  },
  {
    name: "stall-without-an-alarm",
    hazard: "R4",
    title: "a motor that stands raises no alarm",
    change: ({ alarms }) =>
      patch(alarms, "raise", (old) => (alarm: number) => (alarm === ALARM_MOTOR_STALL ? undefined : old(alarm))),
  },
  {
    name: "proof-taken-for-granted",
    hazard: "HID 6.6",
    title: "a pulse without a stroke counts as given",
    change: ({ motor }) => patch(motor, "miss", () => () => (motor as unknown as { prove(): void }).prove()),
  },
  {
    name: "estimate-by-orders",
    hazard: "R10",
    title: "the books of the reservoir follow the pulses that were ordered and not those that were seen",
    change: ({ reservoir, motor }) =>
      patch(reservoir, "tick", (old) => (credited: number, edge: boolean) => old(motor.missed ? 1 : credited, edge)),
  },
  {
    name: "backward-step-unseen",
    hazard: "HID 1.14",
    title: "a step backward is taken for none",
    change: ({ motor, hal }) =>
      patch(motor, "sense", (old) => (now: number) => {
        if (hal.motor.motion() < motor.motion.get()) motor.motion.set(hal.motor.motion());
        old(now);
      }),
  },
  {
    name: "minimum-rate-a-third",
    hazard: "HID 1.10",
    title: "the minimum rate is a third of what it should be",
    change: ({ therapy: { basal } }) =>
      patch(basal, "rateUnder", (old) => (supply: number) => {
        const rate = Number(old(supply));
        return rate === RATE_MINIMUM ? RATE_MINIMUM / 3 : rate;
      }),
  },
  {
    name: "rate-rounded",
    hazard: "HID 1.10",
    title: "basal runs at whole uL a day",
    change: ({ therapy: { basal } }) =>
      patch(basal, "rateUnder", (old) => (supply: number) => {
        const rate = Number(old(supply));
        return rate - (rate % 100);
      }),
  },
  {
    name: "schedule-an-hour-late",
    hazard: "HID 4.2",
    title: "the steps of a day come an hour late",
    change: ({ clock }) =>
      patch(clock, "readWall", (old) => () => {
        old();
        clock.wall.add(-60);
      }),
  },
  {
    name: "dose-a-pulse-short",
    hazard: "HID 1.10",
    title: "a dose of periodic mode is a pulse shorter than it says",
    change: ({ program, therapy: { basal } }) =>
      patch(basal, "accrueDose", (old) => (supply: number) => {
        const pulses = program.dosePulses.get();
        if (pulses > 1) program.dosePulses.set(pulses - 1);
        const due = old(supply);
        program.dosePulses.set(pulses);
        return due;
      }),
  },
  {
    name: "bolus-a-pulse-short",
    hazard: "HID 1.10",
    title: "a bolus is a pulse shorter than it says",
    change: ({ therapy: { bolus } }) =>
      patch(bolus.spread, "start", (old) => (pulses: number, ticks: number) => old(Math.max(1, pulses - 1), ticks)),
  },
  {
    name: "bolus-in-half-the-time",
    hazard: "HID 1.10",
    title: "a bolus is given in half of its time",
    change: ({ therapy: { bolus } }) =>
      patch(bolus.spread, "start", (old) => (pulses: number, ticks: number) => old(pulses, (ticks >> 1) + 1)),
  },
  {
    name: "default-rate-after-a-restart",
    hazard: "HID 5.11",
    title: "after a restart the pump runs at its minimum rate and says nothing",
    change: ({ therapy, store }) => {
      let restarted = false;
      patch(store, "boot", (old) => () => {
        old();
        restarted = therapy.running.isSet();
      });
      patch(therapy.basal, "rateUnder", (old) => (supply: number) => (restarted ? RATE_MINIMUM : Number(old(supply))));
    },
  },
  {
    name: "stopped-by-a-restart",
    hazard: "HID 4.10",
    title: "a restart leaves the pump stopped and says nothing",
    change: ({ therapy, store }) =>
      patch(store, "boot", (old) => () => {
        old();
        therapy.running.setFlag(false);
        therapy.hasRun.setFlag(false);
      }),
  },
  // ---- a controller that cannot be trusted
  {
    name: "hangs-after-a-clock-jump",
    hazard: "HID 4.9",
    title: "the loop hangs when the clock jumps",
    change: ({ clock }) =>
      patch(clock, "judge", (old) => (advanced: number) => {
        old(advanced);
        while (advanced > 1) advanced += 1;
      }),
  },
  {
    name: "idle-too-long",
    hazard: "HID 4.4",
    title: "the controller sleeps a tick beyond its next work",
    change: (controller) => patch(controller, "idle", (old) => () => Number(old()) + 1),
  },
  {
    name: "watchdog-not-served",
    hazard: "HID 4.9",
    title: "in a bolus the watchdog is not served",
    change: (controller) =>
      patch(controller, "tick", (old) => () => {
        if (controller.therapy.bolus.isActive()) (controller as unknown as { work(): void }).work();
        else old();
      }),
  },
  {
    name: "beyond-its-memory",
    hazard: "HID 5.1",
    title: "a bolus is noted at an address that the memory does not have",
    change: ({ therapy: { bolus }, hal }) =>
      patch(bolus, "start", (old) => (cause: number, pulses: number, ticks: number) => {
        old(cause, pulses, ticks);
        hal.nvm.write(0x20000, cause);
      }),
  },
  {
    name: "silent-after-a-stop",
    hazard: "R8",
    title: "while it is stopped the pump does not listen",
    change: ({ therapy, telemetry }) =>
      patch(telemetry, "receive", (old) => () => (therapy.isStopped() ? telemetry.ignore() : old())),
  },
  // ---- right
  {
    name: "right-in-small-steps",
    hazard: null,
    title: "it sleeps for a second at most",
    change: (controller) => patch(controller, "idle", (old) => () => Math.min(Number(old()), 100)),
  },
  {
    name: "right-and-talkative",
    hazard: null,
    title: "it looks at all of its causes and publishes in each tick with work",
    change: (controller) =>
      patch(controller, "work", (old) => () => {
        controller.changes.mark(CHANGED_THERAPY);
        old();
      }),
  },
  {
    name: "right-and-minimal",
    hazard: null,
    title: "it knows no clinician's bolus, no prime, no bridge and no self-test on demand",
    change: ({ commands }) =>
      patch(commands, "execute", (old) => (kind: number) => {
        const unknown = [COMMAND_CLINICIAN_BOLUS, COMMAND_PRIME, COMMAND_BRIDGE, COMMAND_SELF_TEST];
        return unknown.includes(kind) ? OUTCOME_MALFORMED : old(kind);
      }),
  },
];

/** Empties every dose window, as if the past were known to be empty. */
function emptyWindows(ring: PumpController["limiter"]["ring"]): void {
  ring.bootLost();
  ring.bootFresh();
  ring.recount();
}

/** Throws Error for a name that is none. */
export function zooRow(name: string): ZooRow {
  const row = ZOO.find((each) => each.name === name);
  if (!row) throw new Error(`the zoo has no ${name}`);
  return row;
}

/** The controller of a row, on the ports of a board. */
export function zooController(name: string, hal: Hal): PumpController {
  const row = zooRow(name);
  const controller = new PumpController(hal);
  row.change(controller);
  return controller;
}

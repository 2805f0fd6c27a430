// The controller restarts in the middle of a patient's bolus: by a brown-out, by its reset line, by the watchdog, at any
// moment of a pulse. The bolus is over and counts; what the firmware's books hold is what the head gave, to the pulse; and
// no restart opens lockout or cap a second early.

import { describe, expect, test } from "vitest";
import { decodeStatus } from "../../emulator/telemetry/messages";
import { ALARM_LOW_BATTERY_RESET } from "../../hal/alarms";
import { COMMAND_ACKNOWLEDGE, COMMAND_INTERROGATE, COMMAND_PATIENT_BOLUS, LOG_EVENTS } from "../../hal/telemetry";
import {
  CAUSE_BASAL,
  CAUSE_PATIENT_BOLUS,
  CHANNEL_CAUSE,
  EVENT_BOLUS_CANCELLED,
  EVENT_BOLUS_STARTED,
} from "../../hal/trace";
import { outcomeName } from "../../emulator/contract/codes";
import { collectPumps, DAY, HOUR, MINUTE, PROGRAM, Pump, SECOND } from "../pump";
import { statesHarms } from "./stated-harms";

collectPumps();

const PULSE_NL = 250;
const FILL_NL = 18_000_000;
const CAUSES = ["brownout", "reset", "hang"];
/** A window that holds all that is given in these tests. */
const DAY_LIMIT = { pulses: 2_000, window_min: 1_440 };
/** A hung tick is a reset 250 ms later; then 50 ms to the first instruction, and the self-test. */
const RESTART = 50;

const ask = (pump: Pump) => outcomeName(pump.programmer.outcome(COMMAND_PATIENT_BOLUS) ?? -1);
/** A nurse acknowledges the alarm after a brown-out, because a critical alarm bars every bolus. */
const acknowledge = (pump: Pump) =>
  pump.programmer.outcome(COMMAND_ACKNOWLEDGE, Uint8Array.of(ALARM_LOW_BATTERY_RESET));

/** An hour and a bit old, so that it is due for no minute of its own; the patient has just been granted 5 uL. */
function granted(bolus: Partial<NonNullable<typeof PROGRAM.bolus>> = {}): { pump: Pump; start: number } {
  const pump = new Pump({ bolus: { ...PROGRAM.bolus!, ...bolus }, limits: [DAY_LIMIT] }).wait(HOUR + 1_234);
  expect(ask(pump)).toBe("accepted");
  return { pump, start: pump.heard("bolus_started")[0].tick };
}

/** When the pulses of the coming `ticks` begin, and for what. */
function pulsesOf({ machine }: Pump, ticks: number): { tick: number; cause: number }[] {
  const pulses: { tick: number; cause: number }[] = [];
  for (const end = machine.tick + ticks; machine.tick < end;) {
    const { tick } = machine;
    const before = machine.board.motor.pulses;
    machine.step();
    if (machine.board.motor.pulses > before) pulses.push({ tick, cause: machine.board.trace.channels[CHANNEL_CAUSE] });
  }
  return pulses;
}

/** Books against world: every figure that the firmware keeps of what was given. */
function balances(pump: Pump, where: string): void {
  const { world, board } = pump.machine;
  const given = pump.machine.world.delivered_nl / PULSE_NL;
  const status = decodeStatus(pump.programmer.ask(COMMAND_INTERROGATE)!.payload)!;
  expect(board.motor.steps, where).toBe(given);
  expect(pump.field("motor.motion"), where).toBe(given);
  expect(pump.field("limiter.ring.count[0]"), where).toBe(given);
  expect(status.estimate * PULSE_NL, where).toBe(FILL_NL - world.delivered_nl);
  expect(status.estimate * PULSE_NL, where).toBe(world.reservoir.volume_nl);
}

describe("T7: a restart in a bolus", () => {
  test.each(CAUSES)("PTB-4, NVM-2: by %s at any moment cancels it and reports its volume to the pulse", (cause) => {
    const { pump, start } = granted();
    const pulses = pulsesOf(granted().pump, 5 * MINUTE + SECOND);
    const basal = pulses.findIndex((pulse) => pulse.cause === CAUSE_BASAL);
    const last = pulses.findLastIndex((pulse) => pulse.cause === CAUSE_PATIENT_BOLUS);
    // From before a pulse to after its proof: the first, one of basal with its neighbours, and the last to its proof.
    const about = (i: number, ticks: number) => Array.from({ length: ticks }, (_, k) => pulses[i].tick - 3 + k - start);
    const moments = [...[0, basal - 1, basal, basal + 1].flatMap((i) => about(i, 30)), ...about(last, 23)];
    const given: number[] = [];
    for (const moment of [1, 2, SECOND, ...moments]) {
      pump.wait(start + moment - pump.machine.tick);
      const [before, watched] = [pump.machine.snapshot(), pump.watch.save()];
      const from = pump.said.length;
      const where = `${cause} ${moment} ticks in`;
      pump.machine.inject(cause);
      pump.machine.run(RESTART);
      const given_nl = pump.machine.world.byCause_nl[CAUSE_PATIENT_BOLUS];
      const ends = pump.said.slice(from).filter(({ name }) => name.startsWith("bolus_"));
      expect(
        ends.map(({ name, fields }) => [name, fields["delivered_nl"]]),
        where,
      ).toEqual([["bolus_cancelled", given_nl]]);
      balances(pump, where);
      pump.machine.leap(10 * MINUTE);
      expect(pump.machine.world.byCause_nl[CAUSE_PATIENT_BOLUS], where).toBe(given_nl);
      balances(pump, `${where}, ten minutes later`);
      given.push(given_nl / PULSE_NL);
      pump.assertInvariants();
      pump.machine.restore(before);
      pump.watch.restore(watched);
    }
    expect([given[0], Math.max(...given) >= 19, new Set(given).size >= 6]).toEqual([0, true, true]);
  });

  test("LOG-1: leaves the bolus, its cancellation and its volume in the log", () => {
    const { pump, start } = granted();
    pump.wait(start + 100 * SECOND - pump.machine.tick);
    pump.machine.inject("reset");
    pump.machine.run(RESTART);
    const bolus = [EVENT_BOLUS_STARTED, EVENT_BOLUS_CANCELLED];
    const entries = pump.programmer.readLog(LOG_EVENTS)!.filter(({ code }) => bolus.includes(code));
    expect(entries.map(({ code, a, b }) => [code, a, b])).toEqual([
      [EVENT_BOLUS_STARTED, CAUSE_PATIENT_BOLUS, 20],
      [EVENT_BOLUS_CANCELLED, CAUSE_PATIENT_BOLUS, 6],
    ]);
  });

  test.each(CAUSES)(
    "PTB-1: by %s lets the lockout run from the start of that bolus, a minute longer at most",
    (cause) => {
      const { pump, start } = granted();
      pump.wait(2 * MINUTE);
      pump.machine.inject(cause);
      pump.machine.run(RESTART);
      acknowledge(pump);
      pump.wait(start + HOUR - SECOND - pump.machine.tick);
      expect(ask(pump)).toBe("lockout");
      pump.wait(start + HOUR + MINUTE - pump.machine.tick);
      expect(ask(pump)).toBe("accepted");
    },
  );

  test("PTB-1: never shortens the lockout, however often it is repeated", () => {
    const { pump, start } = granted();
    for (let i = 0; pump.machine.tick < start + HOUR - SECOND; i++) {
      pump.machine.inject(CAUSES[i % CAUSES.length]);
      pump.machine.run(RESTART);
      acknowledge(pump);
      balances(pump, `restart ${i}`);
      pump.wait(Math.min(97 * SECOND + 11 * i, start + HOUR - SECOND - pump.machine.tick));
      // More than three resets in an hour are a critical alarm, which comes before the lockout among the reasons (ALM-6).
      expect(ask(pump)).toBe(i < 3 ? "lockout" : "alarm");
    }
    expect(pump.heard("bolus_started")).toHaveLength(1);
  });

  test.each(CAUSES)("PTB-2: by %s leaves the bolus counted against the cap for a whole day", (cause) => {
    const { pump, start } = granted({ per24h: 1 });
    pump.wait(2 * MINUTE);
    pump.machine.inject(cause);
    pump.machine.run(RESTART);
    acknowledge(pump);
    for (const hours of [1.5, 12, 23.5]) {
      pump.wait(start + hours * HOUR - pump.machine.tick);
      expect(ask(pump)).toBe("per_24h");
    }
    pump.wait(start + DAY - SECOND - pump.machine.tick);
    expect(ask(pump)).toBe("per_24h");
    pump.wait(start + DAY + MINUTE - pump.machine.tick);
    expect(ask(pump)).toBe("accepted");
  });

  test.each(CAUSES)(
    "NVM-2: by %s lets basal go on with the committed program, as if there had been no bolus",
    (cause) => {
      const { pump, start } = granted();
      const plain = new Pump().wait(HOUR + 1_234);
      plain.wait(start - plain.machine.tick);
      for (const each of [pump, plain]) {
        each.wait(start + 100 * SECOND - each.machine.tick);
        if (each === pump) each.machine.inject(cause);
        each.wait(start + 12 * HOUR - each.machine.tick);
      }
      const basal = [pump, plain].map(({ machine }) => machine.world.byCause_nl[CAUSE_BASAL] / PULSE_NL);
      expect(basal[1] - basal[0]).toBeGreaterThanOrEqual(0);
      expect(basal[1] - basal[0]).toBeLessThanOrEqual(1);
    },
  );
});

statesHarms({});

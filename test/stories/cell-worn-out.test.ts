// A service life that the cell ends, at 0.74 mL a day of two drugs with a refill every 40 days: ten days of it, the
// years between taken out of the cell at once, then the last ten days, the 90 after the request for replacement, and the days
// after the end. When the cell asks is reckoned here from its published figures alone; the life that the calendar ends is
// scenarios/seven-years.yaml.

import { expect, test } from "vitest";
import { encodeRefill } from "../../emulator/telemetry/messages";
import { COMMAND_ACKNOWLEDGE, COMMAND_REFILL, COMMAND_START } from "../../hal/telemetry";
import { ALARM_EOS, ALARM_ERI } from "../../hal/alarms";
import { outcomeName } from "../../emulator/contract/codes";
import { describeEvent } from "../../emulator/machine/events";
import { Machine } from "../../emulator/machine/machine";
import { Programmer } from "../../emulator/programmer/direct";
import { DAY, HOUR, MINUTE } from "../pump";
import { MINUTES_PER_DAY } from "../../hal/units";

const RATE_UL = 740;
const FILL_NL = 36_000_000;
const REFILL_DAYS = 40;
/** ng/nL. */
const DRUGS = [2, 7.5];

// The cell of emulator/board/battery.ts: 7,200 C, flat at 3.6 V down to 15 % of it, then straight down to 2 V.
const CAPACITY_UC = 7.2e9;
const ERI_MV = 3_200;
const UC_A_MINUTE = 720;
const UC_A_PULSE = 550;
const UC_A_BYTE = 20;
const UC_A_TONE_TICK = 10;
/** Below 3.2 V by rounding, not by half a millivolt. */
const ERI_UC = CAPACITY_UC * (0.85 + (0.15 * (3_600 - ERI_MV + 0.5)) / 1_600);
const READINGS = 3;
/** Of the life that is lived through: at its beginning, and before the request for replacement. */
const FIRST_DAYS = 10;
const LAST_DAYS = 10;

class Patient {
  readonly machine = new Machine({
    seed: 1,
    start: { second: 0 },
    pump: {
      capacity_nl: 40_000_000,
      fill_nl: FILL_NL,
      catheter: { length_cm: 89, volume_nlPerCm: 2_200 },
      state: "new",
      unit: { bias: 0, ripple: 0 },
    },
    drugs: DRUGS.map((concentration_mgPerMl) => ({ concentration_mgPerMl })),
  });
  readonly programmer = new Programmer(this.machine);
  readonly raised = new Map<string, number>();
  /** The volumes that the needle put in and took out. */
  filled_nl = FILL_NL;
  aspirated_nl = 0;
  private refillAt = REFILL_DAYS * DAY;

  constructor() {
    this.machine.listener = {
      event: (code, a, b, c) => {
        const event = describeEvent(code, a, b, c);
        if (event?.name === "alarm_raised") this.raised.set(String(event.fields["alarm"]), this.machine.tick);
        if (event?.name === "stopped") this.raised.set("stopped", this.machine.tick);
      },
      reset: () => undefined,
      ticked: () => undefined,
    };
    const program = { mode: "continuous" as const, rate: RATE_UL * 100, bolus: null, limits: [], low_pulses: 8_000 };
    expect(outcomeName(this.programmer.commission(program)!)).toBe("accepted");
  }

  /** Lives on until `tick`, and is refilled when it is due. */
  live(tick: number): void {
    while (this.machine.tick < tick) {
      this.machine.leap(Math.min(tick, this.refillAt) - this.machine.tick);
      if (this.machine.tick < this.refillAt) return;
      this.refillAt += REFILL_DAYS * DAY;
      const aspirated_nl = this.machine.refill(null, FILL_NL, null);
      this.aspirated_nl += aspirated_nl;
      this.filled_nl += FILL_NL;
      const refill = encodeRefill(true, aspirated_nl / 250, FILL_NL / 250, false);
      expect(this.ask(COMMAND_REFILL, refill)).toBe("accepted");
    }
  }

  ask(kind: number, payload?: Uint8Array): string {
    return outcomeName(this.programmer.outcome(kind, payload)!);
  }
}

test("PWR-1: the pump asks for its replacement in the minute that follows from the cell's figures, and stops 90 days later", () => {
  const patient = new Patient();
  const { machine } = patient;
  const { battery, link, sounder, motor } = machine.board;
  patient.live(FIRST_DAYS * DAY);
  const used_uC =
    FIRST_DAYS * MINUTES_PER_DAY * UC_A_MINUTE +
    motor.pulses * UC_A_PULSE +
    (link.rxBytes + link.txBytes) * UC_A_BYTE +
    sounder.toneTicks() * UC_A_TONE_TICK;
  // The minute that ends now is settled in the next tick.
  expect(used_uC - battery.drawn_uC).toBeGreaterThanOrEqual(0);
  expect(used_uC - battery.drawn_uC).toBeLessThanOrEqual(UC_A_MINUTE + 3 * UC_A_PULSE);

  const aMinute_uC = UC_A_MINUTE + ((RATE_UL * 4) / MINUTES_PER_DAY) * UC_A_PULSE;
  const life_days = ERI_UC / aMinute_uC / MINUTES_PER_DAY;
  expect(Math.round(life_days)).toBe(2_398);
  battery.drawn_uC = ERI_UC - LAST_DAYS * MINUTES_PER_DAY * aMinute_uC;
  const asks = machine.tick + (LAST_DAYS * MINUTES_PER_DAY + READINGS) * MINUTE;
  patient.live(asks + HOUR);
  expect(Math.abs(patient.raised.get("eri")! - asks)).toBeLessThanOrEqual(3 * MINUTE);
  expect(patient.raised.size).toBe(1);
  expect(patient.ask(COMMAND_ACKNOWLEDGE, Uint8Array.of(ALARM_ERI))).toBe("accepted");

  const ends = patient.raised.get("eri")! + 90 * DAY;
  const before = machine.signal("motor.pulses");
  patient.live(ends - MINUTE);
  expect(patient.raised.size).toBe(1);
  const inNinety = Math.floor(((ends - asks - HOUR) / DAY) * RATE_UL * 4);
  expect(Math.abs(machine.signal("motor.pulses") - before - inNinety)).toBeLessThanOrEqual(RATE_UL / 60);
  patient.live(ends + MINUTE);
  expect(Math.abs(patient.raised.get("eos")! - ends)).toBeLessThanOrEqual(MINUTE);
  expect(patient.raised.get("stopped")).toBe(patient.raised.get("eos")! + 1);

  const last = machine.signal("motor.pulses");
  patient.live(ends + DAY);
  expect(patient.ask(COMMAND_ACKNOWLEDGE, Uint8Array.of(ALARM_EOS))).toBe("accepted");
  expect(patient.ask(COMMAND_START)).toBe("alarm");
  patient.live(ends + 5 * DAY);
  expect(machine.signal("motor.pulses")).toBe(last);
  expect(battery.voltage_mv).toBeGreaterThan(2_500);

  // The books close: volume and drugs, world and firmware.
  const { world } = machine;
  expect(world.delivered_nl).toBe(last * 250);
  expect(patient.filled_nl - patient.aspirated_nl - world.delivered_nl).toBe(world.reservoir.volume_nl);
  expect(machine.signal("reservoir.estimate_nl")).toBe(world.reservoir.volume_nl);
  expect(world.catheter.tip_nl).toBe(world.delivered_nl);
  const inPath = new Float64Array(4);
  world.catheter.contentInto(inPath);
  DRUGS.forEach((concentration, d) => {
    const put = (patient.filled_nl - patient.aspirated_nl) * concentration;
    const accounted = world.reservoir.drug_ng[d] + inPath[d] + world.catheter.tip_ng[d];
    expect(Math.abs(accounted / put - 1)).toBeLessThan(1e-9);
    expect(Math.abs(world.delivered_ng[d] / (world.delivered_nl * concentration) - 1)).toBeLessThan(1e-9);
  });
});

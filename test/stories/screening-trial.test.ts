// TRI-1: an external trial pump has seven days from its first start, and nobody has more: not by stopping it, not by its
// clocks, not by a restart, not by anything that is done when they are over. A restart may cost a minute of them, because up to
// one was not watched; a minute counter whose minutes begin at another moment may add part of one.

import { describe, expect, test } from "vitest";
import { encodePrime, encodeRefill, words } from "../../emulator/telemetry/messages";
import { ALARM_TRIAL_EXPIRED } from "../../hal/alarms";
import {
  COMMAND_ACKNOWLEDGE,
  COMMAND_PATIENT_BOLUS,
  COMMAND_PRIME,
  COMMAND_REFILL,
  COMMAND_SET_CLOCK,
  COMMAND_START,
  COMMAND_STOP,
} from "../../hal/telemetry";
import { outcomeName } from "../../emulator/contract/codes";
import { ask, collectPumps, DAY, HOUR, MINUTE, PROGRAM, Pump, SECOND } from "../pump";
import { statesHarms } from "./stated-harms";

collectPumps();

const TRIAL = 7 * DAY;
const onTrial = () => new Pump({ limits: [] }, { model: "external-trial" });
const started = (pump: Pump) => pump.heard("program_accepted")[0].tick;
const expired = (pump: Pump) => pump.heard("alarm_raised", { alarm: "trial_expired" }).map(({ tick }) => tick);

/** Lives on to the end of the trial's eighth day. */
function toTheEnd(pump: Pump): void {
  pump.wait(8 * DAY - pump.machine.tick);
}

describe("TRI-1: a trial ends seven days after the first start", () => {
  test.each<[string, number, number, (pump: Pump) => void]>([
    ["left alone", 1, 0, () => undefined],
    [
      "stopped for two days and started again",
      1,
      0,
      (pump) => {
        ask(pump, COMMAND_STOP);
        pump.wait(2 * DAY);
        expect(ask(pump, COMMAND_START)).toBe("accepted");
      },
    ],
    ["with its clock set back a week", 1, 0, (pump) => ask(pump, COMMAND_SET_CLOCK, words(13_000_000 - 7 * 1_440))],
    ["with its clock set forward a week", 1, 0, (pump) => ask(pump, COMMAND_SET_CLOCK, words(13_000_000 + 7 * 1_440))],
    ["whose minute counter jumps back five days", 1, 1, (pump) => pump.machine.inject("rtc_jump", -5 * DAY)],
    ["whose minute counter jumps on five days", 1, 1, (pump) => pump.machine.inject("rtc_jump", 5 * DAY)],
    ["whose minute counter jumps half a minute", 1, 1, (pump) => pump.machine.inject("rtc_jump", -30 * SECOND)],
    ["restarted once", 2, 0, (pump) => pump.machine.inject("reset")],
    [
      "restarted again and again",
      41,
      0,
      (pump) => {
        for (let i = 0; i < 40; i++) {
          pump.wait(HOUR + 47 * SECOND);
          pump.machine.inject(i % 2 === 0 ? "reset" : "brownout");
        }
      },
    ],
    [
      "programmed anew and refilled",
      1,
      0,
      (pump) => {
        expect(outcomeName(pump.program({ ...PROGRAM, rate: 15_000, limits: [] })!)).toBe("accepted");
        pump.machine.refill(null, 18_000_000, null);
        expect(ask(pump, COMMAND_REFILL, encodeRefill(true, pump.field("reservoir.estimate"), 72_000))).toBe(
          "accepted",
        );
      },
    ],
  ])("for a pump %s, at most %i min early or %i late", (_, early, late, act) => {
    const pump = onTrial();
    ask(pump, COMMAND_SET_CLOCK, words(13_000_000));
    pump.wait(3 * DAY);
    act(pump);
    toTheEnd(pump);
    const [end] = expired(pump);
    expect(end - started(pump)).toBeGreaterThanOrEqual(TRIAL - early * MINUTE);
    expect(end - started(pump)).toBeLessThanOrEqual(TRIAL + late * MINUTE);
    // It ran until then, and stands since.
    expect(pump.heard("stopped", { by: "alarm" }).map(({ tick }) => tick)).toEqual([end + 1]);
    const last = pump.pulses;
    pump.wait(DAY);
    expect(pump.pulses).toBe(last);
    expect(expired(pump)).toHaveLength(1);
  });

  test("and a pump that waits in its box loses none of them", () => {
    const pump = new Pump(null, { model: "external-trial" });
    ask(pump, COMMAND_REFILL, encodeRefill(true, 0, 72_000));
    pump.wait(20 * DAY);
    expect(outcomeName(pump.program({ ...PROGRAM, limits: [] })!)).toBe("accepted");
    pump.wait(TRIAL - HOUR);
    expect(pump.alarms()).toEqual([]);
    pump.wait(2 * HOUR);
    expect(pump.alarms()).toEqual(["trial_expired"]);
  });

  test("but an implanted pump goes on", () => {
    const pump = new Pump({ limits: [] });
    toTheEnd(pump);
    expect(expired(pump)).toEqual([]);
  });
});

describe("TRI-1: after the trial", () => {
  test.each<[string, (pump: Pump) => void]>([
    ["an acknowledgement", (pump) => ask(pump, COMMAND_ACKNOWLEDGE, Uint8Array.of(ALARM_TRIAL_EXPIRED))],
    ["a start", (pump) => expect(ask(pump, COMMAND_START)).toBe("alarm")],
    ["a request", (pump) => expect(ask(pump, COMMAND_PATIENT_BOLUS)).toBe("stopped")],
    ["a prime", (pump) => expect(ask(pump, COMMAND_PRIME, encodePrime(40, false))).toBe("alarm")],
    ["another program", (pump) => pump.program({ ...PROGRAM, rate: 12_000, limits: [] })],
    ["a clock set back", (pump) => ask(pump, COMMAND_SET_CLOCK, words(1))],
    ["a counter that jumps back", (pump) => pump.machine.inject("rtc_jump", -6 * DAY)],
    ["a restart", (pump) => pump.machine.inject("reset")],
  ])("%s gives no pulse", (_, act) => {
    const pump = onTrial();
    toTheEnd(pump);
    const last = pump.pulses;
    act(pump);
    pump.wait(MINUTE);
    ask(pump, COMMAND_ACKNOWLEDGE, Uint8Array.of(ALARM_TRIAL_EXPIRED));
    expect(ask(pump, COMMAND_START)).toBe("alarm");
    pump.wait(DAY);
    expect(pump.pulses).toBe(last);
    expect(pump.alarms()).toContain("trial_expired");
  });
});

statesHarms({});

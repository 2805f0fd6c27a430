// A hand put on a machine between two ticks: whatever the gear, the next tick is the one that shows it.

import { expect, test } from "vitest";
import { FAULTS } from "../../emulator/faults";
import { Machine } from "../../emulator/machine/machine";
import { parseScenario } from "../../emulator/run/open";
import { minimal } from "../scenario/example";

const PARAMETER: Record<string, number> = { over_delivery: 1.5, temperature: 45_000, altitude: 3000, rtc_jump: 100 };

test.each(FAULTS.map(({ name }) => name).filter((name) => name !== "ram_flip"))(
  "EMU-1: both gears stay equal when the fault %s is injected and released between ticks",
  (fault) => {
    const [leaping, stepping] = [0, 1].map(() => new Machine(parseScenario(minimal(), "t.yaml")));
    const both = (act: (machine: Machine) => void) => [leaping, stepping].forEach(act);
    both((machine) => machine.run(200));
    leaping.leap(1234);
    stepping.run(1234);
    both((machine) => machine.inject(fault, PARAMETER[fault] ?? 0.5));
    leaping.leap(777);
    stepping.run(777);
    expect(leaping.fingerprint()).toBe(stepping.fingerprint());
    both((machine) => machine.release(fault));
    leaping.leap(777);
    stepping.run(777);
    expect(leaping.fingerprint()).toBe(stepping.fingerprint());
    expect(leaping.leapt).toBeGreaterThan(1000);
  },
);

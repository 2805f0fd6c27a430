// The thermometer: body temperature until the machine says otherwise.

import { expect, test } from "vitest";
import { VirtualThermometer } from "../../emulator/board/thermometer";

test.each([-40000, 0, 37000, 41250, 125000])(
  "the thermometer shows body temperature at first, and then the %d mC that its case has",
  (case_mC) => {
    const thermometer = new VirtualThermometer();
    expect(thermometer.temperature_mC()).toBe(37000);
    thermometer.case_mC = case_mC;
    expect(thermometer.temperature_mC()).toBe(case_mC);
  },
);

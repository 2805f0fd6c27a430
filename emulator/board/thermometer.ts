// The thermometer inside the case. The back door is `case_mC`, which the machine sets to the world's temperature.

import { ThermometerPort } from "../../hal/thermometer";

export class VirtualThermometer extends ThermometerPort {
  case_mC: i32 = 37000;

  temperature_mC(): i32 {
    return this.case_mC;
  }
}

// The parts of the pump, built once: those of core.ts, and the ones here. The few parts that keep the pump itself (store,
// commands, causes, publisher) are built by the controller, so that no file imports in a circle. A part that needs more than
// four others keeps the pump, or its core, and names the other part where it uses it (`pump.motor`). A part that needs fewer
// keeps each as a field.

import { Core } from "./core";
import { Life } from "./life";
import { SelfTest } from "./self-test";
import { Session } from "./session";
import { Telemetry } from "./telemetry";
import { Therapy } from "./therapy";
import { Usage } from "./usage";

export abstract class Pump extends Core {
  therapy: Therapy = new Therapy(this);
  selfTest: SelfTest = new SelfTest(this);
  life: Life = new Life(this);
  usage: Usage = new Usage(this.clock, this.memory);
  telemetry: Telemetry = new Telemetry(this.hal, this.log, this.memory, this.changes);
  session: Session = new Session(this, this.usage, this.telemetry);
}

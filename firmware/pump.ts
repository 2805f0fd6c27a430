// All parts of the pump but those that look at the whole of it, built once. Whoever needs more than four of them takes the
// pump and names the part at its use (`pump.motor`). A part below therapy takes what core.ts holds in the same way. What
// takes the pump itself (store, commands) is built by the controller, so that no file imports in a circle.

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

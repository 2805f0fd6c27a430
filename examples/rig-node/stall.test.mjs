// A rig test of the emulated pump with `cistern/rig`: a stall on demand, its alarm, and the pump's own verdict at the end.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { startPump } from "cistern/rig";

test("a stall raises its alarm", async () => {
  const scenario = fileURLToPath(new URL("../rig-python/quiet-pump.yaml", import.meta.url));
  const pump = await startPump(scenario, { speed: 500, tcp: true });
  try {
    await pump.ask("wait 1 s"); // the scenario's people commission the pump
    await pump.ask("inject motor_stall");
    await pump.ask("wait event alarm_raised alarm=motor_stall within 2 h");
  } finally {
    assert.equal((await pump.end()).verdict, "pass");
  }
});

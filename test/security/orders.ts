// Every command with a payload that the pump of these tests would carry out or answer, were it told so by a clinician in a
// session with the head in place; and the pump itself, running, with another program staged. What is refused here is refused
// for who says it, not for what is said.

import { expect } from "vitest";
import {
  digestOf,
  encodeBridge,
  encodeCommit,
  encodeImplant,
  encodePrime,
  encodeProgram,
  encodeReadLog,
  encodeReadProgram,
  encodeRefill,
  stagePieces,
  words,
} from "../../emulator/telemetry/messages";
import type { SecureChannel } from "../../emulator/telemetry/secure";
import { COMMAND_NAMES } from "../../emulator/contract/commands";
import * as telemetry from "../../hal/telemetry";
import {
  COMMAND_ACKNOWLEDGE,
  COMMAND_BRIDGE,
  COMMAND_CLINICIAN_BOLUS,
  COMMAND_COMMIT,
  COMMAND_EXPLANT,
  COMMAND_IMPLANT,
  COMMAND_INTERROGATE,
  COMMAND_PATIENT_BOLUS,
  COMMAND_PRIME,
  COMMAND_READ_LOG,
  COMMAND_READ_PROGRAM,
  COMMAND_REFILL,
  COMMAND_SELF_TEST,
  COMMAND_SET_CLOCK,
  COMMAND_STAGE,
  COMMAND_START,
  COMMAND_STOP,
  ROLE_CLINICIAN,
} from "../../hal/telemetry";
import { HOUR, PROGRAM, Pump, SECOND } from "../pump";
import { opened, order, paired } from "./air";

export const STAGED = encodeProgram({ ...PROGRAM, rate: 12_000 });
/** A bolus of 50 pulses in a minute and a half. */
export const BOLUS = words(50, 90);

const PAYLOADS: Record<number, Uint8Array> = {
  [COMMAND_INTERROGATE]: new Uint8Array(0),
  [COMMAND_STAGE]: stagePieces(encodeProgram({ ...PROGRAM, rate: 20_000 }))[0],
  [COMMAND_COMMIT]: encodeCommit(digestOf(STAGED)),
  [COMMAND_STOP]: new Uint8Array(0),
  [COMMAND_START]: new Uint8Array(0),
  [COMMAND_PATIENT_BOLUS]: new Uint8Array(0),
  [COMMAND_CLINICIAN_BOLUS]: BOLUS,
  [COMMAND_REFILL]: encodeRefill(false, 40_000, 70_000),
  [COMMAND_SET_CLOCK]: words(9_000),
  [COMMAND_ACKNOWLEDGE]: Uint8Array.of(0),
  [COMMAND_SELF_TEST]: new Uint8Array(0),
  [COMMAND_PRIME]: encodePrime(20),
  [COMMAND_BRIDGE]: encodeBridge(100_000, 100),
  [COMMAND_IMPLANT]: encodeImplant(890, 195_800, true),
  [COMMAND_EXPLANT]: new Uint8Array(0),
  [COMMAND_READ_LOG]: encodeReadLog(0, 1),
  [COMMAND_READ_PROGRAM]: encodeReadProgram(0),
};

export interface Order {
  name: string;
  kind: number;
  payload: Uint8Array;
}

/** One for each COMMAND_ of hal/telemetry.ts. */
export const ORDERS: Order[] = Object.entries(telemetry)
  .filter(([name]) => name.startsWith("COMMAND_"))
  .map(([, kind]) => ({ name: COMMAND_NAMES[Number(kind)], kind: Number(kind), payload: PAYLOADS[Number(kind)] }));

/** Runs since two hours, half a minute from the next pulse, with STAGED staged in a clinician's session that is open. */
export function bench(): { pump: Pump; clinician: SecureChannel } {
  const pump = new Pump().wait(2 * HOUR + 30 * SECOND);
  const clinician = opened(pump, paired(pump, ROLE_CLINICIAN));
  expect(order(pump, clinician, COMMAND_STAGE, stagePieces(STAGED)[0])?.payload[0]).toBe(0);
  pump.machine.run(SECOND);
  return { pump, clinician };
}

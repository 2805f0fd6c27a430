// T13. Somebody in the waiting room has a receiver and a transmitter. He records a clinician's visit and a patient's handset
// for a morning, and spends the rest of the day with what he has: he plays it again, altered and unaltered, at once, later, after
// the pump restarted and in other people's sessions, and makes up frames of his own. All of it is refused and counted; the
// pump's numbers go on rising; the patient gets to the pulse what she would have got; and the clinician reads of it that evening.

import { beforeAll, describe, expect, test } from "vitest";
import { decodeLog, decodeStatus, encodeReadLog, words } from "../../emulator/telemetry/messages";
import type { SecureChannel } from "../../emulator/telemetry/secure";
import {
  COMMAND_CLINICIAN_BOLUS,
  COMMAND_INTERROGATE,
  COMMAND_PATIENT_BOLUS,
  COMMAND_READ_LOG,
  COMMAND_STOP,
  FRAME_OPEN,
  FRAME_PAIR,
  FRAME_SEALED,
  LOG_FAULTS,
  OUTCOME_ACCEPTED,
  REPLY,
  ROLE_CLINICIAN,
  ROLE_PATIENT,
} from "../../hal/telemetry";
import { EVENT_ALARM_RAISED } from "../../hal/trace";
import { ALARM_SECURITY } from "../../hal/alarms";
import { collectPumps, HOUR, MINUTE, Pump } from "../pump";
import { statesHarms } from "./stated-harms";
import { Air, chance, forged, type OnAir, opened, order, paired, send, textOf } from "../security/air";

collectPumps();

interface Day {
  pump: Pump;
  /** When the rotor stepped. */
  steps: number[];
  /** Answers to what he sent, other than refusals, offers and versions. */
  carriedOut: number;
  sent: number;
  sessions: number[];
  /** Of the frames that he recorded. */
  types: Set<number>;
  clinician: SecureChannel;
}

/** From eight in the morning to eight in the evening; `attack` is what happens in each quarter of an hour from noon on. */
function day(attack: (pump: Pump, recorded: OnAir[], quarter: number) => { sent: number; carriedOut: number }): Day {
  const pump = new Pump({ rate: 60_000 });
  const steps: number[] = [];
  let motion = pump.machine.board.motor.steps;
  const watching = pump.machine.listener!;
  const ticked = watching.ticked.bind(watching);
  watching.ticked = () => {
    ticked();
    if (pump.machine.board.motor.steps !== motion) steps.push(pump.machine.tick);
    motion = pump.machine.board.motor.steps;
  };
  const air = new Air(pump.machine);
  const sessions: number[] = [];
  const visit = (channel: SecureChannel, seed: number) => {
    opened(pump, channel, seed);
    sessions.push(channel.session);
  };

  const clinician = paired(pump, ROLE_CLINICIAN);
  visit(clinician, 1);
  order(pump, clinician, COMMAND_CLINICIAN_BOLUS, words(40, 600), { sequence: 1 });
  const patient = paired(pump, ROLE_PATIENT);
  const boluses = [2 * HOUR, 3 * HOUR + 30 * MINUTE];
  boluses.forEach((at, i) => {
    pump.machine.leap(at - pump.machine.tick);
    visit(patient, 10 + i);
    expect(order(pump, patient, COMMAND_PATIENT_BOLUS, undefined, { sequence: i, head: false })?.payload[0]).toBe(0);
  });
  const recorded = air.heard.filter(({ toPump }) => toPump);
  const types = new Set(air.frames(true).map(({ frame }) => frame.type));
  const total = { sent: 0, carriedOut: 0 };
  for (let quarter = 0; quarter < 32; quarter++) {
    pump.machine.leap(4 * HOUR + quarter * 15 * MINUTE - pump.machine.tick);
    if (quarter % 8 === 3) {
      pump.machine.inject("reset");
      pump.machine.run(20);
    }
    // Her handset asks for the status; he listens, and knows the session's number.
    visit(patient, 20 + quarter);
    order(pump, patient, COMMAND_INTERROGATE, undefined, { head: false });
    const { sent, carriedOut } = attack(pump, recorded, quarter);
    total.sent += sent;
    total.carriedOut += carriedOut;
  }
  pump.machine.leap(12 * HOUR - pump.machine.tick);
  visit(clinician, 99);
  pump.assertInvariants();
  return { pump, steps, sessions, types, clinician, ...total };
}

const nobody = () => ({ sent: 0, carriedOut: 0 });

/** Some frames of his own making, and each that he has as it was and with one bit changed; the head is never his. */
function attacker(pump: Pump, recorded: OnAir[], quarter: number): { sent: number; carriedOut: number } {
  const session = pump.field("session.number");
  const his = [COMMAND_STOP, COMMAND_PATIENT_BOLUS, COMMAND_CLINICIAN_BOLUS].map((kind) =>
    forged({
      key: chance(quarter, 16),
      session,
      counter: 1_000 + quarter,
      text: textOf(kind, quarter, kind === COMMAND_CLINICIAN_BOLUS ? words(100, 600) : undefined),
    }),
  );
  const frames = recorded.flatMap(({ bytes }) => [bytes, bytes.map((byte, i) => (i === 9 ? byte ^ 4 : byte))]);
  let carriedOut = 0;
  for (const frame of [...his, ...frames]) {
    for (const { type } of send(pump.machine, frame, { ticks: 10 })) if (type === (FRAME_SEALED | REPLY)) carriedOut++;
  }
  return { sent: frames.length + his.length, carriedOut };
}

describe("T13, SEC-1, SEC-2, SEC-3: an attacker sends forged and replayed frames for a day", () => {
  let quiet: Day;
  let attacked: Day;
  beforeAll(() => {
    quiet = day(nobody);
    attacked = day(attacker);
  });

  test("in hundreds, of every type of frame that was recorded", () => {
    expect(attacked.sent).toBeGreaterThan(500);
    expect(attacked.types).toEqual(new Set([FRAME_PAIR, FRAME_OPEN, FRAME_SEALED]));
  });

  test("and none is carried out, so that the patient gets her dose to the pulse and the tick", () => {
    expect(attacked.carriedOut).toBe(0);
    expect(attacked.steps).toEqual(quiet.steps);
    expect(attacked.steps.length).toBeGreaterThan(300);
    expect(attacked.pump.heard("bolus_started")).toHaveLength(3);
  });

  test("while session numbers rise all day, over four restarts and all his requests", () => {
    const { sessions } = attacked;
    expect(sessions).toEqual(sessions.toSorted((a, b) => a - b));
    expect(new Set(sessions).size).toBe(sessions.length);
    // He asks for sessions too, and they cost numbers; without him they are one after the other.
    expect(sessions.at(-1)).toBeGreaterThan(quiet.sessions.at(-1)!);
  });

  test("and the clinician sees the alarm in the log and the refused frames in the status in the evening", () => {
    const { pump, clinician } = attacked;
    const status = decodeStatus(order(pump, clinician, COMMAND_INTERROGATE)!.payload)!;
    expect(status.refusedFrames).toBeGreaterThan(50);
    expect(status.alarms & (1 << ALARM_SECURITY)).not.toBe(0);
    const { payload } = order(pump, clinician, COMMAND_READ_LOG, encodeReadLog(LOG_FAULTS, 1))!;
    expect(payload[0]).toBe(OUTCOME_ACCEPTED);
    const alarms = decodeLog(payload)!.filter(({ code, a }) => code === EVENT_ALARM_RAISED && a === ALARM_SECURITY);
    expect(alarms.length).toBeGreaterThan(0);
    expect(quiet.pump.alarms()).toEqual([]);
  });
});

statesHarms({});

// Orders that a pump with a memory fault carries out, and that a programmer repeats after the restart: one act of a person does
// one thing (LNK-3). Nothing but a mark of the order is written while memory is damaged.

import { describe, expect, test } from "vitest";
import { BoardSetup } from "../../emulator/board/board";
import { boardWith } from "../parts";
import { outcomeName } from "../../emulator/contract/codes";
import { PumpController } from "../../firmware/controller";
import { FaultOrders } from "../../firmware/fault-orders";
import { ORDERS_AT, ORDER_BYTES } from "../../firmware/layout";
import { ALARM_DOSE_GUARD, ALARM_MEMORY_FAULT } from "../../hal/alarms";
import { COMMAND_ACKNOWLEDGE, COMMAND_START, OUTCOME_ACCEPTED, PAIRINGS } from "../../hal/telemetry";
import { ask, MINUTE, Pump, SECOND } from "../pump";

/** A pump whose memory was damaged a minute ago. */
function faulty(): Pump {
  const pump = new Pump().wait(10 * MINUTE);
  pump.machine.inject("ram_flip", 3, "therapy.rate");
  pump.wait(MINUTE);
  expect(pump.alarms()).toContain("memory_fault");
  return pump;
}

const acknowledgeFault = (pump: Pump): string => ask(pump, COMMAND_ACKNOWLEDGE, Uint8Array.of(ALARM_MEMORY_FAULT));
const repeat = (pump: Pump, kind: number, payload?: Uint8Array): string =>
  outcomeName(pump.programmer.repeat(kind, payload)?.payload[0] ?? -1);
const repeatAcknowledgement = (pump: Pump): string =>
  repeat(pump, COMMAND_ACKNOWLEDGE, Uint8Array.of(ALARM_MEMORY_FAULT));
const resets = (pump: Pump): number => pump.heard("boot", { cause: "watchdog" }).length;
const marks = (pump: Pump): number[] => [
  ...pump.machine.board.nvm.bytes.slice(ORDERS_AT, ORDERS_AT + PAIRINGS * ORDER_BYTES),
];

describe("LNK-3, RAM-1: an acknowledgement of a memory fault", () => {
  test("restarts the controller, and its repeats after the restart leave the pump halted", () => {
    const pump = faulty();
    expect(acknowledgeFault(pump)).toBe("accepted");
    pump.wait(SECOND);
    expect(resets(pump)).toBe(1);
    for (let i = 0; i < 3; i++) {
      expect(repeatAcknowledgement(pump)).toBe("accepted");
      pump.wait(MINUTE);
      expect(pump.alarms()).toContain("memory_fault");
      expect(pump.field("store.halted")).toBe(1);
    }
    expect(pump.heard("alarm_acknowledged", { alarm: "memory_fault" })).toHaveLength(1);
    expect(resets(pump)).toBe(1);
  });

  test("is known as a repeat after further resets too, until the pairing gives another order", () => {
    const pump = faulty();
    acknowledgeFault(pump);
    pump.wait(SECOND);
    pump.machine.inject("reset");
    pump.wait(SECOND);
    expect(repeatAcknowledgement(pump)).toBe("accepted");
    expect(pump.alarms()).toContain("memory_fault");
    expect(marks(pump).every((byte) => byte === 0)).toBe(true);
  });

  test("is followed by a second one that ends the halt, and by a start that therapy obeys", () => {
    const pump = faulty();
    acknowledgeFault(pump);
    pump.wait(SECOND);
    expect(acknowledgeFault(pump)).toBe("accepted");
    pump.wait(SECOND);
    expect(pump.alarms()).not.toContain("memory_fault");
    expect(repeatAcknowledgement(pump)).toBe("accepted");
    expect(pump.heard("alarm_acknowledged", { alarm: "memory_fault" })).toHaveLength(2);
  });
});

test("LNK-3: the acknowledgement of a tripped dose guard, given in a memory fault, closes its switch once", () => {
  const pump = faulty();
  pump.machine.board.guard.open = true;
  pump.wait(SECOND);
  const payload = Uint8Array.of(ALARM_DOSE_GUARD);
  expect(ask(pump, COMMAND_ACKNOWLEDGE, payload)).toBe("accepted");
  pump.machine.inject("reset");
  pump.wait(SECOND);
  pump.machine.board.guard.open = true;
  pump.wait(SECOND);
  expect(repeat(pump, COMMAND_ACKNOWLEDGE, payload)).toBe("accepted");
  expect(pump.machine.board.guard.open).toBe(true);
});

test("LNK-3: a start that is refused in a memory fault gets the same answer after a restart, and is not refused again", () => {
  const pump = faulty();
  expect(ask(pump, COMMAND_START)).toBe("alarm");
  pump.machine.inject("reset");
  pump.wait(SECOND);
  expect(repeat(pump, COMMAND_START)).toBe("alarm");
  expect(pump.heard("command_refused", { command: "start" })).toHaveLength(1);
});

test("NVM-1: a mark that a power cut left unfinished at any byte is none, and a whole one is found", () => {
  const pump = faulty();
  acknowledgeFault(pump);
  const whole = marks(pump);
  const start = whole.findIndex((byte) => byte !== 0);
  const board = boardWith(new BoardSetup(1, 20));
  const { session, usage } = new PumpController(board.hal());
  const orders = new FaultOrders(board.hal(), session, usage);
  for (let bytes = 0; bytes <= ORDER_BYTES; bytes++) {
    board.nvm.bytes.fill(0);
    board.nvm.bytes.set(whole.slice(start, start + bytes), ORDERS_AT + start);
    expect(orders.load(), `${bytes} bytes`).toBe(bytes === ORDER_BYTES);
  }
  const pairing = start / ORDER_BYTES;
  expect([usage.lastKind.get(pairing), usage.lastOutcome.get(pairing)]).toEqual([
    COMMAND_ACKNOWLEDGE,
    OUTCOME_ACCEPTED,
  ]);
});

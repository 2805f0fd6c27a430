// The board: that its parts are wired to each other and to the Hal as drawn, what a reset leaves, and that a leap over
// quiet ticks is those ticks.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PULSE_FLIGHT_TICKS } from "../../hal/motor";
import { RESET_BROWNOUT, RESET_EXTERNAL, RESET_WATCHDOG } from "../../hal/reset";
import { TONE_DUAL, TONE_OFF } from "../../hal/sounder";
import { PULSE_NL, TICKS_PER_DAY, TICKS_PER_MINUTE } from "../../hal/units";
import { type Board, BoardSetup } from "../../emulator/board/board";
import { boardWith } from "../parts";
import { FAULT_BATTERY_SAG, FAULT_MOTOR_RUNAWAY, FAULT_NVM_TORN_WRITE, FaultLedger } from "../../emulator/fault-ledger";
import { StateView } from "../../emulator/machine/state";

function bench() {
  const faults = new FaultLedger();
  const board = boardWith(new BoardSetup(3, 40), faults);
  let next = 0;
  /** One tick, in which the controller does `act` and kicks. */
  const tick = (act: () => void = () => undefined) => {
    board.time.tick = next;
    faults.tick = next;
    board.step();
    act();
    board.watchdog.kick();
    board.endTick();
    next++;
  };
  const run = (ticks: number) => {
    for (let i = 0; i < ticks; i++) tick();
  };
  const skip = (ticks: number) => {
    board.skip(ticks);
    faults.tick += ticks;
    next += ticks;
  };
  return { faults, board, tick, run, skip };
}

test("a controller gets each part of the board under its own port", () => {
  const { board } = bench();
  const hal = board.hal();
  for (const [name, port] of Object.entries(hal)) expect(port).toBe(board[name as keyof Board]);
  expect(hal.reservoir.capacity_mL()).toBe(40);
});

describe("the wires between the parts of the board", () => {
  test("the step of a pulse leaves through `turned` and is seen by the guard", () => {
    const { board, tick, run } = bench();
    tick(() => {
      board.motor.setPower(true);
      board.motor.pulse();
    });
    run(PULSE_FLIGHT_TICKS - 1);
    expect([board.turned, board.guard.at]).toEqual([0, 0]);
    tick();
    expect([board.turned, board.guard.at, board.guard.steps[0]]).toEqual([1, 1, PULSE_FLIGHT_TICKS]);
    tick();
    expect(board.turned).toBe(0);
  });

  test("LIM-7: a guard that opens cuts the motor in the same tick, so that the firmware's pulse then does nothing", () => {
    const { board, faults, tick, run } = bench();
    tick(() => board.motor.setPower(true));
    faults.start(FAULT_MOTOR_RUNAWAY, (PULSE_NL * TICKS_PER_DAY) / 80);
    run(2 * 80 - 1);
    expect([board.guard.tripped(), board.motor.steps]).toEqual([false, 1]);
    tick(() => board.motor.pulse());
    expect([board.guard.tripped(), board.motor.steps]).toEqual([true, 2]);
    run(200);
    expect([board.motor.pulses, board.motor.steps]).toEqual([0, 2]);
  });

  test("PWR-1: the cell gives the charge for the pulses, bytes and tones of a minute once a minute", () => {
    const { board, tick, run } = bench();
    tick(() => {
      board.motor.setPower(true);
      board.motor.pulse();
      board.sounder.setTone(TONE_DUAL);
      for (let i = 0; i < 10; i++) board.link.send(1);
      for (let i = 0; i < 5; i++) board.link.arrive(1);
    });
    run(99);
    tick(() => board.sounder.setTone(TONE_OFF));
    run(TICKS_PER_MINUTE - 101);
    expect(board.battery.drawn_uC).toBe(0);
    tick();
    expect(board.battery.drawn_uC).toBe(720 + 550 + 15 * 20 + 100 * 10);
    run(TICKS_PER_MINUTE);
    expect(board.battery.drawn_uC).toBe(2 * 720 + 550 + 15 * 20 + 100 * 10);
  });

  test("PWR-1: a pulse that dips the cell too far asks for one brown-out reset", () => {
    const { board, faults, tick } = bench();
    faults.start(FAULT_BATTERY_SAG, 0);
    tick();
    expect(board.reset.isPulled()).toBe(false);
    tick(() => {
      board.motor.setPower(true);
      board.motor.pulse();
    });
    expect(board.reset.pulled).toBe(RESET_BROWNOUT);
    board.enterReset();
    tick();
    expect(board.reset.isPulled()).toBe(false);
  });

  test("NVM-1: a torn write asks for one brown-out reset", () => {
    const { board, faults, tick } = bench();
    faults.start(FAULT_NVM_TORN_WRITE, 0);
    tick(() => board.nvm.write(0, 1));
    expect(board.reset.pulled).toBe(RESET_BROWNOUT);
    board.enterReset();
    tick(() => board.nvm.write(0, 1));
    expect([board.reset.isPulled(), board.nvm.read(0)]).toEqual([false, 1]);
  });

  test("SLF-2: two kicks in a tick ask for a watchdog reset", () => {
    const { board, tick } = bench();
    tick(() => board.watchdog.kick());
    expect(board.reset.pulled).toBe(RESET_WATCHDOG);
  });
});

test("NVM-1: a reset drops outputs and FIFOs, and keeps counters, clock, memory, guard and the bytes on the air", () => {
  const { board, faults, tick } = bench();
  tick(() => {
    board.motor.setPower(true);
    board.sounder.setTone(TONE_DUAL);
    board.nvm.write(9, 9);
    board.clock.setOffset(77);
    board.crypto.storeKey(0);
    board.link.send(1);
    board.link.arrive(2);
  });
  tick(() => {
    board.link.send(3);
    board.link.arrive(4);
    board.guard.open = true;
  });
  faults.tick++;
  for (let i = 0; i < 200; i++) board.link.send(5);
  board.reset.pull(RESET_EXTERNAL);
  board.enterReset();
  expect([board.motor.closed, board.sounder.tone, board.link.receive(), board.link.txCount]).toEqual([false, 0, -1, 0]);
  expect([board.nvm.read(9), board.clock.offset(), board.guard.open]).toEqual([9, 77, true]);
  expect([board.crypto.filled[0], board.link.inboundCount, board.reset.cause()]).toEqual([1, 1, RESET_EXTERNAL]);
});

test("EMU-1: a board that was stepped through quiet ticks equals a board that skipped them", () => {
  const act = fc.constantFrom("pulse", "turn", "arrive", "send", "tone", "runaway", "minute", "tick");
  const play = ({ board, faults, tick, run }: ReturnType<typeof bench>, acts: string[]) => {
    tick(() => board.motor.setPower(true));
    for (const each of acts) {
      if (each === "runaway") faults.start(FAULT_MOTOR_RUNAWAY, 1e7);
      else if (each === "turn") {
        tick(() => board.motor.pulse());
        run(PULSE_FLIGHT_TICKS);
      } else if (each === "minute") run(5900 - (board.clock.phase % 5900));
      else {
        tick(() => {
          if (each === "pulse") board.motor.pulse();
          if (each === "arrive") board.link.arrive(1);
          if (each === "send") board.link.send(1);
          if (each === "tone") board.sounder.setTone(TONE_DUAL - board.sounder.tone);
        });
      }
    }
  };
  fc.assert(
    fc.property(fc.array(act, { maxLength: 8 }), fc.double({ min: 0, max: 1, noNaN: true }), (acts, part) => {
      const stepped = bench();
      const skipped = bench();
      play(stepped, acts);
      play(skipped, acts);
      const ticks = Math.max(0, Math.ceil(skipped.board.quiet() * part));
      stepped.run(ticks);
      if (ticks > 0) skipped.skip(ticks);
      const print = ({ board, faults }: ReturnType<typeof bench>) => new StateView({ board, faults }).fingerprint();
      expect(print(skipped)).toBe(print(stepped));
    }),
    { numRuns: 60 },
  );
});

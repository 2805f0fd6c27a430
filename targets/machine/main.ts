// A machine as one WebAssembly module: the firmware on the virtual board in the world, with the core that moves time. The host
// reads and writes its fields by their addresses, which a map has, and calls `run` or `leap`. People,
// listener, patient and the operations of the secure element are the host's. The module is compiled by AssemblyScript, and its
// memory is all of its state.

import { PumpController } from "../../firmware/controller";
import { Board, BoardSetup } from "../../emulator/board/board";
import { FaultLedger } from "../../emulator/fault-ledger";
import { HostedController, MachineCore, Surroundings } from "../../emulator/machine/core";
import { RandomStream } from "../../emulator/random";
import { Catheter } from "../../emulator/world/catheter";
import { PumpHead } from "../../emulator/world/head";
import { WorldReservoir } from "../../emulator/world/reservoir";
import { World } from "../../emulator/world/world";

declare function act(): void;
declare function quiet(): f64;
declare function event(code: i32, a: i32, b: i32, c: i32): void;
declare function reset(cause: i32): void;
declare function ticked(rows: i32): void;
declare function live(tick: f64): bool;

class Host extends Surroundings {
  act(): void {
    act();
  }
  quiet(): f64 {
    return quiet();
  }
  event(code: i32, a: i32, b: i32, c: i32): void {
    event(code, a, b, c);
  }
  reset(cause: i32): void {
    reset(cause);
  }
  ticked(rows: i32): void {
    ticked(rows);
  }
  live(tick: f64): bool {
    return live(tick);
  }
}

/** The call of the controller that is under way, for the host's message when it traps. */
const BOOTING: i32 = 1;
const TICKING: i32 = 2;
const ASKED: i32 = 3;
const SKIPPING: i32 = 4;

/** The firmware. Its objects lie in one piece of memory, of which a copy is kept as it was at construction. */
class Firmware extends HostedController {
  call: i32 = 0;
  controller: PumpController;
  start: usize = 0;
  bytes: usize = 0;
  pristine: usize = 0;

  constructor(board: Board) {
    super();
    const hal = board.hal();
    const start = heap.alloc(16);
    const controller = new PumpController(hal);
    const bytes: usize = heap.alloc(16) - start;
    const pristine = heap.alloc(bytes);
    memory.copy(pristine, start, bytes);
    this.controller = controller;
    this.start = start;
    this.bytes = bytes;
    this.pristine = pristine;
  }

  boot(): void {
    this.call = BOOTING;
    this.controller.boot();
  }
  tick(): void {
    this.call = TICKING;
    this.controller.tick();
  }
  idle(): i32 {
    this.call = ASKED;
    return this.controller.idle();
  }
  skip(ticks: i32): void {
    this.call = SKIPPING;
    this.controller.skip(ticks);
  }
  clear(): void {
    memory.copy(this.start, this.pristine, this.bytes);
  }
}

let core: MachineCore = changetype<MachineCore>(0);

/**
 * Builds the machine; returns its address. It is called once, when the module is made: the module that ships begins with the memory
 * that this leaves, and the host restores the state of a machine in TypeScript into it.
 */
export function create(): usize {
  const faults = new FaultLedger();
  const board = new Board(new BoardSetup(0, 20), new RandomStream(0, "crypto"), faults);
  const world = new World(
    new PumpHead(faults, 0, 0),
    new WorldReservoir(faults, 1),
    new Catheter(faults, 1, 1, new Float64Array(4)),
    faults,
  );
  core = new MachineCore(faults, board, world, new Firmware(board), new Host());
  return changetype<usize>(core);
}

export function step(): void {
  core.step();
}

export function run(ticks: f64): void {
  core.run(ticks);
}

export function leap(ticks: f64): void {
  core.leap(ticks);
}

export function hop(ticks: f64): void {
  core.hop(ticks);
}

export function flush(): void {
  core.flush();
}

export function quietTicks(): f64 {
  return core.quiet();
}

export function clear(): void {
  core.controller.clear();
}

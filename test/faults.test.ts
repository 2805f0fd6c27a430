// The table of faults and its ledger (EMU-4). Each fault is put into a machine in which it must act: the world or the
// board changes in the way that its row says, it has counted its acts, and its first act is in the tick that a healthy
// twin of the machine foretells. Then into one in which it has no occasion: on, and not an act on record.

import { describe, expect, test } from "vitest";
import type { Hal } from "../hal/hal";
import { COMMAND_STOP, OUTCOME_ACCEPTED } from "../hal/telemetry";
import { RESET_BROWNOUT, RESET_EXTERNAL, RESET_WATCHDOG } from "../hal/reset";
import { PULSE_NL, TICKS_PER_DAY, TICKS_PER_MINUTE } from "../hal/units";
import { FaultLedger } from "../emulator/fault-ledger";
import { faultIndex, FAULTS, type FaultName } from "../emulator/faults";
import { encodeFrame } from "../emulator/telemetry/frame";
import { FRAME_QUERY } from "../hal/telemetry";
import { Programmer } from "../emulator/programmer/direct";
import { referenceController, scriptController } from "../emulator/machine/controller-host";
import { Machine, type MachineSetup, type Outside } from "../emulator/machine/machine";
import type { Program } from "../emulator/telemetry/program";
import { say } from "./listen";

const FULL_SPEED: Program = { mode: "continuous", rate: 2_400_000, bolus: null, limits: [], low_pulses: 8000 };
/** Long enough for fourteen pulses at full speed. */
const TICKS = 1300;
const FLIGHT_TICKS = 20;
const FILL_NL = 18e6;

const SETUP: MachineSetup = {
  seed: 5,
  start: { second: 0 },
  pump: {
    capacity_nl: 20e6,
    fill_nl: FILL_NL,
    catheter: { length_cm: 89, volume_nlPerCm: 2200 },
    state: "primed",
    unit: { bias: 0, ripple: 0 },
  },
  drugs: [{ concentration_mgPerMl: 10 }],
};

/** Writes one byte of memory in every tick from its hundredth on; the reference controller has no store yet. */
class Writer {
  ticks = 0;
  hal: Hal;

  constructor(hal: Hal) {
    this.hal = hal;
  }

  boot(): void {}

  tick(): void {
    this.ticks++;
    if (this.ticks >= 100) this.hal.nvm.write(this.ticks, 0xff);
    this.hal.watchdog.kick();
  }
}

/** A needle that refills at one tick, in the machine's own time. */
class Needle implements Outside {
  at = -1;
  act(machine: Machine): void {
    if (machine.tick === this.at) machine.refill(0, 1e6, null);
  }
  quiet(): number {
    return 0;
  }
}

/** A pump that runs at 1,000 uL/h, seconds after its commissioning. */
function running(outside: Outside | null = null): Machine {
  const machine = new Machine(SETUP, referenceController, outside);
  expect(new Programmer(machine).commission(FULL_SPEED)).toBe(OUTCOME_ACCEPTED);
  machine.run(500);
  return machine;
}

/** The same pump, stopped by a command. */
function stopped(): Machine {
  const machine = running();
  expect(new Programmer(machine).outcome(COMMAND_STOP)).toBe(OUTCOME_ACCEPTED);
  machine.run(200);
  return machine;
}

function refilledSoon(): Machine {
  const needle = new Needle();
  const machine = running(needle);
  needle.at = machine.tick + 100;
  return machine;
}

function writing(): Machine {
  const machine = new Machine(
    SETUP,
    scriptController("writer", (hal) => new Writer(hal)),
    null,
  );
  machine.run(50);
  return machine;
}

/** A pump whose alarm is about to sound. */
function alarmed(): Machine {
  const machine = running();
  machine.inject("motor_reverse");
  return machine;
}

/** A running pump that the guard would stop: the driver steps by itself between pulses, 80 ticks apart. */
function runaway(): Machine {
  const machine = running();
  machine.inject("motor_runaway", (PULSE_NL * TICKS_PER_DAY) / 80);
  return machine;
}

/** A frame to the pump every hundred ticks. */
class Caller implements Outside {
  act(machine: Machine): void {
    if (machine.tick < 1000 || machine.tick % 100 !== 0) return;
    say(machine, encodeFrame(FRAME_QUERY, new Uint8Array(4)));
  }
  quiet(): number {
    return 0;
  }
}

const called = () => {
  const machine = running(new Caller());
  machine.run(1000 - machine.tick);
  return machine;
};

/** When a machine left alone next does something, by what it counts. */
function next(counts: (machine: Machine) => number) {
  return (twin: Machine): number => {
    const before = counts(twin);
    for (let i = 0; i < TICKS_PER_MINUTE + TICKS; i++) {
      twin.step();
      if (counts(twin) !== before) return twin.tick - 1;
    }
    throw new Error("the twin does not do it either");
  };
}

const nextStep = next((machine) => machine.board.motor.steps);
const nextPulse = next((machine) => machine.board.motor.pulses);
const nextMinute = next((machine) => machine.board.clock.minutes);
const nextRefill = next((machine) => Number(machine.world.reservoir.volume_nl > FILL_NL));
const nextWrite = next((machine) => machine.board.nvm.writes);
const nextByteIn = next((machine) => machine.board.link.rxBytes);
const nextTrip = next((machine) => Number(machine.board.guard.open));
const now = (twin: Machine) => twin.tick;

interface Row {
  name: FaultName;
  parameter?: number;
  field?: string;
  /** Where it must act, and what a healthy twin of that says about the first act. */
  where: () => Machine;
  first: (twin: Machine) => number;
  /** Checks what the fault does to the world or the board, `ticks` after its start. */
  seen: (machine: Machine, before: Seen, acts: number) => void;
  ticks?: number;
  /** Where it has no occasion, if there is such a place; with another parameter, perhaps. */
  idle: (() => Machine) | null;
  idleParameter?: number;
}

/** The counts of a machine before the fault. */
const seen = (machine: Machine) => ({
  tick: machine.tick,
  pulses: machine.board.motor.pulses,
  steps: machine.board.motor.steps,
  delivered: machine.world.delivered_nl,
  tip: machine.world.catheter.tip_nl,
  lost: machine.world.catheter.lost_nl,
  resets: machine.board.reset.count,
  minute: machine.board.clock.minutes,
  phase: machine.board.clock.phase,
  gauge: machine.world.gauge_mmHg(),
  rx: machine.board.link.rxBytes,
  volume: machine.world.reservoir.volume_nl,
  memory: machine.board.nvm.bytes.slice(),
});
type Seen = ReturnType<typeof seen>;

/** Pulses went on, and the rotor stood still for each of them. */
const heldStill: Row["seen"] = (machine, before, acts) => {
  expect([machine.board.motor.steps, machine.world.delivered_nl]).toEqual([before.steps, before.delivered]);
  expect(acts).toBeGreaterThan(2);
};

const displaced =
  (factor: number): Row["seen"] =>
  (machine, before, acts) => {
    expect(acts).toBeGreaterThan(10);
    expect(acts).toBe(machine.board.motor.steps - before.steps);
    expect(machine.world.delivered_nl - before.delivered).toBeCloseTo(acts * PULSE_NL * factor, 6);
  };

const resetFor =
  (cause: number): Row["seen"] =>
  (machine, before) =>
    expect([machine.board.reset.count, machine.board.reset.lastCause]).toEqual([before.resets + 1, cause]);

const misread =
  (check: (code: number, truth: number) => boolean): Row["seen"] =>
  (machine) => {
    const truth = Math.round(machine.world.reservoir.volume_nl / 12500);
    expect(check(machine.board.reservoir.level(), truth)).toBe(true);
  };

/** Bytes that came through a fault on the line to the pump; the caller sends the same number every hundred ticks. */
const bytesIn =
  (check: (bytes: number, acts: number, sent: number) => boolean): Row["seen"] =>
  (machine, before, acts) => {
    const twin = called();
    const start = twin.board.link.rxBytes;
    twin.run(machine.tick - twin.tick);
    expect(check(machine.board.link.rxBytes - before.rx, acts, twin.board.link.rxBytes - start)).toBe(true);
  };

const ROWS: Row[] = [
  { name: "motor_stall", where: running, first: nextStep, seen: heldStill, idle: stopped },
  {
    name: "motor_slip",
    parameter: 1,
    where: running,
    first: nextStep,
    seen: heldStill,
    idle: running,
    idleParameter: 0,
  },
  {
    name: "motor_reverse",
    where: running,
    first: nextStep,
    seen: (machine, before, acts) => {
      expect(machine.board.motor.steps).toBe(before.steps - acts);
      expect(machine.world.delivered_nl).toBe(before.delivered - acts * PULSE_NL);
    },
    idle: stopped,
  },
  {
    name: "motor_runaway",
    parameter: (PULSE_NL * TICKS_PER_DAY) / 50,
    where: running,
    first: (twin) => twin.tick + 49,
    seen: (machine, before, acts) => {
      // The pulse in flight when the supply is cut is lost. Every step beyond the pulses is an act.
      expect(machine.board.motor.steps - before.steps - acts).toBeLessThanOrEqual(
        machine.board.motor.pulses - before.pulses,
      );
      expect(machine.world.byCause_nl[0]).toBe(acts * PULSE_NL);
    },
    idle: stopped,
  },
  {
    name: "over_delivery",
    parameter: 1.5,
    where: running,
    first: nextStep,
    seen: displaced(1.5),
    idle: running,
    idleParameter: 1,
  },
  {
    name: "under_delivery",
    parameter: 0.5,
    where: running,
    first: nextStep,
    seen: displaced(0.5),
    idle: stopped,
  },
  {
    name: "catheter_occlusion",
    where: running,
    first: nextStep,
    seen: (machine, before) => {
      expect(machine.world.catheter.tip_nl).toBe(before.tip);
      expect(machine.world.catheter.pressure_mmHg()).toBeGreaterThan(200);
    },
    idle: stopped,
  },
  {
    name: "catheter_leak",
    parameter: 0.25,
    where: running,
    first: nextStep,
    seen: (machine, before) => {
      const delivered = machine.world.delivered_nl - before.delivered;
      expect(machine.world.catheter.lost_nl).toBeCloseTo(delivered / 4, 6);
      expect(machine.world.catheter.tip_nl - before.tip).toBeCloseTo((delivered * 3) / 4, 6);
    },
    idle: running,
    idleParameter: 0,
  },
  {
    name: "catheter_disconnect",
    where: running,
    first: nextStep,
    seen: (machine, before) => {
      expect(machine.world.catheter.tip_nl).toBe(before.tip);
      expect(machine.world.catheter.lost_nl).toBe(machine.world.delivered_nl - before.delivered);
    },
    idle: stopped,
  },
  {
    name: "reservoir_sensor.stuck",
    where: running,
    first: nextMinute,
    ticks: TICKS_PER_MINUTE,
    seen: misread((code, truth) => code === Math.round(FILL_NL / 12500) && code > truth),
    idle: stopped,
  },
  {
    name: "reservoir_sensor.offset",
    parameter: -1e6,
    where: running,
    first: nextMinute,
    ticks: TICKS_PER_MINUTE,
    seen: misread((code, truth) => Math.abs(truth - 80 - code) <= 1),
    idle: running,
    idleParameter: 100,
  },
  {
    name: "reservoir_sensor.noise",
    parameter: 5e6,
    where: running,
    first: nextMinute,
    ticks: TICKS_PER_MINUTE,
    seen: misread((code, truth) => code !== truth && Math.abs(code - truth) <= 401),
    idle: running,
    idleParameter: 0,
  },
  {
    name: "pocket_fill",
    parameter: 4e5,
    where: refilledSoon,
    first: nextRefill,
    seen: (machine, before) => {
      expect(machine.world.reservoir.pocket_nl).toBe(4e5);
      const delivered = machine.world.delivered_nl - before.delivered;
      expect(machine.world.reservoir.volume_nl).toBeCloseTo(before.volume + 6e5 - delivered, 6);
    },
    idle: running,
  },
  {
    name: "overfill",
    where: refilledSoon,
    first: nextRefill,
    seen: (machine) => {
      expect(machine.world.reservoir.volume_nl).toBeGreaterThan(19.99e6);
      expect(machine.world.reservoir.volume_nl).toBeLessThanOrEqual(20e6);
      expect(machine.world.reservoir.pocket_nl).toBeCloseTo(2e6, -4);
      expect(machine.world.gauge_mmHg()).toBeGreaterThan(440);
    },
    idle: running,
  },
  { name: "battery_sag", where: running, first: nextPulse, ticks: 80, seen: resetFor(RESET_BROWNOUT), idle: stopped },
  { name: "brownout", where: running, first: now, seen: resetFor(RESET_BROWNOUT), idle: null },
  { name: "reset", where: running, first: now, seen: resetFor(RESET_EXTERNAL), idle: null },
  { name: "hang", where: running, first: (twin) => twin.tick + 19, seen: resetFor(RESET_WATCHDOG), idle: null },
  {
    name: "ram_flip",
    parameter: 12,
    field: "therapy.rate",
    where: stopped,
    first: now,
    // A value is compared with its complement when it is used next, and a stopped pump uses its rate at the minute.
    ticks: TICKS_PER_MINUTE,
    seen: (machine) => {
      expect(machine.firmware.read("memory.faulty")).toBe(1);
    },
    idle: null,
  },
  {
    name: "nvm_flip",
    parameter: 8 * 130_000 + 3,
    where: running,
    first: now,
    seen: (machine, before) => {
      const changed = [...machine.board.nvm.bytes.entries()].filter(([at, byte]) => byte !== before.memory[at]);
      expect(changed).toContainEqual([130_000, before.memory[130_000] ^ 8]);
    },
    idle: null,
  },
  {
    name: "nvm_torn_write",
    where: writing,
    first: nextWrite,
    ticks: 80,
    seen: (machine, before, acts) => {
      resetFor(RESET_BROWNOUT)(machine, before, acts);
    },
    idle: null,
  },
  {
    name: "rtc_jump",
    parameter: 60 * TICKS_PER_MINUTE,
    where: running,
    first: now,
    ticks: 10,
    seen: (machine, before) => expect(machine.board.clock.minutes).toBe(before.minute + 60),
    idle: running,
    idleParameter: 0,
  },
  {
    name: "rtc_drift",
    parameter: 100_000,
    where: running,
    // A tenth faster, the minute that is under way ends sooner by a part of what is left of it.
    first: (twin) => {
      const left = TICKS_PER_MINUTE - twin.board.clock.phase;
      return twin.tick + Math.ceil(left / 1.1) - 1;
    },
    ticks: TICKS_PER_MINUTE,
    seen: (machine, before) => {
      const { minutes, phase } = machine.board.clock;
      const ran = (minutes - before.minute) * TICKS_PER_MINUTE + phase - before.phase;
      expect(ran).toBe((11 * TICKS_PER_MINUTE) / 10);
    },
    idle: running,
    idleParameter: 0,
  },
  { name: "mri_field", where: running, first: nextStep, seen: heldStill, idle: stopped },
  {
    name: "temperature",
    parameter: 40000,
    where: running,
    first: now,
    seen: (machine, before) => {
      expect(machine.board.thermometer.temperature_mC()).toBe(40000);
      expect(machine.world.gauge_mmHg() - before.gauge).toBeGreaterThan(89);
    },
    idle: running,
    idleParameter: 37000,
  },
  {
    name: "altitude",
    parameter: 2000,
    where: running,
    first: now,
    seen: (machine, before) => expect(machine.world.gauge_mmHg() - before.gauge).toBeGreaterThan(155),
    idle: running,
    idleParameter: 0,
  },
  {
    name: "pressure",
    parameter: 200_000,
    where: running,
    first: now,
    seen: (machine, before) => {
      expect(before.gauge - machine.world.gauge_mmHg()).toBeCloseTo(740, 0);
      expect(machine.world.delivered_nl).toBe(before.delivered);
    },
    idle: running,
    idleParameter: 760 * 133.322,
  },
  {
    name: "flow_past_rotor",
    parameter: (PULSE_NL * TICKS_PER_DAY) / 100,
    where: stopped,
    first: (twin) => twin.tick + 100,
    seen: (machine, before, acts) => {
      expect(acts).toBe(Math.floor(TICKS / 100 - 0.01));
      expect(machine.world.delivered_nl - before.delivered).toBe(acts * PULSE_NL);
      expect(before.volume - machine.world.reservoir.volume_nl).toBe(acts * PULSE_NL);
      expect([machine.board.motor.steps, machine.board.motor.pulses]).toEqual([before.steps, before.pulses]);
    },
    idle: running,
    idleParameter: 0,
  },
  {
    name: "sounder_dead",
    where: alarmed,
    first: next((machine) => machine.board.sounder.tone),
    ticks: TICKS_PER_MINUTE,
    seen: (machine) => {
      expect([machine.signal("sounder.tone"), machine.board.sounder.responds()]).toEqual([0, false]);
    },
    idle: running,
  },
  {
    name: "guard_dead",
    where: runaway,
    first: nextTrip,
    seen: (machine) => expect(machine.board.guard.tripped()).toBe(false),
    idle: running,
  },
  {
    name: "link.drop",
    parameter: 1,
    where: called,
    first: nextByteIn,
    seen: bytesIn((bytes, acts, sent) => bytes === 0 && acts === sent),
    idle: running,
  },
  {
    name: "link.duplicate",
    parameter: 1,
    where: called,
    first: nextByteIn,
    seen: bytesIn((bytes, acts, sent) => bytes === 2 * sent && acts >= sent),
    idle: running,
  },
  {
    name: "link.flip",
    parameter: 1,
    where: called,
    first: nextByteIn,
    seen: (machine, before, acts) => {
      bytesIn((bytes, _, sent) => bytes === sent && acts >= sent)(machine, before, acts);
      expect(machine.firmware.read("telemetry.refused")).toBeGreaterThan(0);
    },
    idle: running,
  },
  {
    name: "link.delay",
    parameter: 130,
    where: called,
    first: nextByteIn,
    ticks: 100,
    seen: bytesIn((bytes, acts, sent) => bytes === 0 && acts === sent),
    idle: running,
  },
  {
    name: "link.babble",
    parameter: 1,
    where: running,
    first: now,
    seen: (machine, before, acts) => {
      expect(machine.board.link.rxBytes - before.rx).toBe(TICKS);
      expect(acts).toBe(TICKS);
    },
    idle: running,
    idleParameter: 0,
  },
];

const cases = ROWS.map((row): [FaultName, Row] => [row.name, row]);
const actsOf = (machine: Machine, name: FaultName) => machine.faults.acts[faultIndex(name)];

describe("EMU-4: every fault acts on the world or the board and counts its acts", () => {
  test("each fault of the table has a case here", () => {
    expect(ROWS.map(({ name }) => name)).toEqual(FAULTS.map(({ name }) => name));
  });

  test.each(cases)("%s acts where it must", (name, row) => {
    const machine = row.where();
    const first = row.first(row.where());
    const before = seen(machine);
    machine.inject(name, row.parameter ?? 0, row.field ?? null);
    machine.run(row.ticks ?? TICKS);
    const acts = actsOf(machine, name);
    expect(acts).toBeGreaterThan(0);
    expect(machine.faults.first[faultIndex(name)]).toBe(first);
    row.seen(machine, before, acts);
  });

  test.each(cases.filter(([, row]) => row.idle !== null))("%s counts no act where it has no occasion", (name, row) => {
    const machine = row.idle?.() ?? running();
    const twin = row.idle?.() ?? running();
    machine.inject(name, row.idleParameter ?? row.parameter ?? 0, row.field ?? null);
    machine.run(TICKS);
    twin.run(TICKS);
    expect([actsOf(machine, name), machine.faults.first[faultIndex(name)]]).toEqual([0, -1]);
    for (const each of [machine, twin]) each.faults.on.fill(0);
    const { memory: _memory, gauge: _gauge, ...counted } = seen(machine);
    const { memory: _other, gauge: _pressure, ...healthy } = seen(twin);
    expect(counted).toEqual(healthy);
  });

  test("ram_flip acts only where the field holds the bit, so that a switch stays on", () => {
    const machine = running();
    expect(machine.firmware.read("therapy.running")).toBe(1);
    machine.inject("ram_flip", 3, "memory.faulty");
    expect([actsOf(machine, "ram_flip"), machine.firmware.read("memory.faulty")]).toEqual([1, 1]);
    machine.inject("ram_flip", 0, "therapy.running");
    expect([actsOf(machine, "ram_flip"), machine.firmware.read("therapy.running")]).toEqual([1, 0]);
  });

  test("a lasting fault acts until it is released, and a momentary one is over at once", () => {
    const machine = running();
    machine.inject("motor_stall");
    machine.run(200);
    machine.release("motor_stall");
    const acts = actsOf(machine, "motor_stall");
    const steps = machine.board.motor.steps;
    machine.run(600);
    expect(actsOf(machine, "motor_stall")).toBe(acts);
    expect(machine.board.motor.steps).toBeGreaterThan(steps);
    for (const { name, duration } of FAULTS) {
      if (duration !== "momentary" || name === "hang") continue;
      machine.inject(name, 1, "reservoir.estimate");
      expect([name, machine.faults.on[faultIndex(name)]]).toEqual([name, 0]);
    }
  });

  test("EMU-3: an unknown fault or field is refused by name, and nothing is switched on", () => {
    const machine = running();
    expect(() => machine.inject("motor_stal")).toThrow(/motor_stal/);
    expect(() => machine.inject("ram_flip", 0, "no.field")).toThrow(/no\.field/);
    expect(() => machine.release("nothing")).toThrow(RangeError);
    expect(machine.faults.on.every((on) => on === 0)).toBe(true);
  });
});

describe("the table of faults", () => {
  test("has unique names, and says of each fault what it does and what counts as an act", () => {
    expect(new Set(FAULTS.map(({ name }) => name)).size).toBe(FAULTS.length);
    for (const row of FAULTS) for (const text of [row.does, row.acts]) expect(text.length).toBeGreaterThan(8);
  });
});

describe("the ledger of faults", () => {
  test("counts the acts of a fault, keeps the tick of the first, and starts anew when the fault is switched on again", () => {
    const ledger = new FaultLedger();
    const [one, other] = [faultIndex("motor_stall"), faultIndex("hang")];
    ledger.start(one, 0.5);
    expect([ledger.on[one], ledger.parameter[one], ledger.acts[one], ledger.first[one]]).toEqual([1, 0.5, 0, -1]);
    for (const tick of [7, 9]) {
      ledger.tick = tick;
      ledger.acted(one);
    }
    expect([ledger.acts[one], ledger.first[one], ledger.acts[other], ledger.first[other]]).toEqual([2, 7, 0, -1]);
    ledger.end(one);
    expect([ledger.on[one], ledger.acts[one], ledger.first[one]]).toEqual([0, 2, 7]);
    ledger.start(one, 0);
    expect([ledger.acts[one], ledger.first[one]]).toEqual([0, -1]);
  });

  test("counts an act in the very first tick as the first", () => {
    const ledger = new FaultLedger();
    ledger.acted(0);
    ledger.tick = 5;
    ledger.acted(0);
    expect(ledger.first[0]).toBe(0);
  });
});

test("a step is due FLIGHT_TICKS after its pulse, as the forecasts of the compared machines assume", () => {
  const [pulses, steps] = [running(), running()];
  nextStep(pulses);
  nextStep(steps);
  expect(nextStep(steps) - nextPulse(pulses)).toBe(FLIGHT_TICKS);
});

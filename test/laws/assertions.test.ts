// The law of assertions: no cable, person, sensor or worn memory reaches one. The controller gets a link that says anything, a
// non-volatile memory that holds anything, records with a right CRC around wrong content among it, commands of a paired
// clinician with any payload, and sensors, a motor and a cell that read anything. It may refuse, alarm or stop. It never throws.

import * as fc from "fast-check";
import { expect, test } from "vitest";
import { referenceController, type ControllerFactory } from "../../emulator/machine/controller-host";
import { COMMAND_ROWS, encodePayload } from "../../emulator/contract/commands";
import { bytesOf } from "../../emulator/contract/layout";
import type { PumpController } from "../../firmware/controller";
import { crc32 } from "../../firmware/crc";
import { recordAt, SLOTTED_RECORDS, slotBytes } from "../../firmware/layout";
import { assert } from "../../hal/assert";
import { Hal } from "../../hal/hal";
import { NVM_BYTES } from "../../hal/nvm";
import {
  COMMAND_CLINICIAN_BOLUS,
  COMMAND_INTERROGATE,
  COMMAND_PRIME,
  COMMANDS,
  OUTCOME_ACCEPTED,
  PAYLOAD_BYTES,
} from "../../hal/telemetry";
import { runs } from "../effort";
import { say } from "../listen";
import { mutant, replace } from "../mutant";
import { HOUR, MINUTE, Pump, SECOND } from "../pump";

/** The readings of the sensors, in turn. Null stands for the reading of the board's own part, and so does an empty list. */
class Readings {
  values: (number | null)[] = [];
  private next = 0;

  read(real: () => number): number {
    if (this.values.length === 0) return real();
    return this.values[this.next++ % this.values.length] ?? real();
  }
}

/** A controller on a board whose sensors, cell and encoder read what `readings` says. */
function sensing(readings: Readings, controller: ControllerFactory): ControllerFactory {
  const wild = ({ motor, reservoir, battery, thermometer, ...others }: Hal): Hal =>
    new Hal(
      {
        pulse: () => motor.pulse(),
        motion: () => readings.read(() => motor.motion()),
        setPower: (on) => motor.setPower(on),
      },
      {
        level: () => readings.read(() => reservoir.level()),
        pressure: () => readings.read(() => reservoir.pressure()),
        capacity_mL: () => readings.read(() => reservoir.capacity_mL()),
        external: () => reservoir.external(),
      },
      others.link,
      others.clock,
      others.nvm,
      { cell_mv: () => readings.read(() => battery.cell_mv()) },
      { temperature_mC: () => readings.read(() => thermometer.temperature_mC()) },
      others.sounder,
      others.watchdog,
      others.reset,
      others.guard,
      others.crypto,
      others.trace,
      others.crc,
    );
  return { name: controller.name, mount: (hal) => controller.mount(wild(hal)) };
}

/** The memory that a pump of this build leaves behind after an hour. */
const OWN = new Pump().wait(HOUR).machine.board.nvm.bytes.slice();

/** Bytes of a record's content, as its CRC in a memory says. */
function contentBytes(record: number): number {
  const view = new DataView(OWN.buffer);
  const at = recordAt(record);
  for (let length = 1; length <= slotBytes(record) - 8; length++) {
    if (view.getInt32(at + 4 + length, true) === crc32(OWN, at, 4 + length)) return length;
  }
  throw new RangeError(`record ${record} is not there`);
}
const CONTENT_BYTES = Array.from({ length: SLOTTED_RECORDS }, (_, record) => contentBytes(record));

interface Forgery {
  record: number;
  words: [at: number, word: number][];
}

/** Both slots of a record with other words in it, under a right CRC. */
function forge(image: Uint8Array, { record, words }: Forgery): void {
  const view = new DataView(image.buffer);
  const length = CONTENT_BYTES[record];
  for (const slot of [recordAt(record), recordAt(record) + slotBytes(record)]) {
    view.setUint32(slot, 0x1000 + slot, true);
    for (const [at, word] of words) view.setInt32(slot + 4 + (at % (length - 3)), word, true);
    view.setInt32(slot + 4 + length, crc32(image, slot, 4 + length), true);
  }
}

const i32 = fc.oneof(
  fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff }),
  fc.integer({ min: -2, max: 5000 }),
  fc.constantFrom(-0x8000_0000, -1, 0, 1, 0x3fff_ffff, 0x7fff_ffff),
);
const noise = (maxLength: number) => fc.uint8Array({ maxLength, size: "max" });
const memory = fc.record({
  kind: fc.constantFrom("untouched", "forged", "forged", "forged", "worn", "blank"),
  noise: noise(4096),
  at: fc.nat(NVM_BYTES - 4096),
  forgeries: fc.array(
    fc.record({
      record: fc.nat(SLOTTED_RECORDS - 1),
      words: fc.array(fc.tuple(fc.nat(1023), i32), { minLength: 1, maxLength: 40, size: "max" }),
    }),
    { maxLength: 3 },
  ),
});
/** Words, so that numbers of all sizes are in the fields, cut to the command's length or not. */
const command = fc.record({
  kind: fc.nat(COMMANDS),
  words: fc.array(i32, { maxLength: PAYLOAD_BYTES / 4 }),
  fits: fc.boolean(),
});
/** Orders under way when a case begins. The first leaves basal alone. */
const UNDER_WAY: [kind: number, fields: Record<string, number>][] = [
  [COMMAND_INTERROGATE, {}],
  [COMMAND_PRIME, { pulses: 200, confirm: 0 }],
  [COMMAND_CLINICIAN_BOLUS, { pulses: 100, duration_s: 150 }],
];

const cases = fc.record({
  start: fc.nat(UNDER_WAY.length - 1),
  memory,
  readings: fc.array(fc.option(i32, { freq: 2 }), { maxLength: 40 }),
  heard: noise(300),
  commands: fc.array(command, { maxLength: 4 }),
});

type Case = typeof cases extends fc.Arbitrary<infer T> ? T : never;

function imageOf({ kind, noise: bytes, at, forgeries }: Case["memory"]): Uint8Array {
  const image = kind === "blank" ? new Uint8Array(NVM_BYTES) : OWN.slice();
  if (kind === "worn") image.set(bytes, at);
  if (kind === "forged") for (const each of forgeries) forge(image, each);
  return image;
}

/** Of the length that the command's row has, or of any. */
function payloadOf({ kind, words, fits }: Case["commands"][number]): Uint8Array {
  const row = COMMAND_ROWS.find(({ code }) => code === kind);
  if (row === undefined || !fits) return new Uint8Array(Int32Array.from(words).buffer);
  // As many of the lowest bits of each word as its field holds.
  const fields = row.payload.map((field, i) => [field.name, (words[i] ?? 0) & (256 ** bytesOf([field]) - 1)]);
  return encodePayload(kind, Object.fromEntries(fields) as Record<string, number>);
}

/** A controller that has run for some minutes, and for ten seconds of one of these orders, is taken back there for each case. */
function law(controller: ControllerFactory): fc.IRawProperty<[Case]> {
  const sensors = new Readings();
  const { machine, programmer } = new Pump(
    { limits: [{ pulses: 4000, window_min: 60 }] },
    {},
    true,
    sensing(sensors, controller),
  ).wait(5 * MINUTE);
  const before = machine.snapshot();
  const starts = UNDER_WAY.map(([kind, fields]) => {
    machine.restore(before);
    const outcome = programmer.outcome(kind, encodePayload(kind, fields));
    if (controller === referenceController) expect(outcome).toBe(OUTCOME_ACCEPTED);
    machine.run(10 * SECOND);
    return machine.snapshot();
  });
  return fc.property(cases, ({ start, memory, readings, heard, commands }) => {
    sensors.values = [];
    machine.restore(starts[start]);
    if (memory.kind !== "untouched") {
      machine.board.nvm.bytes.set(imageOf(memory));
      machine.inject("reset");
    }
    sensors.values = readings;
    machine.run(20);
    say(machine, heard);
    machine.run(100);
    for (const each of commands) programmer.ask(each.kind, payloadOf(each));
    machine.leap(MINUTE);
  });
}

test("no byte on the link, command, memory image or reading of a sensor reaches an assertion", () => {
  fc.assert(law(referenceController), { numRuns: runs(150) });
});

/** Controllers that assert what comes from outside. */
const TOO_SURE: [what: string, overclaim: (controller: PumpController) => void][] = [
  [
    "every frame is understood",
    ({ telemetry }) => replace(telemetry, "refuse", () => assert(false, "a frame is understood")),
  ],
  [
    "the estimate that was stored is a volume",
    ({ store, reservoir }) => {
      const { ledger } = store;
      const load = ledger.load.bind(ledger);
      replace(ledger, "load", () => {
        const loaded = load();
        assert(reservoir.estimate.get() >= 0, "the estimate is a volume");
        return loaded;
      });
    },
  ],
  [
    "a rotor makes one step in a tick",
    ({ reservoir }) => {
      const credit = reservoir.credit.bind(reservoir);
      replace(reservoir, "credit", (pulses) => {
        assert(pulses < 100, "one step in a tick");
        credit(pulses);
      });
    },
  ],
  [
    "a clinician refills no more than there is room for",
    ({ reservoir }) =>
      replace(reservoir, "refill", (_flags, _aspirated, filled) => {
        assert(filled >= 0 && filled <= 160_000, "a refill fits");
        return OUTCOME_ACCEPTED;
      }),
  ],
];

test.each(TOO_SURE)("the law finds a controller that wrongly asserts that %s", (what, overclaim) => {
  const attempt = () => fc.assert(law(mutant(what, overclaim)), { numRuns: 150, endOnFailure: true });
  expect(attempt).toThrow("Property failed");
});

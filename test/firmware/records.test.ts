// A record by itself, in a memory of its own: fields of every size in any order come back as they were put.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { VirtualCrc } from "../../emulator/board/crc";
import { VirtualNvm } from "../../emulator/board/nvm";
import { crc32 } from "../../firmware/crc";
import { FaultLedger } from "../../emulator/fault-ledger";
import { RECORD_CHART, recordAt, slotBytes } from "../../firmware/layout";
import { Records } from "../../firmware/records";
import { MemoryLatch, Twin } from "../../firmware/twin";
import type { Hal } from "../../hal/hal";

const SIZES = { u8: 1, u16: 2, u32: 4, flag: 1 } as const;
type Kind = keyof typeof SIZES;
interface Field {
  kind: Kind;
  value: number;
}

const WIDEST: Record<Kind, [number, number]> = {
  u8: [0, 255],
  u16: [0, 65_535],
  u32: [-0x8000_0000, 0x7fff_ffff],
  flag: [0, 1],
};
const field = fc
  .constantFrom<Kind>("u8", "u16", "u32", "u32", "flag")
  .chain((kind) => fc.integer({ min: WIDEST[kind][0], max: WIDEST[kind][1] }).map((value): Field => ({ kind, value })));
const fields = fc.array(field, { minLength: 1, maxLength: 60, size: "max" });

/** The fields as an owner of a record has them, which lists them once for both ways. */
class Owner {
  readonly records: Records;
  readonly twins: Twin[];
  private readonly fields: readonly Field[];

  constructor(nvm: VirtualNvm, own: readonly Field[], isEmpty: boolean) {
    const memory = new MemoryLatch();
    this.records = new Records({ nvm, crc: new VirtualCrc() } as unknown as Hal, memory);
    this.fields = own;
    this.twins = own.map(({ value }) => new Twin(memory, isEmpty ? 0 : value));
    this.records.begin();
    this.list();
    this.records.measure(RECORD_CHART);
  }

  list(): void {
    this.fields.forEach(({ kind }, i) => this.records[kind](this.twins[i]));
  }

  get values(): number[] {
    return this.twins.map((twin) => twin.get());
  }
}

describe("NVM-1: a record", () => {
  test("gives back its fields of any size in any order, and ends with the CRC-32 of whole words", () => {
    fc.assert(
      fc.property(fields, (own) => {
        const nvm = new VirtualNvm(new FaultLedger());
        const owner = new Owner(nvm, own, false);
        // The buffer is full of what was in it before.
        expect(owner.records.testBuffer()).toBe(true);
        owner.records.begin();
        owner.list();
        owner.records.write(RECORD_CHART, true);

        const restarted = new Owner(nvm, own, true);
        expect(restarted.records.load(RECORD_CHART)).toBe(true);
        restarted.list();
        expect(restarted.values).toEqual(own.map(({ value }) => value));

        const bytes = own.reduce((sum, { kind }) => sum + SIZES[kind], 0);
        const length = 4 + Math.ceil(bytes / 4) * 4;
        for (const slot of [recordAt(RECORD_CHART), recordAt(RECORD_CHART) + slotBytes(RECORD_CHART)]) {
          const content = nvm.bytes.slice(slot, slot + length);
          expect(nvm.readWord(slot + length)).toBe(crc32(content, 0, length));
          expect(content.subarray(4 + bytes).every((byte) => byte === 0)).toBe(true);
        }
      }),
      { numRuns: 150 },
    );
  });

  test("is not there when any one bit of both slots is another", () => {
    const own: Field[] = [
      { kind: "u8", value: 7 },
      { kind: "u32", value: 0x1234_5678 },
    ];
    const nvm = new VirtualNvm(new FaultLedger());
    const owner = new Owner(nvm, own, false);
    owner.records.begin();
    owner.list();
    owner.records.write(RECORD_CHART, true);
    const bytes = nvm.bytes.slice();
    const [first, second] = [recordAt(RECORD_CHART), recordAt(RECORD_CHART) + slotBytes(RECORD_CHART)];
    // Sequence, two words and the CRC.
    for (let bit = 0; bit < 8 * 16; bit++) {
      nvm.bytes.set(bytes);
      for (const slot of [first, second]) nvm.bytes[slot + (bit >> 3)] ^= 1 << (bit & 7);
      expect(new Owner(nvm, own, true).records.load(RECORD_CHART)).toBe(false);
    }
  });
});

// The non-volatile memory: bytes that stay, a count of writes, the torn write of NVM-1 and the flipped bit of RAM-2.

import { describe, expect, test } from "vitest";
import { NVM_BYTES } from "../../hal/nvm";
import { VirtualNvm } from "../../emulator/board/nvm";
import { FAULT_NVM_FLIP, FAULT_NVM_TORN_WRITE, FaultLedger } from "../../emulator/fault-ledger";

function bench() {
  const faults = new FaultLedger();
  return { faults, nvm: new VirtualNvm(faults) };
}

test("NVM-3: a byte reads as the low 8 bits of the last write to it, and every write is counted", () => {
  const { nvm } = bench();
  expect(nvm.read(0)).toBe(0);
  nvm.write(0, 0x1ff);
  nvm.write(NVM_BYTES - 1, 7);
  nvm.write(NVM_BYTES - 1, 7);
  expect([nvm.read(0), nvm.read(1), nvm.read(NVM_BYTES - 1), nvm.writes]).toEqual([255, 0, 7, 3]);
});

describe("NVM-1: a write that is torn", () => {
  test.each([
    [0x00, 0xff, 0x0f],
    [0xff, 0x00, 0xf0],
    [0xa5, 0x5a, 0xaa],
    [0x12, 0x12, 0x12],
  ])("over a byte of %i with %i leaves %i, and the fault counts an act", (old, value, left) => {
    const { faults, nvm } = bench();
    nvm.write(5, old);
    faults.start(FAULT_NVM_TORN_WRITE, 0);
    faults.tick = 12;
    nvm.write(5, value);
    expect([nvm.read(5), nvm.failed]).toEqual([left, true]);
    expect([faults.acts[FAULT_NVM_TORN_WRITE], faults.first[FAULT_NVM_TORN_WRITE]]).toEqual([1, 12]);
    expect(faults.on[FAULT_NVM_TORN_WRITE]).toBe(0);
  });

  test("is followed by no other write until the board has restarted, and then by whole ones", () => {
    const { faults, nvm } = bench();
    faults.start(FAULT_NVM_TORN_WRITE, 0);
    nvm.write(1, 0xff);
    nvm.write(2, 0xff);
    expect([nvm.read(1), nvm.read(2), nvm.writes]).toEqual([0x0f, 0, 1]);
    nvm.failed = false;
    nvm.write(2, 0xff);
    expect([nvm.read(2), faults.acts[FAULT_NVM_TORN_WRITE]]).toEqual([0xff, 1]);
  });
});

test("RAM-2: any bit of the memory can be flipped without a change of another", () => {
  const { faults, nvm } = bench();
  for (const bit of [0, 7, 8, 12345, 8 * NVM_BYTES - 1]) {
    nvm.flip(bit);
    const changed = [...nvm.bytes.entries()].filter(([, byte]) => byte !== 0);
    expect(changed).toEqual([[bit >> 3, 1 << (bit & 7)]]);
    nvm.flip(bit);
  }
  expect(faults.acts[FAULT_NVM_FLIP]).toBe(10);
});

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

test("NVM-3: a word is four bytes, the lowest first, at any address, and each of its bytes is counted as written", () => {
  const { nvm } = bench();
  nvm.writeWord(3, 0x8403_0201 | 0);
  expect([...nvm.bytes.subarray(2, 8)]).toEqual([0, 1, 2, 3, 0x84, 0]);
  expect([nvm.readWord(3), nvm.readWord(4) & 0xffffff, nvm.writes]).toEqual([0x8403_0201 | 0, 0x84_0302, 4]);
  nvm.writeWord(NVM_BYTES - 4, -1);
  expect(nvm.readWord(NVM_BYTES - 4)).toBe(-1);
});

test.each([-1, NVM_BYTES - 3, NVM_BYTES, 0x4000_0000])(
  "NVM-3: a word at %i, which does not lie whole in the memory, reads as 0 and is not written",
  (address) => {
    const { nvm } = bench();
    nvm.bytes.fill(0xee);
    nvm.writeWord(address, 0);
    expect([nvm.readWord(address), nvm.writes]).toEqual([0, 0]);
    expect(nvm.bytes.every((byte) => byte === 0xee)).toBe(true);
  },
);

test.each([0, 1, 2, 3])(
  "NVM-1: a power cut in byte %i of a word leaves the bytes before it new, that one mixed and those after it old",
  (torn) => {
    const { faults, nvm } = bench();
    nvm.writeWord(8, -1);
    const { write } = nvm;
    nvm.write = (address, value) => {
      if (address === 8 + torn) faults.start(FAULT_NVM_TORN_WRITE, 0);
      write.call(nvm, address, value);
    };
    nvm.writeWord(8, 0x4433_2211);
    const whole = [0x11, 0x22, 0x33, 0x44];
    const left = whole.map((byte, i) => (i < torn ? byte : i === torn ? 0xf0 | (byte & 0x0f) : 0xff));
    expect([...nvm.bytes.subarray(8, 12)]).toEqual(left);
    expect([nvm.failed, nvm.writes]).toEqual([true, 5 + torn]);
  },
);

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

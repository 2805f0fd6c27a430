// The non-volatile memory: 128 KiB of FRAM that survive resets, with a count of writes. It is like the Infineon FM25V10 (1 Mbit
// as 128 K x 8), whose datasheet states 10^14 read and write cycles and no write delay. It has no page buffer: of the bytes that
// one access writes in a row, each is in its cell as soon as it was clocked in, so power can fail between any two and in each.
// The back door is `bytes` itself. A torn write stores the low four bits of the new byte over the old one, and the supply fails
// in it: `failed` is then true.

import { NVM_BYTES, NvmPort } from "../../hal/nvm";
import { FAULT_NVM_FLIP, FAULT_NVM_TORN_WRITE, FaultLedger } from "../fault-ledger";

export class VirtualNvm extends NvmPort {
  faults: FaultLedger;
  bytes: Uint8Array = new Uint8Array(NVM_BYTES);
  writes: f64 = 0;
  /** The supply failed inside a write of this tick. */
  failed: bool = false;

  constructor(faults: FaultLedger) {
    super();
    this.faults = faults;
  }

  read(address: i32): i32 {
    return isAddress(address) ? (this.bytes[address] as i32) : 0;
  }

  write(address: i32, value: i32): void {
    if (this.failed) return;
    this.writes++;
    if (this.faults.isOn(FAULT_NVM_TORN_WRITE)) {
      this.faults.end(FAULT_NVM_TORN_WRITE);
      this.faults.acted(FAULT_NVM_TORN_WRITE);
      this.failed = true;
      if (isAddress(address)) this.bytes[address] = ((this.bytes[address] & 0xf0) | (value & 0x0f)) as u8;
    } else if (isAddress(address)) this.bytes[address] = value as u8;
  }

  readWord(address: i32): i32 {
    if (!isWord(address)) return 0;
    const low = (this.bytes[address] as i32) | ((this.bytes[address + 1] as i32) << 8);
    return low | ((this.bytes[address + 2] as i32) << 16) | ((this.bytes[address + 3] as i32) << 24);
  }

  writeWord(address: i32, word: i32): void {
    if (!isWord(address)) return;
    this.write(address, word & 255);
    this.write(address + 1, (word >> 8) & 255);
    this.write(address + 2, (word >> 16) & 255);
    this.write(address + 3, (word >> 24) & 255);
  }

  /** Flips bit `nvmBit` & 7 of byte `nvmBit` >> 3. */
  flip(nvmBit: i32): void {
    if (nvmBit < 0 || nvmBit >= 8 * NVM_BYTES) return;
    this.bytes[nvmBit >> 3] = ((this.bytes[nvmBit >> 3] as i32) ^ (1 << (nvmBit & 7))) as u8;
    this.faults.acted(FAULT_NVM_FLIP);
  }
}

/** A read beyond the memory gives 0, and a write there does nothing. */
function isAddress(address: i32): bool {
  return address >= 0 && address < NVM_BYTES;
}

/** All four bytes of a word lie in the memory. */
function isWord(address: i32): bool {
  return address >= 0 && address <= NVM_BYTES - 4;
}

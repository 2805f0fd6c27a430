// A board and its secure element by themselves, with chance from a seed.

import { Board, BoardSetup } from "../emulator/board/board";
import { VirtualCrypto } from "../emulator/board/crypto";
import { FaultLedger } from "../emulator/fault-ledger";
import { RandomStream } from "../emulator/random";

export function boardWith(setup: BoardSetup, faults = new FaultLedger()): Board {
  return new Board(setup, new RandomStream(setup.seed, "crypto"), faults);
}

export function cryptoWith(seed: number): VirtualCrypto {
  return new VirtualCrypto(new RandomStream(seed, "crypto"));
}

// The operations of the secure element in the machine's module: calls of the host, which works on the part's buffer and key slots
// in this memory (emulator/board/secure-element.ts, in whose place this file is compiled).

import { VirtualCrypto } from "../../emulator/board/crypto";

declare function element_seal(slot: i32, associated: i32, text: i32): bool;
declare function element_open(slot: i32, associated: i32, text: i32): bool;
declare function element_draw(): i32;
declare function element_agree(slot: i32): bool;
declare function element_derive(from: i32, to: i32, salt: i32): bool;

export function seal(_element: VirtualCrypto, slot: i32, associated: i32, text: i32): bool {
  return element_seal(slot, associated, text);
}

export function open(_element: VirtualCrypto, slot: i32, associated: i32, text: i32): bool {
  return element_open(slot, associated, text);
}

export function draw(_element: VirtualCrypto): i32 {
  return element_draw();
}

export function agree(_element: VirtualCrypto, slot: i32): bool {
  return element_agree(slot);
}

export function derive(_element: VirtualCrypto, from: i32, to: i32, salt: i32): bool {
  return element_derive(from, to, salt);
}

// Floods of the link, for tests: everything that somebody without a key can send.

import { encodeFrame } from "../../emulator/telemetry/frame";
import type { SecureChannel } from "../../emulator/telemetry/secure";
import { FRAME_OPEN, FRAME_PAIR, FRAME_QUERY, FRAME_SEALED, FRAME_VERSION } from "../../hal/telemetry";
import { chance, forged, textOf } from "./air";
import { BOLUS } from "./orders";

/** The key of somebody who has none. */
export const FORGERS_KEY = chance(99, 16);

export interface Flood {
  name: string;
  head: boolean;
  frame: (n: number) => Uint8Array;
}

/** Floods of the link of a pump with which `clinician` has the session in force. `honest` is an authentic frame of it. */
export function floodsOn(clinician: SecureChannel, honest: Uint8Array): Flood[] {
  const key = FORGERS_KEY;
  return [
    { name: "noise", head: false, frame: (n) => chance(n, 60) },
    { name: "zeros", head: false, frame: () => new Uint8Array(60) },
    { name: "a frame that never ends", head: false, frame: () => new Uint8Array(115).fill(0x55) },
    { name: "version queries", head: false, frame: () => encodeFrame(FRAME_QUERY, new Uint8Array(0)) },
    { name: "another version", head: false, frame: () => encodeFrame(FRAME_SEALED, chance(1, 40), FRAME_VERSION + 1) },
    {
      name: "pairings without the head",
      head: false,
      frame: (n) => encodeFrame(FRAME_PAIR, Uint8Array.of(1, ...chance(n, 32))),
    },
    {
      name: "pairings with the head",
      head: true,
      frame: (n) => encodeFrame(FRAME_PAIR, Uint8Array.of(2, ...chance(n, 32))),
    },
    {
      name: "half-open sessions",
      head: false,
      frame: (n) => encodeFrame(FRAME_OPEN, Uint8Array.of(0, ...chance(n, 16))),
    },
    {
      name: "sessions of nobody",
      head: false,
      frame: (n) => encodeFrame(FRAME_OPEN, Uint8Array.of(200, ...chance(n, 16))),
    },
    {
      name: "tags that are tried",
      head: true,
      frame: (n) => forged({ key, session: clinician.session, counter: 50 + n, text: textOf(8, n & 0xffff, BOLUS) }),
    },
    {
      name: "frames for a session that is not",
      head: false,
      frame: (n) => forged({ key, session: 9_999, counter: 1 + n, text: textOf(5, 1) }),
    },
    { name: "one frame replayed", head: true, frame: () => honest },
    { name: "the longest frames", head: false, frame: (n) => encodeFrame(FRAME_SEALED, chance(n, 115)) },
  ];
}

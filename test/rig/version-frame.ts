// The one exchange that every version of the protocol understands, as tests of ports use it: a question, and whether bytes
// from the pump hold its answer.

import { FRAME_QUERY, OUTCOME_ACCEPTED, REPLY } from "../../hal/telemetry";
import { decodeFrame, encodeFrame } from "../../emulator/telemetry/frame";

export function versionQuestion(): Uint8Array {
  return encodeFrame(FRAME_QUERY, new Uint8Array(0));
}

/** How many whole answers are in the bytes. Throws on a frame that is something else. */
export function versionAnswers(bytes: readonly number[]): number {
  return framesIn(bytes).filter((coded) => {
    const frame = decodeFrame(Uint8Array.from(coded));
    if (frame?.type !== (FRAME_QUERY | REPLY)) throw new Error(`no answer to QUERY: ${coded.join(" ")}`);
    return frame.body[0] === OUTCOME_ACCEPTED;
  }).length;
}

/** What stands between zeros; an unfinished frame at the end is left out. */
function framesIn(bytes: readonly number[]): number[][] {
  const frames: number[][] = [[]];
  for (const byte of bytes) {
    if (byte === 0) frames.push([]);
    else frames[frames.length - 1].push(byte);
  }
  return frames.slice(0, -1).filter((frame) => frame.length > 0);
}

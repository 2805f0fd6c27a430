// The one exchange that every version of the protocol understands, as tests of ports use it: a question, and whether bytes
// from the pump hold its answer.

import { FRAME_QUERY, OUTCOME_ACCEPTED, REPLY } from "../../hal/telemetry";
import { encodeFrame, telemetryReader } from "../../emulator/telemetry/frame";

export function versionQuestion(): Uint8Array {
  return encodeFrame(FRAME_QUERY, new Uint8Array(0));
}

/** How many whole answers are in the bytes. Throws on a frame that is something else. */
export function versionAnswers(bytes: readonly number[]): number {
  const reader = telemetryReader();
  const frames = bytes.map((byte) => reader.take(byte)).filter((frame) => frame !== null);
  if (reader.rejected > 0 || frames.some(({ type }) => type !== (FRAME_QUERY | REPLY))) {
    throw new Error(`not only answers to QUERY: ${bytes.join(" ")}`);
  }
  return frames.filter(({ body }) => body[0] === OUTCOME_ACCEPTED).length;
}

// The second thread of a child that is an end of the hal wire. It waits for the command's messages and puts their bytes into the
// ring from which the first thread reads.

import { readSync } from "node:fs";
import { workerData } from "node:worker_threads";
import { RingWriter, STOP_PORT_LOST, type SharedRing } from "../port/blocking-port";
import { WIRE_BYTES, WIRE_FD, WIRE_HEADER_BYTES } from "./messages";

const writer = new RingWriter(workerData as SharedRing);

/** The next `count` bytes; null when the command has closed its end. */
function read(count: number): Buffer | null {
  const bytes = Buffer.alloc(count);
  for (let at = 0; at < count;) {
    const got = readSync(WIRE_FD, bytes, at, count - at, null);
    if (got === 0) return null;
    at += got;
  }
  return bytes;
}

for (;;) {
  const header = read(WIRE_HEADER_BYTES);
  if (header === null) break;
  const value = header.readUInt32LE(1);
  if (header[0] !== WIRE_BYTES) {
    writer.stop(value);
    continue;
  }
  const bytes = read(value);
  if (bytes === null) break;
  writer.put(bytes);
}
writer.stop(STOP_PORT_LOST);

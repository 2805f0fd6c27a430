// Opens the port that a person named where a serial port is expected: the path of one on this machine, or the address of one at
// another program or machine.

import { openSerial, type BytePort } from "./port";
import { openRemote, type RemoteAddress } from "./socket-port";

/** A path, or what `remoteAddress` read. */
export type Place = string | RemoteAddress;

/** Throws PortError, as the two functions do that it calls. */
export function openLine(place: Place, baud: number, options: { reopen?: boolean } = {}): Promise<BytePort> {
  return typeof place === "string" ? openSerial(place, baud, options) : openRemote(place, baud, options);
}

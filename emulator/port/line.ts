// Opens the port that a person named where a serial port is expected: the path of one on this machine, or the address of one at
// another program or machine.

import { openSerial, type BytePort } from "./port";
import { openRemote, remoteAddress } from "./socket-port";

/**
 * `place`: a path, `tcp:HOST:PORT` or `rfc2217:HOST:PORT`. Throws PortError, as the two functions do that it calls, and UsageError for
 * an address that is none.
 */
export async function openLine(place: string, baud: number, options: { reopen?: boolean } = {}): Promise<BytePort> {
  const address = remoteAddress("the port", place);
  return address === null ? openSerial(place, baud, options) : openRemote(address, baud, options);
}

// The options by which a command is told its port: `--serial PATH --baud N`, or `--pty [LINK]`; exactly one of the two.

import type { Command } from "commander";
import { makePty, openSerial, PortError, type BytePort } from "../port/port";
import { UsageError } from "../usage-error";

export interface PortOptions {
  serial?: string;
  baud: string;
  pty?: string | true;
}

export function withPortOptions(command: Command): Command {
  return command
    .option("--serial <path>", "a serial port; `cistern ports` lists them")
    .option("--baud <n>", "of the serial port", "115200")
    .option("--pty [link]", "make a pseudo-terminal, print its path, and a symbolic link to it if given (Linux)");
}

/** Opens the port that the options name. A serial port that is unplugged is opened again when it is back. */
export async function openPort({ serial, baud, pty }: PortOptions): Promise<BytePort> {
  if ((serial === undefined) === (pty === undefined)) {
    throw new UsageError("expected either --serial PATH or --pty, and not both");
  }
  if (serial === undefined) return makePty(pty === true ? undefined : pty);
  if (!/^\d+$/.test(baud)) throw new PortError(`${serial}: found baud ${baud}, expected an integer`);
  return openSerial(serial, Number(baud), { reopen: true });
}

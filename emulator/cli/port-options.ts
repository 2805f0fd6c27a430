// Reads the options that name a command's port: either `--serial PATH --baud N` or `--pty [LINK]`. A wrong value is bad usage
// in every command and is reported before anything is opened.

import type { Command } from "commander";
import { BAUD_DEFAULT, BAUD_MAX, BAUD_MIN, makePty, openSerial, type BytePort } from "../port/port";
import { UsageError } from "../usage-error";
import { integerOption } from "./options";

export interface PortOptions {
  serial?: string;
  baud: string;
  pty?: string | true;
}

/** The port that the options name: a serial port by its path, or a pseudo-terminal with or without a link. */
export type PortChoice = { serial: string; baud: number } | { pty: string | undefined; baud: number };

export function withPortOptions(command: Command): Command {
  command.option("--serial <path>", "a serial port; `cistern ports` lists them");
  return withBaudOption(command).option(
    "--pty [link]",
    "make a pseudo-terminal, print its path, and a symbolic link to it if given (Linux)",
  );
}

export function withBaudOption(command: Command): Command {
  return command.option("--baud <n>", "speed of the serial port", String(BAUD_DEFAULT));
}

/** The value of `--baud`. Throws UsageError. */
export function baudOption(text: string): number {
  return integerOption("--baud", text, BAUD_MAX, BAUD_MIN);
}

/** The port that the options name. Throws UsageError when they name none or two. */
export function portChoice({ serial, baud, pty }: PortOptions): PortChoice {
  const speed = { baud: baudOption(baud) };
  if (serial !== undefined && pty !== undefined) {
    throw new UsageError("expected either --serial <path> or --pty [link], and not both");
  }
  if (serial !== undefined) return { serial, ...speed };
  if (pty !== undefined) return { pty: linkOf(pty), ...speed };
  throw new UsageError("expected --serial <path> or --pty [link]: no port was given");
}

/** The link of an option that may be given with or without one. */
export function linkOf(option: string | true | undefined): string | undefined {
  return option === true ? undefined : option;
}

/** Opens the port. With `reopen`, a serial port that was unplugged is opened again when it is back. Throws PortError. */
export function openPort(choice: PortChoice, reopen: boolean): Promise<BytePort> {
  return "serial" in choice ? openSerial(choice.serial, choice.baud, { reopen }) : makePty(choice.pty);
}

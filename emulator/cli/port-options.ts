// Reads the options that name a command's port: `--serial PATH --baud N`, `--pty [LINK]` or `--tcp [HOST:]PORT`. A wrong value is bad
// usage in every command and is reported before anything is opened.

import type { Command } from "commander";
import { openLine, type Place } from "../port/line";
import { BAUD_DEFAULT, BAUD_MAX, BAUD_MIN, makePty, type BytePort } from "../port/port";
import { listenAt, listeningAddress, remoteAddress, type Address } from "../port/socket-port";
import { UsageError } from "../usage-error";
import { integerOption } from "./options";

export interface PortOptions {
  serial?: string | undefined;
  baud: string;
  pty?: string | true | undefined;
  tcp?: string | undefined;
}

/** The port that the options name: a serial port, a pseudo-terminal with or without a link, or a TCP port to listen at. */
export type PortChoice = { baud: number } & ({ serial: Place } | { pty: string | undefined } | { tcp: Address });

/** The help of an option that takes a serial port. */
export const SERIAL_HELP = "a serial port (`cistern ports` lists them), tcp:HOST:PORT or rfc2217:HOST:PORT";

export function withPortOptions(command: Command): Command {
  command.option("--serial <path>", SERIAL_HELP);
  return withBaudOption(command)
    .option("--pty [link]", "make a pseudo-terminal, print its path, and a symbolic link to it if given (Linux)")
    .option(
      "--tcp <[host:]port>",
      "listen at a TCP port, of this machine alone without a host; 0: any free one, which is printed",
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
export function portChoice(options: PortOptions): PortChoice {
  const choice = choiceOf("", options);
  if (choice === null) throw new UsageError(`expected ${formsOf("")}: no port was given`);
  return choice;
}

/** The port that options of this beginning name (`link-` for `--link-pty`); null for none. Throws UsageError for two. */
export function choiceOf(prefix: string, { serial, baud, pty, tcp }: PortOptions): PortChoice | null {
  const speed = { baud: baudOption(baud) };
  if ([serial, pty, tcp].filter((each) => each !== undefined).length > 1) {
    throw new UsageError(`expected one of ${formsOf(prefix)}, and no more`);
  }
  if (serial !== undefined) return { serial: serialPlace(`--${prefix}serial`, serial), ...speed };
  if (tcp !== undefined) return { tcp: listeningAddress(`--${prefix}tcp`, tcp), ...speed };
  return pty === undefined ? null : { pty: linkOf(pty), ...speed };
}

/** The path of a serial port, or the address of a remote one. Throws UsageError for an address that is none. */
export function serialPlace(option: string, text: string): Place {
  return remoteAddress(option, text) ?? text;
}

function formsOf(prefix: string): string {
  return `--${prefix}serial <path>, --${prefix}pty [link] or --${prefix}tcp <[host:]port>`;
}

/** The link of an option that may be given with or without one. */
export function linkOf(option: string | true | undefined): string | undefined {
  return option === true ? undefined : option;
}

/** Opens the port. With `reopen`, a serial port that was unplugged is opened again when it is back. Throws PortError. */
export function openPort(choice: PortChoice, reopen: boolean): Promise<BytePort> {
  if ("tcp" in choice) return listenAt(choice.tcp);
  return "serial" in choice ? openLine(choice.serial, choice.baud, { reopen }) : makePty(choice.pty);
}

// The options by which a command opens a control channel: `--control PATH` or `--control-pty [LINK]`.

import type { Command } from "commander";
import type { ControlChannel } from "../rig/control";
import { openControlPty, openControlSocket, type ControlDoor } from "../rig/control-door";
import { UsageError } from "../usage-error";
import { linkOf } from "./port-options";

export interface ControlOptions {
  control?: string;
  controlPty?: string | true;
}

export function withControlOptions(command: Command): Command {
  return command
    .option("--control <path>", "open a control channel at a Unix socket, for faults, head, waits and symbols")
    .option("--control-pty [link]", "open the control channel at a second pseudo-terminal");
}

/** Throws UsageError when both ways are named. */
export function checkControlOptions({ control, controlPty }: ControlOptions): void {
  if (control === undefined || controlPty === undefined) return;
  throw new UsageError("expected --control or --control-pty, and not both");
}

/** The paths of the options, for the check that no two outputs have one place. */
export function controlPaths({ control, controlPty }: ControlOptions): [string, string | undefined][] {
  return [
    ["--control", control],
    ["--control-pty", linkOf(controlPty)],
  ];
}

/** Opens the channel that the options name; null for none. Throws PortError. */
export async function openControl(channel: ControlChannel, options: ControlOptions): Promise<ControlDoor | null> {
  const { control, controlPty } = options;
  if (control !== undefined) return openControlSocket(channel, control);
  return controlPty === undefined ? null : openControlPty(channel, linkOf(controlPty));
}

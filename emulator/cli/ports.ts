// `cistern ports` prints the serial ports of this machine, one line for each.

import { Command } from "commander";
import { listPorts, type ListedPort } from "../port/port";
import { JSON_OUTPUT } from "./options";

export const portsCommand = new Command("ports")
  .description("list the serial ports of this machine")
  .option(...JSON_OUTPUT)
  .action(async (options: { json?: boolean }) => {
    const ports = await listPorts();
    process.stdout.write(options.json ? `${JSON.stringify({ schema: "cistern.ports/1", ports })}\n` : textOf(ports));
  });

function textOf(ports: readonly ListedPort[]): string {
  if (ports.length === 0) return "no serial ports\n";
  const width = Math.max(...ports.map(({ path }) => path.length));
  return ports.map(({ path, description }) => `${`${path.padEnd(width)}  ${description}`.trimEnd()}\n`).join("");
}

// `cistern debug` is the debug adapter. An editor starts it and speaks with it on stdin and stdout; with --port it connects instead.

import { Command } from "commander";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { Writable } from "node:stream";
import { reasonOf } from "../file";
import { PortError } from "../port/port";
import { UsageError } from "../usage-error";
import { exitWith } from "./exit";
import { EXIT } from "./exit-codes";
import { integerOption } from "./options";

const PORT_MAX = 65_535;

export const debugCommand = new Command("debug")
  .description("the debug adapter for editors, on stdin and stdout: breakpoints, steps and travel, backwards too")
  .option("--port <n>", "listen on that TCP port of this machine instead; 0 for any free one, which is printed")
  .action(({ port }: { port?: string }) => exitWith(() => (port === undefined ? onStreams() : onPort(port))));

async function onStreams(): Promise<number> {
  if (process.stdin.isTTY) {
    throw new UsageError(
      "debug: found a terminal, expected an editor on stdin; docs/debugging.md says how one starts it",
    );
  }
  const { serveStreams } = await import("../debug/adapter/serve");
  // The protocol has stdout for itself, so what a controller prints goes to the console of the editor.
  const write = process.stdout.write.bind(process.stdout);
  const output = new Writable({ write: (chunk: Buffer, _, done) => void write(chunk, () => done()) });
  await serveStreams(process.stdin, output, (connection) => {
    process.stdout.write = (chunk: string | Uint8Array) => {
      connection.say(Buffer.from(chunk as string).toString(), "stdout");
      return true;
    };
  });
  return EXIT.pass;
}

async function onPort(text: string): Promise<number> {
  const port = integerOption("--port", text, PORT_MAX);
  const { servePort } = await import("../debug/adapter/serve");
  const server = await servePort(port).catch((error: NodeJS.ErrnoException) => {
    throw new PortError(`--port: cannot listen on ${port}: ${reasonOf(error)}`);
  });
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
  await once(server, "close");
  return EXIT.pass;
}

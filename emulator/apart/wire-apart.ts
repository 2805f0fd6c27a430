// The controller's end of the hal wire in a child process: that of `run --board` with a controller which is not ours. The command has
// the port, and passes its bytes on. If the process dies, the run broke off, and this end has seen nothing that counts.

import { thrown, type WireListener, type WireThread } from "../hal-wire/wire-thread";
import { outcomeOfDead, type ControllerOutcome } from "../hal-wire/controller-job";
import type { BytePort } from "../port/port";
import { drained, STOP_INTERRUPT, STOP_PORT_LOST, STOP_TIME_LIMIT } from "../port/blocking-port";
import { Child } from "./child-process";
import { WIRE_BYTES, WIRE_HEADER_BYTES, WIRE_STOP, type WireSetup } from "./messages";

const DRAIN_MS = 2000;

/** Starts the end. Its outcome rejects with ControllerFault for a controller that cannot be loaded, and as startWire does. */
export function startWireApart(
  setup: WireSetup,
  port: BytePort,
  listener: WireListener,
): WireThread<ControllerOutcome> {
  const child = new Child(setup.job.controller!, (news) => {
    if ("notice" in news) listener.onNotice?.(news.notice);
  });
  const { wire } = child;
  // A process that has died closes its end, and what is still written to it is lost.
  wire.on("error", () => undefined);
  wire.on("data", (bytes: Buffer) => port.write(bytes));
  const send = (kind: number, value: number, bytes?: Uint8Array): void => {
    const header = Buffer.alloc(WIRE_HEADER_BYTES);
    header[0] = kind;
    header.writeUInt32LE(value, 1);
    wire.write(bytes ? Buffer.concat([header, bytes]) : header);
  };
  const stop = (reason: number) => send(WIRE_STOP, reason);
  port.onBytes = (bytes) => send(WIRE_BYTES, bytes.length, bytes);
  port.onLost = (why) => (listener.onPort ? listener.onPort(why) : stop(STOP_PORT_LOST));
  port.onOpen = () => listener.onPort?.(null);
  return {
    outcome: outcomeOf(setup, child, port),
    interrupt: () => stop(STOP_INTERRUPT),
    endInTime: () => stop(STOP_TIME_LIMIT),
  };
}

async function outcomeOf(setup: WireSetup, child: Child, port: BytePort): Promise<ControllerOutcome> {
  try {
    const message = await child.ask({ wire: setup });
    if (message === null) return outcomeOfDead(setup.job, child.death ?? "it gave no answer");
    if (!("answer" in message)) throw child.refusal(message);
    if ("error" in message.answer) throw thrown(message.answer.error);
    await drained(port, DRAIN_MS);
    return message.answer.result as ControllerOutcome;
  } finally {
    child.wire.destroy();
    await child.end();
  }
}

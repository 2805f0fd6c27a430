// One end of the hal wire in a thread of its own, seen from the main thread, which holds the port. Bytes go over to the
// thread; news and the outcome come back. An error in the thread is thrown here as the same class of error.

import { PortError, type BytePort } from "../port/port";
import { ControllerFault } from "../machine/controller-host";
import { ScenarioError } from "../scenario/scenario";
import { UsageError } from "../usage-error";
import type { ToFar, ToNear } from "../rig/relay";
import { startWorker } from "../worker";
import {
  drained,
  RingWriter,
  sharedRing,
  STOP_INTERRUPT,
  STOP_PORT_LOST,
  STOP_TIME_LIMIT,
} from "../port/blocking-port";
import type { BoardJob, BoardOutcome, BoardNotice } from "./board-job";
import type { ControllerJob, ControllerOutcome, ControllerNotice } from "./controller-job";
import { WireInterruptError } from "./wire";

type Message =
  | { write: Uint8Array }
  | { notice: BoardNotice | ControllerNotice }
  | { relayed: ToNear }
  | { outcome: BoardOutcome | ControllerOutcome }
  | { error: { name: string; message: string } };

const DRAIN_MS = 2000;

/** The callbacks of the main thread while the other one works. */
export interface WireListener {
  onNotice?: (notice: BoardNotice | ControllerNotice) => void;
  /** A serial port went away (why) or came back (null). Without this callback a loss ends the run. */
  onPort?: (lost: string | null) => void;
  /** A message of the board's end to that of its relay which is here. */
  onRelayed?: (message: ToNear) => void;
}

/** The board's end of the wire in its thread. */
export interface BoardThread extends WireThread<BoardOutcome> {
  /** Sends a message to the other end of the relay. */
  relay(message: ToFar): void;
}

/** An end of the wire that runs elsewhere: in a thread, or in a child process. */
export interface WireThread<T> {
  outcome: Promise<T>;
  interrupt(): void;
  /** Ends the job because its time is over. */
  endInTime(): void;
}

export function startWire(job: BoardJob, port: BytePort, listener?: WireListener): BoardThread;
export function startWire(job: ControllerJob, port: BytePort, listener?: WireListener): WireThread<ControllerOutcome>;
export function startWire(
  job: BoardJob | ControllerJob,
  port: BytePort,
  listener: WireListener = {},
): WireThread<BoardOutcome | ControllerOutcome> & Partial<Pick<BoardThread, "relay">> {
  const ring = sharedRing();
  const writer = new RingWriter(ring);
  const worker = startWorker("wire-worker", { job, ring }, import.meta.url);
  port.onBytes = (bytes) => writer.put(bytes);
  port.onLost = (why) => {
    if (listener.onPort) listener.onPort(why);
    else writer.stop(STOP_PORT_LOST);
  };
  port.onOpen = () => listener.onPort?.(null);
  const outcome = new Promise<BoardOutcome | ControllerOutcome>((resolve, reject) => {
    worker.on("message", (message: Message) => {
      if ("write" in message) port.write(message.write);
      else if ("notice" in message) listener.onNotice?.(message.notice);
      else if ("relayed" in message) listener.onRelayed?.(message.relayed);
      else if ("outcome" in message) resolve(message.outcome);
      else reject(thrown(message.error));
    });
    worker.on("error", reject);
    worker.on("exit", (code) => reject(new Error(`the thread of the wire ended with code ${code}`)));
  });
  return {
    outcome: outcome.finally(() => drained(port, DRAIN_MS)),
    relay: (message) => worker.postMessage(message),
    interrupt: () => writer.stop(STOP_INTERRUPT),
    endInTime: () => writer.stop(STOP_TIME_LIMIT),
  };
}

/** The error as its class, which is lost between threads and processes. */
export function thrown({ name, message }: { name: string; message: string }): Error {
  switch (name) {
    case "WireLostError":
      return new PortError(message);
    case "WireInterruptError":
      return new WireInterruptError();
    case "UsageError":
      return new UsageError(message);
    case "ControllerFault":
      return new ControllerFault(message);
    case "ScenarioError":
      return new ScenarioError(message, null);
    default:
      return new Error(`${name}: ${message}`);
  }
}

// The entry of the thread that may block. It runs one end of the hal wire, chosen by the job that it was started with, and
// sends bytes for the port, progress, the outcome and errors as messages.

import { parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { RingReader, type SharedRing } from "../port/blocking-port";
import type { ToFar, ToNear } from "../rig/relay";
import { runBoardJob, type BoardJob } from "./board-job";
import { runControllerJob, type ControllerJob } from "./controller-job";

const { job, ring } = workerData as { job: BoardJob | ControllerJob; ring: SharedRing };
const out = parentPort!;
const port = new RingReader(ring, out);
const notify = (notice: unknown) => out.postMessage({ notice });
const near = {
  send: (relayed: ToNear) => out.postMessage({ relayed }),
  next: () => (receiveMessageOnPort(out) as { message: ToFar } | undefined)?.message ?? null,
};

async function carryOut(): Promise<void> {
  try {
    const outcome =
      job.kind === "board" ? await runBoardJob(job, port, notify, near) : await runControllerJob(job, port, notify);
    out.postMessage({ outcome });
  } catch (error) {
    const { name, message } = error as Error;
    out.postMessage({ error: { name, message } });
  }
}

void carryOut();

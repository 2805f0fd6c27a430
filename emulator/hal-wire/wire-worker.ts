// The entry of the thread that may block. It runs one end of the hal wire, chosen by the job that it was started with, and
// sends bytes for the port, progress, the outcome and errors as messages.

import { parentPort, workerData } from "node:worker_threads";
import { RingReader, type SharedRing } from "../port/blocking-port";
import { runBoardJob, type BoardJob } from "./board-job";
import { runControllerJob, type ControllerJob } from "./controller-job";

const { job, ring } = workerData as { job: BoardJob | ControllerJob; ring: SharedRing };
const out = parentPort!;
const port = new RingReader(ring, out);
const notify = (notice: unknown) => out.postMessage({ notice });

async function carryOut(): Promise<void> {
  try {
    const outcome = job.kind === "board" ? runBoardJob(job, port, notify) : await runControllerJob(job, port, notify);
    out.postMessage({ outcome });
  } catch (error) {
    const { name, message } = error as Error;
    out.postMessage({ error: { name, message } });
  }
}

void carryOut();

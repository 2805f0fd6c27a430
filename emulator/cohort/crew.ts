// The workers of a cohort. Each plays one patient at a time and takes the next one when it is done. With the reference controller a
// worker is a thread. A controller that is not ours runs in a child process of each run's own (apart/), so there a worker is
// only the wait for it.

import { errorOfText, type ErrorText } from "../apart/messages";
import type { Member } from "../run/cohort-report";
import { takeTurns, type Worker } from "../crew";
import { startWorker } from "../worker";
import { playMember, type MemberWork } from "./member";

/** The patient's place in the cohort, and the patient's seed. */
interface Turn {
  index: number;
  seed: number;
}

type Player = Worker<Turn, Member>;

/**
 * Plays the patients with these seeds on `workers` workers until all are done or `stop` is aborted. `onMember` gets each when it is done, in
 * any order. Throws what a run throws.
 */
export async function playAll(
  work: MemberWork,
  seeds: readonly number[],
  workers: number,
  stop: AbortSignal,
  onMember: (member: Member) => void,
): Promise<void> {
  const isApart = work.setup.controller !== null;
  let taken = 0;
  const next = (): Turn | null => {
    const index = taken++;
    return index < seeds.length ? { index, seed: seeds[index] } : null;
  };
  const hire = (over: AbortSignal): Player => (isApart ? playerApart(work, over) : thread(work, over));
  await takeTurns(Math.min(workers, seeds.length), hire, next, stop, onMember);
}

function playerApart(work: MemberWork, stop: AbortSignal): Player {
  return {
    work: ({ index, seed }) => playMember(work, index, seed, () => stop.aborted),
    end: () => Promise.resolve(),
  };
}

function thread(work: MemberWork, stop: AbortSignal): Player {
  const worker = startWorker("cohort-thread", work, import.meta.url);
  return {
    work: ({ index, seed }) =>
      new Promise((resolve, reject) => {
        const onAbort = (): void => finish(() => resolve(null));
        const onMessage = (message: { member: Member } | { error: ErrorText }): void =>
          finish(() => ("member" in message ? resolve(message.member) : reject(errorOfText(message.error))));
        const onError = (error: Error): void => finish(() => reject(error));
        const onExit = (code: number): void =>
          finish(() => reject(new Error(`a thread of the cohort ended with code ${code}`)));
        const finish = (how: () => void): void => {
          stop.removeEventListener("abort", onAbort);
          worker.off("message", onMessage).off("error", onError).off("exit", onExit);
          how();
        };
        stop.addEventListener("abort", onAbort);
        worker.on("message", onMessage).on("error", onError).on("exit", onExit);
        worker.postMessage({ index, seed });
      }),
    end: () => worker.terminate(),
  };
}

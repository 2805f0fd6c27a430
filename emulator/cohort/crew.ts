// The workers of a cohort. Each plays one patient at a time and takes the next one when it is done. With the reference controller a
// worker is a thread. A controller that is not ours runs in a child process of each run's own (apart/), so there a worker is
// only the wait for it.

import { errorOfText, type ErrorText } from "../apart/messages";
import type { Member } from "../run/cohort-report";
import { startWorker } from "../worker";
import { playMember, type MemberWork } from "./member";

/** Plays a patient; null when the cohort is over before its end. */
interface Player {
  play(index: number, seed: number): Promise<Member | null>;
  end(): Promise<unknown>;
}

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
  const count = Math.min(workers, seeds.length);
  // One that throws ends the others, and the cohort is over when none plays any more.
  const failed = new AbortController();
  const over = AbortSignal.any([stop, failed.signal]);
  const players = Array.from({ length: count }, () => (isApart ? playerApart(work, over) : thread(work, over)));
  let next = 0;
  const takeTurns = async (player: Player): Promise<void> => {
    while (next < seeds.length && !over.aborted) {
      const index = next++;
      const member = await player.play(index, seeds[index]);
      if (member === null) return;
      onMember(member);
    }
  };
  const turns = players.map(takeTurns);
  try {
    await Promise.all(turns);
  } finally {
    failed.abort();
    await Promise.allSettled(turns);
    await Promise.all(players.map((player) => player.end()));
  }
}

function playerApart(work: MemberWork, stop: AbortSignal): Player {
  return {
    play: (index, seed) => playMember(work, index, seed, () => stop.aborted),
    end: () => Promise.resolve(),
  };
}

function thread(work: MemberWork, stop: AbortSignal): Player {
  const worker = startWorker("cohort-thread", work, import.meta.url);
  return {
    play: (index, seed) =>
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

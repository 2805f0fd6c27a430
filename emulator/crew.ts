// Workers that take turns: each takes the next job as soon as it has done its last one. One that throws ends the others, and the work
// is over when none is at a job any more. What a worker is (a thread, a process, the wait for one) is its own matter.

export interface Worker<Job, Result> {
  /** Null: the work was over before the end of the job. */
  work(job: Job): Promise<Result | null>;
  end(): Promise<unknown>;
}

/**
 * Does the jobs that `next` gives until it gives null or `stop` is aborted. `hire` makes a worker, which gets a signal that is aborted
 * when the work is over. `onResult` gets each result when it is there, in any order. Throws what a worker throws.
 */
export async function takeTurns<Job, Result>(
  workers: number,
  hire: (over: AbortSignal) => Worker<Job, Result>,
  next: () => Job | null,
  stop: AbortSignal,
  onResult: (result: Result, job: Job) => void,
): Promise<void> {
  const failed = new AbortController();
  const over = AbortSignal.any([stop, failed.signal]);
  const crew = Array.from({ length: workers }, () => hire(over));
  const turns = crew.map(async (worker) => {
    for (let job = next(); job !== null && !over.aborted; job = next()) {
      const result = await worker.work(job);
      if (result === null) return;
      onResult(result, job);
    }
  });
  try {
    await Promise.all(turns);
  } finally {
    failed.abort();
    await Promise.allSettled(turns);
    await Promise.all(crew.map((worker) => worker.end()));
  }
}

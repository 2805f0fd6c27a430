// Takes units of campaigns from the queue and carries them out in child processes, several at a time. This process computes nothing
// itself: it must renew the lock of each unit in time, or the queue gives the unit to another worker too. It takes units of its own
// build and its own controller alone.

import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { ChildWorker } from "./children";
import { type Connection, type Job, openCampaigns, queueName, queueOptions, streamOf, textOfOutcome } from "./redis";
import type { Outcome } from "./engine";

export interface WorkerSetup {
  build: string;
  /** The path of the controller, and its hash; null and `reference` for the reference controller. */
  controller: string | null;
  hash: string;
  /** Units at a time. */
  slots: number;
  /** It ends when there was nothing to do for this time; Infinity: never. */
  idle_ms: number;
}

/** A unit whose worker does not renew its lock for so long is given to another one. */
const LOCK_MS = 15_000;
const STALLED_MS = 5_000;
/** A unit is given out so often again, and is then lost. */
const LOST_MAX = 3;
const LOOK_MS = 2_000;
/** Before the number of slots in a worker's name. */
const SLOTS_MARK = "~";

/** The number of units that a worker takes at a time, from its name as Redis has it. */
export function slotsIn(rawname: string | undefined): number {
  return Number(rawname?.split(SLOTS_MARK).at(1) ?? 0);
}

export interface WorkerNews {
  onUnit(outcome: Outcome): void;
  /** A campaign that this worker cannot work for, in words. */
  onRefused(words: string): void;
}

/** Works until `stop` is aborted or there is nothing to do for long enough. Units that have begun are ended first. Throws ControllerFault. */
export async function workFor(
  connection: Connection,
  setup: WorkerSetup,
  stop: AbortSignal,
  news: WorkerNews,
): Promise<void> {
  const { redis, bull } = connection;
  const never = new AbortController().signal;
  const crew = Array.from({ length: setup.slots }, () => new ChildWorker(setup.controller));
  const free = [...crew];
  let busy_ms = performance.now();
  const work = async ({ data: { campaign, unit } }: { data: Job }): Promise<void> => {
    const key = streamOf(campaign);
    if ((await redis.exists(key)) === 0) return;
    const child = free.pop()!;
    try {
      const isOurs = unit.build === setup.build && unit.controller === setup.hash;
      const outcome = isOurs
        ? (await child.work(unit, never))!
        : { unit, died: `a worker of build ${setup.build} refused it`, began: null };
      await redis.xadd(key, "NOMKSTREAM", "*", "outcome", textOfOutcome(outcome));
      news.onUnit(outcome);
    } finally {
      free.push(child);
      busy_ms = performance.now();
    }
  };
  try {
    await Promise.all(crew.map((child) => child.ready()));
    const worker = new bull.Worker<Job>(queueName(setup.build, setup.hash), work, {
      ...queueOptions(connection),
      name: `${hostname()}:${process.pid}${SLOTS_MARK}${setup.slots}`,
      concurrency: setup.slots,
      lockDuration: LOCK_MS,
      stalledInterval: STALLED_MS,
      maxStalledCount: LOST_MAX,
      drainDelay: 1,
    });
    worker.on("error", () => undefined);
    const isOver = (): boolean =>
      stop.aborted || (free.length === crew.length && performance.now() - busy_ms > setup.idle_ms);
    const refused = new Set<string>();
    while (!isOver()) {
      // An abort ends the wait.
      await sleep(Math.min(LOOK_MS, setup.idle_ms / 4 + 10), null, { signal: stop }).catch(() => null);
      if (redis.status !== "ready") continue;
      for (const [id, words] of othersOf(await openCampaigns(connection), setup)) {
        if (!refused.has(id)) news.onRefused(words);
        refused.add(id);
      }
    }
    await worker.close();
  } finally {
    await Promise.all(crew.map((child) => child.end()));
  }
}

/** The open campaigns that are of another build or controller than the worker, in words. */
function othersOf(open: Awaited<ReturnType<typeof openCampaigns>>, setup: WorkerSetup): Map<string, string> {
  const words = new Map<string, string>();
  for (const [id, { version, build, controller }] of open) {
    if (build !== setup.build) {
      words.set(id, `a campaign of build ${build} (version ${version}), expected this worker's ${setup.build}`);
    } else if (controller.hash !== setup.hash) {
      const name = controller.name === controller.hash ? "" : ` (${controller.name})`;
      words.set(id, `a campaign with the controller ${controller.hash}${name}, expected this worker's ${setup.hash}`);
    }
  }
  return words;
}

/** Why the worker has no business there: campaigns are open, and all are another's. Null when there may be something to do. */
export async function refusalAt(connection: Connection, setup: WorkerSetup): Promise<string | null> {
  const open = await openCampaigns(connection);
  const others = othersOf(open, setup);
  const [first] = others.values();
  return open.size > 0 && open.size === others.size ? first : null;
}

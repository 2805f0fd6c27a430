// The engine of many machines: units wait in a queue on Redis, and workers (`cistern worker`) take them. The queue gives a unit out again when
// its worker is lost, so a unit may be done twice. Results come through the campaign's stream. Redis may restart, and may forget
// what it was told last or all of it: what has no outcome then is queued again.

import { createHash, randomUUID } from "node:crypto";
import type { Queue } from "bullmq";
import type { Redis } from "ioredis";
import type { CampaignHead } from "../campaign/campaign-report";
import type { Unit } from "../campaign/unit";
import type { Engine, Outcome } from "./engine";
import { CAMPAIGN_S, type Connection, type Job, outcomeIn, queueName, queueOptions, streamOf } from "./redis";
import { slotsIn } from "./worker";

/** The wait for outcomes is looked up from as often. */
const BLOCK_MS = 500;
const LOOK_MS = 5_000;
/** A unit without an outcome after this time is looked for in the queue. */
const OVERDUE_MS = 60_000;
/** The person is told when so many looks in a row found no worker. */
const ALONE_LOOKS = 2;
const UNITS_MAX = 4_096;
const READ_MAX = 256;
/** A job that failed is kept so long for the campaign to see it. */
const FAILED_KEPT_S = 3_600;

interface Asked {
  unit: Unit;
  /** When it was last seen in the queue. */
  since_ms: number;
}

/** `notify` gets what a person at the campaign should know. */
export function queueEngine(connection: Connection, head: CampaignHead, notify: (line: string) => void): Engine {
  const campaign = new QueuedCampaign(connection, head, notify);
  return {
    run: (next, stop, onOutcome) => campaign.run(next, stop, onOutcome),
    close: () => campaign.close(),
  };
}

class QueuedCampaign {
  private readonly redis: Redis;
  private readonly reader: Redis;
  private readonly queue: Queue<Job>;
  private readonly head: CampaignHead;
  private readonly notify: (line: string) => void;
  private readonly name: string;
  private readonly id = randomUUID();
  /** All units of the campaign so far, by their ids. */
  private readonly units = new Map<string, Unit>();
  /** Those that have no outcome. */
  private readonly asked = new Map<string, Asked>();
  private lastEntry = "0";
  private slots = 0;
  /** Looks in a row that found no worker. */
  private alone = 0;
  private looked_ms = -Infinity;

  constructor(connection: Connection, head: CampaignHead, notify: (line: string) => void) {
    this.redis = connection.redis;
    this.reader = connection.another();
    this.head = head;
    this.notify = notify;
    this.name = connection.name;
    const { build, controller } = head;
    this.queue = new connection.bull.Queue<Job>(queueName(build, controller.hash), queueOptions(connection));
    this.queue.on("error", () => undefined);
    this.redis.on("close", () => {
      this.notify(`lost ${this.name}, and try to reach it again`);
    });
    this.redis.on("ready", () => {
      for (const each of this.asked.values()) each.since_ms = -Infinity;
      this.looked_ms = -Infinity;
    });
  }

  async run(next: () => Unit | null, stop: AbortSignal, onOutcome: (outcome: Outcome) => void): Promise<void> {
    const gaveUp = new Promise<null>((resolve) => stop.addEventListener("abort", () => resolve(null), { once: true }));
    const orStop = <T>(promise: Promise<T>): Promise<T | null> => Promise.race([promise, gaveUp]);
    let isDry = false;
    const fill = async (): Promise<void> => {
      const units: Unit[] = [];
      while (!isDry && !stop.aborted && this.asked.size + units.length < this.most) {
        const unit = next();
        if (unit === null) isDry = true;
        else units.push(unit);
      }
      for (const unit of units) this.units.set(unit.id, unit);
      await this.ask(units);
    };
    await orStop(this.lookAfter(onOutcome));
    await orStop(fill());
    while (this.asked.size > 0 && !stop.aborted) {
      await orStop(this.hear(onOutcome));
      if (performance.now() - this.looked_ms > LOOK_MS) await orStop(this.lookAfter(onOutcome));
      await orStop(fill());
    }
    if (stop.aborted && this.redis.status === "ready") await this.withdraw();
    this.asked.clear();
  }

  async close(): Promise<void> {
    this.redis.removeAllListeners("close");
    if (this.redis.status === "ready") await this.redis.del(streamOf(this.id));
    await this.queue.close();
    this.reader.disconnect();
    this.redis.disconnect();
  }

  /** The most units that wait or are worked on: each place for a unit has one, and the next. */
  private get most(): number {
    return Math.min(UNITS_MAX, Math.max(2, 2 * this.slots));
  }

  private async ask(units: readonly Unit[]): Promise<void> {
    if (units.length === 0) return;
    for (const unit of units) this.asked.set(unit.id, { unit, since_ms: performance.now() });
    await this.queue.addBulk(
      units.map((unit) => ({
        name: unit.kind,
        data: { campaign: this.id, unit },
        opts: { jobId: this.jobId(unit), removeOnComplete: true, removeOnFail: { age: FAILED_KEPT_S } },
      })),
    );
  }

  /** BullMQ adds no second job with the same id. */
  private jobId(unit: Unit): string {
    return `${this.id}-${createHash("sha256").update(unit.id).digest("hex").slice(0, 16)}`;
  }

  /** Waits for outcomes for a moment. */
  private async hear(onOutcome: (outcome: Outcome) => void): Promise<void> {
    const key = streamOf(this.id);
    const answer = await this.reader.xread("COUNT", READ_MAX, "BLOCK", BLOCK_MS, "STREAMS", key, this.lastEntry);
    for (const [entry, [, text]] of answer?.[0][1] ?? []) {
      this.lastEntry = entry;
      const outcome = outcomeIn(text, (id) => this.units.get(id));
      if (outcome === null) continue;
      this.asked.delete(outcome.unit.id);
      onOutcome(outcome);
    }
  }

  /** Keeps the campaign alive, counts its workers, and looks for units that were lost with a worker or by Redis. */
  private async lookAfter(onOutcome: (outcome: Outcome) => void): Promise<void> {
    this.looked_ms = performance.now();
    const key = streamOf(this.id);
    if ((await this.redis.expire(key, CAMPAIGN_S)) === 0) {
      this.lastEntry = await this.redis.xadd(key, "*", "head", JSON.stringify(this.head)).then((entry) => entry!);
      await this.redis.expire(key, CAMPAIGN_S);
    }
    const workers = await this.queue.getWorkers();
    this.slots = workers.reduce((sum, { rawname }) => sum + slotsIn(rawname), 0);
    this.alone = this.slots === 0 ? this.alone + 1 : 0;
    if (this.alone === ALONE_LOOKS) {
      const { build, controller } = this.head;
      this.notify(`no worker of build ${build} and controller ${controller.hash} is at ${this.name} yet: waiting`);
    }
    for (const { unit, since_ms } of [...this.asked.values()]) {
      if (performance.now() - since_ms > OVERDUE_MS) await this.lookFor(unit, onOutcome);
    }
  }

  private async lookFor(unit: Unit, onOutcome: (outcome: Outcome) => void): Promise<void> {
    const job = await this.queue.getJob(this.jobId(unit));
    if (job !== undefined && (await job.isFailed())) {
      await job.remove();
      this.asked.delete(unit.id);
      onOutcome({ unit, died: job.failedReason ?? "its worker was lost", began: null });
    } else if (job === undefined) await this.ask([unit]);
    else this.asked.set(unit.id, { unit, since_ms: performance.now() });
  }

  /** Takes back what nobody has begun, and says how many units somebody has. */
  private async withdraw(): Promise<void> {
    const units = [...this.asked.values()];
    const taken = await Promise.allSettled(units.map(({ unit }) => this.queue.remove(this.jobId(unit))));
    const lost = taken.filter((each) => each.status === "rejected" || each.value === 0).length;
    if (lost === 0) return;
    const words = lost === 1 ? "1 unit was" : `${lost} units were`;
    this.notify(`${words} under way at the end: the report is without ${lost === 1 ? "it" : "them"}`);
  }
}

// The common ground of both ends of a campaign on Redis: the packages, which are loaded for `--engine` alone, the connection, and the names of
// keys. Units wait in a queue of BullMQ, whose name holds the hashes of build and controller, so a worker of another build never sees
// them. Each campaign has a stream: its first entry is the campaign's head, and each other one an outcome. It expires
// when the campaign is dead, and units of a campaign without a stream are dropped.

import type * as Bull from "bullmq";
import type { Redis } from "ioredis";
import { z } from "zod";
import type { CampaignHead } from "../campaign/campaign-report";
import { resultIn } from "../campaign/shard-file";
import type { Unit } from "../campaign/unit";
import { PortError } from "../port/port";
import { UsageError } from "../usage-error";
import type { Outcome } from "./engine";

/** BullMQ takes a floating time to block for from this version on. */
const VERSION_MIN = [6, 2] as const;
const CONNECT_MS = 5_000;
const RETRY_MS_MAX = 1_000;
/** A campaign of which nobody has heard for so long is dead. */
export const CAMPAIGN_S = 600;

const QUEUE_PREFIX = "cistern";
const CAMPAIGN_PREFIX = "cistern:campaign:";

/** A job of the queue. */
export interface Job {
  campaign: string;
  unit: Unit;
}

export interface Connection {
  /** The address as it was given, without a password. */
  name: string;
  redis: Redis;
  bull: typeof Bull;
  /** Another connection to the same place, for commands that block. */
  another(): Redis;
  /** False: Redis keeps nothing on the disk as it goes (`appendonly no`). */
  isDurable: boolean;
}

/** Connects, and finds out whether the other end serves. Throws UsageError for the address, and PortError for what is there. */
export async function connect(address: string): Promise<Connection> {
  const { url, name } = addressOf(address);
  const { bull, Redis } = await load();
  let isUp = false;
  let last = "";
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: CONNECT_MS,
    maxRetriesPerRequest: null,
    retryStrategy: (times) => (isUp ? Math.min(times * 100, RETRY_MS_MAX) : null),
  });
  redis.on("error", (error: Error & { code?: string }) => (last = error.code ?? error.message));
  const late = setTimeout(() => {
    last = "nothing answers there";
    redis.disconnect();
  }, 2 * CONNECT_MS);
  try {
    await redis.connect();
    const isDurable = suitable(name, await redis.info());
    isUp = true;
    const another = (): Redis => {
      const copy = redis.duplicate();
      copy.on("error", () => undefined);
      return copy;
    };
    return { name, redis, bull, another, isDurable };
  } catch (error) {
    redis.disconnect();
    if (error instanceof PortError) throw error;
    const reason = last === "" ? (error as Error).message : last;
    throw new PortError(`${name}: found no Redis that serves: ${reason.split("\n")[0]}`);
  } finally {
    clearTimeout(late);
  }
}

function addressOf(address: string): { url: string; name: string } {
  const url = URL.canParse(address) ? new URL(address) : null;
  if (url === null || !/^rediss?:$/.test(url.protocol) || url.hostname === "") {
    throw new UsageError(`--engine: found ${address}, expected redis://HOST:PORT`);
  }
  const name = `${url.protocol}//${url.host}${url.pathname}`;
  return { url: address, name };
}

async function load(): Promise<{ bull: typeof Bull; Redis: typeof Redis }> {
  try {
    const [bull, ioredis] = await Promise.all([import("bullmq"), import("ioredis")]);
    return { bull, Redis: ioredis.Redis };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw error;
    throw new UsageError(
      "--engine: needs the packages bullmq and ioredis, which are not installed: npm install bullmq@6 ioredis@6",
    );
  }
}

/** True when what this Redis is told survives a restart. Throws PortError for one that cannot serve. */
function suitable(name: string, info: string): boolean {
  const fieldOf = (key: string): string => new RegExp(`^${key}:(.*?)\\r?$`, "m").exec(info)?.[1] ?? "";
  const version = fieldOf("redis_version");
  const [major, minor] = version.split(".").map(Number);
  const isNewEnough = major > VERSION_MIN[0] || (major === VERSION_MIN[0] && minor >= VERSION_MIN[1]);
  if (!isNewEnough) {
    throw new PortError(
      `${name}: found Redis ${version || "of no version"}, expected ${VERSION_MIN.join(".")} or later`,
    );
  }
  const policy = fieldOf("maxmemory_policy");
  if (policy !== "" && policy !== "noeviction") {
    throw new PortError(
      `${name}: found maxmemory-policy ${policy}, expected noeviction: with another one Redis drops units`,
    );
  }
  return fieldOf("aof_enabled") !== "0";
}

export function queueName(build: string, controller: string): string {
  return `${build}-${controller}`;
}

export function queueOptions({ redis }: Connection): Bull.QueueOptions {
  return { connection: redis, prefix: QUEUE_PREFIX, skipVersionCheck: true, streams: { events: { maxLen: 100 } } };
}

/** The key of a campaign's stream. */
export function streamOf(campaign: string): string {
  return CAMPAIGN_PREFIX + campaign;
}

/** The heads of the campaigns that are open, by their ids. */
export async function openCampaigns({ redis }: Connection): Promise<Map<string, CampaignHead>> {
  const heads = new Map<string, CampaignHead>();
  let cursor = "0";
  do {
    const [next, keys] = await redis.scan(cursor, "MATCH", `${CAMPAIGN_PREFIX}*`, "COUNT", 1000);
    cursor = next;
    for (const key of keys) {
      const [entry] = await redis.xrange(key, "-", "+", "COUNT", 1);
      const head = entry === undefined ? null : headIn(entry[1][1]);
      if (head !== null) heads.set(key.slice(CAMPAIGN_PREFIX.length), head);
    }
  } while (cursor !== "0");
  return heads;
}

const headShape = z.looseObject({
  version: z.string(),
  build: z.string(),
  controller: z.object({ name: z.string(), hash: z.string() }),
});

function headIn(text: string): CampaignHead | null {
  const parsed = headShape.safeParse(valueOf(text));
  return parsed.success ? (parsed.data as unknown as CampaignHead) : null;
}

const outcomeShape = z.union([
  z.object({ unit: z.string(), build: z.string(), result: z.unknown(), deeds: z.array(z.string()) }),
  z.object({ unit: z.string(), build: z.string(), died: z.string(), began: z.unknown() }),
]);

/** The text of an outcome. The unit goes by its id. */
export function textOfOutcome(outcome: Outcome): string {
  const { unit, ...rest } = outcome;
  return JSON.stringify({ unit: unit.id, build: unit.build, ...rest });
}

/** The outcome that a text of the stream says, of the unit that `unitOf` knows by its id; null for one that says none. */
export function outcomeIn(text: string, unitOf: (id: string) => Unit | undefined): Outcome | null {
  const parsed = outcomeShape.safeParse(valueOf(text));
  if (!parsed.success) return null;
  const said = parsed.data;
  const unit = unitOf(said.unit);
  if (unit === undefined || said.build !== unit.build) return null;
  if ("died" in said)
    return { unit, died: said.died, began: said.began as Extract<Outcome, { died: string }>["began"] };
  const result = resultIn(said.result);
  if (result === null || result.unit !== unit.id || result.kind !== unit.kind) return null;
  return { unit, result, deeds: said.deeds };
}

function valueOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

// A campaign on Redis, with a worker as a process: the same report as on this machine, and one line for each thing that is not as it must be.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "bullmq";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CampaignReport } from "../../emulator/campaign/campaign-report";
import { hasRedis } from "../machine-here";
import { cisternHere, cisternIn } from "../program";
import { pretender, RedisHere } from "./redis-here";
import { until } from "../until";
import { timeless } from "./units";

const folder = mkdtempSync(join(tmpdir(), "cistern-queue-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(!hasRedis)("PRP-4: a campaign on Redis", () => {
  let redis: RedisHere;
  let client: Redis;
  beforeAll(async () => {
    redis = await RedisHere.start();
    client = new Redis(redis.url);
  });
  afterAll(async () => {
    client.disconnect();
    await redis.end();
  });

  test("gives the report of this machine, and leaves no campaign behind", async () => {
    const campaign = ["check", "--runs", "2", "--json"];
    const worker = cisternIn(folder, ["worker", "--engine", redis.url, "--workers", "1", "--idle", "6 s", "--json"]);
    const there = await cisternIn(folder, [...campaign, "--engine", redis.url]);
    const here = await cisternIn(folder, [...campaign, "--workers", "1"]);
    const [one, other] = [here, there].map(({ out }) => timeless(JSON.parse(out) as CampaignReport));
    expect(there.code).toBe(0);
    expect(other).toEqual(one);
    const { code, out } = await worker;
    expect([code, JSON.parse(out)]).toMatchObject([0, { schema: "cistern.worker/1", units: 1, lost: 0 }]);
    expect(await client.keys("cistern:campaign:*")).toEqual([]);
  });

  test("says how many units were under way when the time was over, and takes back those that nobody has begun", async () => {
    const campaign = cisternIn(folder, ["check", "--time", "6 s", "--json", "--engine", redis.url]);
    await until("a unit in the queue", async () => (await client.keys("cistern:*:wait")).length > 0);
    const [key] = await client.keys("cistern:*:wait");
    // A worker that takes one unit and never ends it.
    const connection = { url: redis.url, maxRetriesPerRequest: null };
    const idler = new Worker(key.split(":")[1], () => new Promise(() => undefined), { connection, prefix: "cistern" });
    const { out, err } = await campaign;
    expect((JSON.parse(out) as CampaignReport).cases).toBe(0);
    expect(err).toContain("cistern: 1 unit was under way at the end: the report is without it\n");
    expect(await client.keys("cistern:*:wait")).toEqual([]);
    await idler.close(true);
  });

  test("refuses a worker of another build, which says both hashes", async () => {
    const head = { version: "9.9.9", build: "0123456789abcdef", controller: { name: "reference", hash: "reference" } };
    await client.xadd("cistern:campaign:x", "*", "head", JSON.stringify(head));
    const { code, out, err } = await cisternHere(folder, ["worker", "--engine", redis.url]);
    await client.del("cistern:campaign:x");
    expect([code, out]).toEqual([2, ""]);
    expect(err).toMatch(
      /^cistern: redis:\S+: found a campaign of build 0123456789abcdef \(version 9\.9\.9\), expected this worker's [0-9a-f]{16}\n$/,
    );
  });

  test("refuses a Redis that drops keys when it is full", async () => {
    await client.config("SET", "maxmemory-policy", "allkeys-lru");
    const { code, err } = await cisternHere(folder, ["worker", "--engine", redis.url]);
    await client.config("SET", "maxmemory-policy", "noeviction");
    expect([code, err]).toEqual([
      3,
      `cistern: ${redis.url}: found maxmemory-policy allkeys-lru, expected noeviction: with another one Redis drops units\n`,
    ]);
  });
});

test("no Redis there, an old one, another server and no address are one line each", async () => {
  const old = await pretender("redis_version:5.0.14\r\n");
  const other = await pretender("nothing\r\n");
  const gone = await pretender("");
  await new Promise((closed) => gone.server.close(closed));
  const addresses = [gone.url, old.url, other.url, "http://127.0.0.1:1"];
  const ended = await Promise.all(
    addresses.map((address) => cisternHere(folder, ["check", "--runs", "1", "--engine", address, "--out", "out"])),
  );
  old.server.close();
  other.server.close();
  expect(ended.map(({ code, out, err }) => [code, out, err])).toEqual([
    [3, "", `cistern: ${gone.url}: found no Redis that serves: ECONNREFUSED\n`],
    [3, "", `cistern: ${old.url}: found Redis 5.0.14, expected 6.2 or later\n`],
    [3, "", `cistern: ${other.url}: found Redis of no version, expected 6.2 or later\n`],
    [2, "", "cistern: --engine: found http://127.0.0.1:1, expected redis://HOST:PORT\n"],
  ]);
});

// The law of the three engines (PRP-4): this machine, shards with their merge, and a queue on Redis give the same report for the same seed,
// times aside. On Redis it is tried with workers that are killed, units that are done twice, restarts of Redis, and a worker of
// another build.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Queue } from "bullmq";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CampaignReport } from "../../emulator/campaign/campaign-report";
import { hasRedis } from "../machine-here";
import { bundles, cisternIn, cisternPath } from "../program";
import { until } from "../until";
import { RedisHere } from "./redis-here";
import { timeless } from "./units";

const ROOT = join(import.meta.dirname, "..", "..");
const CAMPAIGN = ["check", "--runs", "64", "--seed", "11"];
/** Its campaign has failures to shrink, and it leaps as the reference does. */
const WRONG = join(bundles, "zoo", "bolus-a-pulse-short.mjs");
const FAILING = ["check", "--runs", "24", "--seed", "1", "--controller", WRONG];
const folder = mkdtempSync(join(tmpdir(), "cistern-engines-"));
let here: unknown;
let failing: unknown;

/** Runs a campaign to its end and gives its report without its times. */
async function reportOf(args: readonly string[]): Promise<{ code: number | null; err: string; report: unknown }> {
  const { code, out, err } = await cisternIn(folder, [...args, "--json"]);
  if (out === "") throw new Error(err);
  return { code, err, report: timeless(JSON.parse(out) as CampaignReport) };
}

beforeAll(async () => {
  here = (await reportOf([...CAMPAIGN, "--workers", "2"])).report;
  failing = (await reportOf([...FAILING, "--workers", "2"])).report;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("PRP-4: shards give the report of one machine", async () => {
  for (const index of [3, 1, 2]) await reportOf([...CAMPAIGN, "--shard", `${index}/3`, "--out", `s${index}`]);
  expect((await reportOf(["merge", "s1", "s2", "s3"])).report).toEqual(here);
});

test("PRP-4: shards of a campaign with failures give the report of one machine, the shrunk scenarios included", async () => {
  for (const index of [2, 1]) await reportOf([...FAILING, "--shard", `${index}/2`, "--out", `failing/${index}`]);
  const { code, report } = await reportOf(["merge", "failing"]);
  expect([code, report]).toEqual([1, failing]);
});

describe.skipIf(!hasRedis)("PRP-4: a campaign on Redis gives the report of one machine", () => {
  let redis: RedisHere;
  let client: Redis;
  const workers: ChildProcess[] = [];

  function worker(program = cisternPath, more: readonly string[] = []): ChildProcess {
    const args = [program, "worker", "--engine", redis.url, "--workers", "1", ...more];
    const child = spawn(process.execPath, args, { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
    workers.push(child);
    return child;
  }

  async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill(signal);
    await ended;
  }

  /** The units that the open campaign has an outcome of, by their ids. */
  async function unitsDone(): Promise<string[]> {
    const [key] = await client.keys("cistern:campaign:*");
    const entries = key === undefined ? [] : await client.xrange(key, "-", "+");
    return entries.slice(1).map(([, [, text]]) => (JSON.parse(text) as { unit: string }).unit);
  }

  /** The queue with units that wait. There is one for each controller, and an empty one stays when its campaign has ended. */
  async function queueWithUnits(): Promise<Queue> {
    const named = async (): Promise<string[]> => client.keys("cistern:*:wait");
    await until("a unit in the queue", async () => (await named()).length > 0);
    const [key] = await named();
    return new Queue(key.split(":")[1], {
      connection: { url: redis.url, maxRetriesPerRequest: null },
      prefix: "cistern",
    });
  }

  beforeAll(async () => {
    redis = await RedisHere.start();
    client = new Redis(redis.url);
    client.on("error", () => undefined);
  });
  afterAll(async () => {
    await Promise.all(workers.map((child) => end(child, "SIGKILL")));
    client.disconnect();
    await redis.end();
  });

  test("when it has failures, the shrunk scenarios included", async () => {
    const both = [1, 2].map(() => worker(cisternPath, FAILING.slice(-2)));
    const { code, report } = await reportOf([...FAILING, "--engine", redis.url]);
    expect([code, report]).toEqual([1, failing]);
    await Promise.all(both.map((child) => end(child, "SIGTERM")));
  });

  test("when a worker is killed at its unit, and another one comes", async () => {
    const campaign = reportOf([...CAMPAIGN, "--engine", redis.url]);
    const queue = await queueWithUnits();
    const first = worker();
    // It is stopped while the question is asked, so that the unit is still under way when it is killed.
    await until("a unit under way after an outcome", async () => {
      first.kill("SIGSTOP");
      const done = await unitsDone();
      const [job] = await queue.getActive();
      const isSo =
        done.length > 0 && job !== undefined && !done.includes((job.data as { unit: { id: string } }).unit.id);
      if (!isSo) first.kill("SIGCONT");
      return isSo;
    });
    await queue.close();
    await end(first, "SIGKILL");
    const second = worker();
    const { code, report } = await campaign;
    expect([code, report]).toEqual([0, here]);
    await end(second, "SIGTERM");
  });

  test.each(["SIGTERM", "SIGKILL"] as const)(
    "when Redis is ended by %s in the middle and started again",
    async (signal) => {
      const [one, other] = [worker(), worker()];
      const campaign = reportOf([...CAMPAIGN, "--engine", redis.url]);
      await until("the first outcome", async () => (await unitsDone()).length > 0);
      await redis.restart(signal);
      const { code, err, report } = await campaign;
      expect([code, report]).toEqual([0, here]);
      expect(err).toContain("and try to reach it again");
      await Promise.all([one, other].map((child) => end(child, "SIGTERM")));
    },
  );

  test("when Redis forgets everything in the middle", async () => {
    const only = worker();
    const campaign = reportOf([...CAMPAIGN, "--engine", redis.url]);
    await until("the first outcome", async () => (await unitsDone()).length > 0);
    await client.flushall();
    await redis.restart("SIGTERM");
    const { code, report } = await campaign;
    expect([code, report]).toEqual([0, here]);
    await end(only, "SIGTERM");
  });

  test("when a unit is done twice; and two different results of one are a finding", async () => {
    const campaign = reportOf([...CAMPAIGN, "--engine", redis.url]);
    const queue = await queueWithUnits();
    const [job] = await queue.getJobs(["waiting"]);
    await queue.add(job.name, job.data, { jobId: "again", lifo: true, removeOnComplete: true });
    await queue.close();
    const only = worker();
    const { code, report } = await campaign;
    expect([code, report]).toEqual([0, here]);

    const second = reportOf([...CAMPAIGN, "--engine", redis.url]);
    await until("the first outcome", async () => (await unitsDone()).length > 0);
    const [key] = await client.keys("cistern:campaign:*");
    const [, [, [, text]]] = (await client.xrange(key, "-", "+", "COUNT", 2)) as unknown as [
      unknown,
      [string, string[]],
    ];
    const outcome = JSON.parse(text) as { result: { ticks: number; unit: string } };
    outcome.result.ticks++;
    await client.xadd(key, "NOMKSTREAM", "*", "outcome", JSON.stringify(outcome));
    const ended = await second;
    expect(ended.code).toBe(4);
    expect(ended.report).toMatchObject({
      verdict: "invalid",
      reason: `${outcome.result.unit}: two results of this unit differ, so the controller or the build does`,
    });
    await end(only, "SIGTERM");
  });

  test("when a worker of another build comes, which is refused by its hash", async () => {
    const other = join(folder, "other");
    cpSync(bundles, other, { recursive: true });
    writeFileSync(join(other, "more.js"), "// another build\n");
    writeFileSync(join(other, "package.json"), '{"type":"commonjs"}');
    symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
    const campaign = reportOf([...CAMPAIGN, "--engine", redis.url]);
    await until("the campaign is open", async () => (await client.keys("cistern:campaign:*")).length > 0);
    const stranger = worker(join(other, "cistern.js"));
    let said = "";
    stranger.stderr!.on("data", (bytes) => (said += String(bytes)));
    const [code] = (await once(stranger, "close")) as [number];
    const { build } = here as CampaignReport;
    expect([code, said]).toEqual([2, expect.stringContaining(`found a campaign of build ${build} (version`)]);
    const ours = worker();
    expect((await campaign).report).toEqual(here);
    await end(ours, "SIGTERM");
  });
});

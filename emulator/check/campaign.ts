// A campaign: known counterexamples first, then seeking, then shrinking the first case of each failure. A limit of host time is kept: while
// there is a failure, a quarter of it is held back for shrinking. Without a limit the number of cases decides, and then the report is
// the same for the same seed, build and controller, times aside.

import type { CampaignHead, CampaignReport } from "../campaign/campaign-report";
import { merge, shrinkId, shrunkFailures } from "../campaign/merge";
import { PROFILES } from "../campaign/profiles";
import { Results } from "../campaign/results";
import { seekId, type Shard, shardFileOf, type ShardFile } from "../campaign/shard-file";
import {
  SEEKING_PART,
  type SeekUnit,
  TRIES_MAX,
  type Unit,
  UNIT_MS_MAX,
  type UnitCommon,
  type UnitResult,
} from "../campaign/unit";
import { MS_PER_SECOND } from "../time";
import type { Engine, Outcome } from "./engine";

export interface CampaignSetup {
  head: CampaignHead;
  /** Cases; null when the time alone decides. */
  runs: number | null;
  /** Of the host; Infinity without a limit. */
  time_ms: number;
  /** The part of it that is over already, for instance because the process has started. */
  spent_ms?: number;
  /** The path of the controller as counterexamples name it; null for the reference controller. */
  controllerPath: string | null;
  corpus: readonly { name: string; text: string }[];
  /** The part of the campaign's units that is carried out. */
  shard: Shard;
  /** True: seeking ends with the first failure. */
  endsAtFirst?: boolean;
}

export interface Progress {
  cases: number;
  ticks: number;
  core_ms: number;
  classes: number;
  failures: number;
  left_ms: number;
}

/** When a failure is known, and this long no other one was found, seeking under a time limit ends. */
const QUIET_MS = 5_000;
/** After so many losses the campaign ends. */
const LOSSES_MAX = 5;
/** Under a time limit, seeking ends when the pumps of so many units have not answered their commissioning, and no other one has. */
const MUTE_MAX = 4;
/** Before the end of its limit, a unit is to end by itself: a slice of a case, or a smaller case, takes some time. */
const MARGIN_MS = 250;
/** Time to end the processes and to write the report. */
const RESERVE_MS = 300;

/** Carries it out until its end or until `stop` is aborted. Throws ControllerFault. */
export async function playCampaign(
  setup: CampaignSetup,
  engine: Engine,
  stop: AbortSignal,
  onProgress: (progress: Progress) => void,
): Promise<{ report: CampaignReport; shard: ShardFile }> {
  const playing = new Playing(setup, engine, stop, onProgress);
  await playing.carryOut();
  return playing.ended();
}

class Playing {
  private readonly setup: CampaignSetup;
  private readonly engine: Engine;
  private readonly stop: AbortSignal;
  private readonly onProgress: (progress: Progress) => void;
  private readonly began_ms: number;
  /** By unit: the moment at which it is to end. */
  private readonly ends = new Map<string, number>();
  private readonly common: UnitCommon;
  private readonly results = new Results();
  private readonly signatures = new Set<string>();
  private readonly classes = new Set<string>();
  private mute = 0;
  private served = 0;
  private readonly progress = { cases: 0, ticks: 0, core_ms: 0 };
  private lastNew_ms = 0;
  /** Number of the next unit of seeking, in the whole campaign. */
  private nextSeek: number;

  constructor(setup: CampaignSetup, engine: Engine, stop: AbortSignal, onProgress: (progress: Progress) => void) {
    this.setup = setup;
    this.began_ms = performance.now() - (setup.spent_ms ?? 0);
    this.engine = engine;
    this.stop = stop;
    this.onProgress = onProgress;
    const { build, controller, property } = setup.head;
    this.common = { build, controller: controller.hash, property };
    this.nextSeek = setup.shard.index - 1;
  }

  async carryOut(): Promise<void> {
    const { time_ms } = this.setup;
    const late = new AbortController();
    const isBounded = Number.isFinite(time_ms);
    const timer = isBounded
      ? setTimeout(() => late.abort(), Math.max(0, time_ms - RESERVE_MS - this.now_ms))
      : undefined;
    const over = AbortSignal.any([this.stop, late.signal]);
    try {
      await this.run(this.known(), over);
      await this.run(this.seeking(), over);
      await this.run(this.shrinking(), over);
    } finally {
      clearTimeout(timer);
    }
  }

  ended(): { report: CampaignReport; shard: ShardFile } {
    const { setup, results } = this;
    const { byUnit, losses } = results;
    const host_s = this.now_ms / MS_PER_SECOND;
    const { head, controllerPath } = setup;
    const ending = { host_s, interrupted: this.stop.aborted };
    return {
      report: merge(head, byUnit, { ...ending, losses, controllerPath, flaws: results.flaws() }),
      shard: shardFileOf(setup, ending, results),
    };
  }

  private async run(units: Iterator<Unit, null>, over: AbortSignal): Promise<void> {
    if (over.aborted) return;
    await this.engine.run(
      () => units.next().value ?? null,
      over,
      (outcome) => this.take(outcome),
      Number.isFinite(this.setup.time_ms) ? (unit) => this.leftFor(unit) : undefined,
    );
  }

  /** The host's time that is over. */
  private get now_ms(): number {
    return performance.now() - this.began_ms;
  }

  /** The host's time that a unit has. One of seeking ends where the time for shrinking begins, if it began before. */
  private leftFor({ kind, id }: Unit): number {
    const { time_ms } = this.setup;
    const { now_ms } = this;
    const isBefore = kind === "seek" && now_ms < time_ms * SEEKING_PART;
    const end = isBefore ? time_ms * SEEKING_PART : time_ms - RESERVE_MS - MARGIN_MS;
    this.ends.set(id, end);
    return Math.max(0, end - now_ms);
  }

  private *known(): Iterator<Unit, null> {
    const { corpus, shard } = this.setup;
    for (const [i, { name, text }] of corpus.entries()) {
      if (i % shard.of !== shard.index - 1) continue;
      yield { ...this.common, kind: "corpus", id: name, file: name, text };
    }
    return null;
  }

  private *seeking(): Iterator<Unit, null> {
    while (!this.isSought) yield this.nextUnit();
    return null;
  }

  private nextUnit(): SeekUnit {
    const { head, runs, shard } = this.setup;
    const { profile, seed } = head;
    const from = this.nextSeek * PROFILES[profile].count;
    const count = Math.min(PROFILES[profile].count, (runs ?? Infinity) - from);
    this.nextSeek += shard.of;
    return { ...this.common, kind: "seek", id: seekId(profile, from), profile, seed, from, count };
  }

  /** True when no more units of seeking begin. */
  private get isSought(): boolean {
    const { head, runs, time_ms } = this.setup;
    if (runs !== null && this.nextSeek * PROFILES[head.profile].count >= runs) return true;
    if (this.results.losses.length >= LOSSES_MAX) return true;
    if (this.setup.endsAtFirst && this.signatures.size > 0) return true;
    if (!Number.isFinite(time_ms)) return false;
    if (this.served === 0 && this.mute >= MUTE_MAX) return true;
    const { now_ms } = this;
    if (this.signatures.size === 0) return now_ms >= time_ms - RESERVE_MS;
    return now_ms >= time_ms * SEEKING_PART || now_ms - this.lastNew_ms > Math.max(QUIET_MS, this.lastNew_ms);
  }

  private *shrinking(): Iterator<Unit, null> {
    for (const found of shrunkFailures(this.results.byUnit)) {
      const { signature, file } = found;
      yield { ...this.common, kind: "shrink", id: shrinkId(found), signature, file, tries: TRIES_MAX };
    }
    return null;
  }

  private take(outcome: Outcome): void {
    const { unit } = outcome;
    if ("died" in outcome) {
      const text = `the controller failed: ${outcome.died}`;
      this.results.lose({ unit: unit.id, text, began: outcome.began });
    } else {
      const { result, deeds } = outcome;
      for (const text of deeds) this.results.lose({ unit: unit.id, text, began: null });
      if (this.results.add(result)) this.count(result);
      if (deeds.length === 0) this.noteSlow(unit, result);
    }
    this.onProgress({
      ...this.progress,
      classes: this.classes.size,
      failures: this.signatures.size,
      left_ms: this.setup.time_ms - this.now_ms,
    });
  }

  private count(result: UnitResult): void {
    this.progress.core_ms += result.core_ms;
    if (result.kind !== "seek") return;
    this.progress.cases += result.cases;
    this.progress.ticks += result.ticks;
    this.served += result.served;
    if (result.unanswered !== null) this.mute++;
    for (const each of Object.keys(result.classes)) this.classes.add(each);
    for (const { signature } of result.failures) {
      if (this.signatures.has(signature)) continue;
      this.signatures.add(signature);
      this.lastNew_ms = this.now_ms;
    }
  }

  /** A unit that was cut short by its own bound is told: with another machine it would have had more cases. */
  private noteSlow(unit: Unit, result: UnitResult): void {
    if (unit.kind !== "seek" || result.kind !== "seek" || result.unanswered !== null) return;
    if (this.now_ms >= (this.ends.get(unit.id) ?? Infinity)) return;
    if (result.cases + result.refused >= unit.count) return;
    const text = `${result.cases} of ${unit.count} cases were done in the ${UNIT_MS_MAX / MS_PER_SECOND} s that a unit has`;
    this.results.lose({ unit: unit.id, text, began: null });
  }
}

// A campaign: known counterexamples first, then seeking, then shrinking the first case of each failure. A limit of host time is kept: while
// there is a failure, a quarter of it is held back for shrinking. Without a limit the number of cases decides, and then the report is
// the same for the same seed, build and controller, times aside.

import type { CampaignHead, CampaignReport } from "../campaign/campaign-report";
import { firstFailures, type Loss, merge, shrinkId } from "../campaign/merge";
import { PROFILES } from "../campaign/profiles";
import { type SeekUnit, type Unit, UNIT_MS_MAX, type UnitCommon, type UnitResult } from "../campaign/unit";
import { MS_PER_SECOND } from "../time";
import type { Engine, Outcome } from "./engine";

export interface CampaignSetup {
  head: CampaignHead;
  /** Cases; null when the time alone decides. */
  runs: number | null;
  /** Of the host; Infinity without a limit. */
  time_ms: number;
  /** The path of the controller as counterexamples name it; null for the reference controller. */
  controllerPath: string | null;
  corpus: readonly { name: string; text: string }[];
}

export interface Progress {
  cases: number;
  ticks: number;
  core_ms: number;
  classes: number;
  failures: number;
  left_ms: number;
}

/** The part of the time in which failures are sought; the rest is for shrinking them. */
const SEEKING_PART = 0.75;
/** When a failure is known, and this long no other one was found, seeking under a time limit ends. */
const QUIET_MS = 5_000;
const SHRUNK_MAX = 5;
const TRIES = 400;
/** The same loss is told so many times, and after so many losses the campaign ends. */
const LOSSES_MAX = 5;
/** Time to end the processes and to write the report. */
const RESERVE_MS = 300;

/** Carries it out until its end or until `stop` is aborted. Throws ControllerFault. */
export async function playCampaign(
  setup: CampaignSetup,
  engine: Engine,
  stop: AbortSignal,
  onProgress: (progress: Progress) => void,
): Promise<CampaignReport> {
  const playing = new Playing(setup, engine, stop, onProgress);
  await playing.carryOut();
  return playing.report();
}

class Playing {
  private readonly setup: CampaignSetup;
  private readonly engine: Engine;
  private readonly stop: AbortSignal;
  private readonly onProgress: (progress: Progress) => void;
  private readonly began_ms = performance.now();
  private readonly common: UnitCommon;
  private readonly results = new Map<string, UnitResult>();
  private readonly losses: Loss[] = [];
  private readonly signatures = new Set<string>();
  private readonly classes = new Set<string>();
  private readonly progress = { cases: 0, ticks: 0, core_ms: 0 };
  private lastNew_ms = 0;
  private nextCase = 0;

  constructor(setup: CampaignSetup, engine: Engine, stop: AbortSignal, onProgress: (progress: Progress) => void) {
    this.setup = setup;
    this.engine = engine;
    this.stop = stop;
    this.onProgress = onProgress;
    const { build, controller, property } = setup.head;
    this.common = { build, controller: controller.hash, property };
  }

  async carryOut(): Promise<void> {
    const { time_ms } = this.setup;
    const late = new AbortController();
    const isBounded = Number.isFinite(time_ms);
    const timer = isBounded ? setTimeout(() => late.abort(), Math.max(0, time_ms - RESERVE_MS)) : undefined;
    const over = AbortSignal.any([this.stop, late.signal]);
    try {
      await this.run(this.known(), over);
      await this.run(this.seeking(), over);
      await this.run(this.shrinking(), over);
    } finally {
      clearTimeout(timer);
    }
  }

  report(): CampaignReport {
    const host_s = (performance.now() - this.began_ms) / MS_PER_SECOND;
    const { head, controllerPath } = this.setup;
    return merge(head, this.results, { host_s, interrupted: this.stop.aborted, losses: this.losses, controllerPath });
  }

  private async run(units: Iterator<Unit, null>, over: AbortSignal): Promise<void> {
    if (over.aborted) return;
    await this.engine.run(
      () => units.next().value ?? null,
      over,
      (outcome) => this.take(outcome),
    );
  }

  private *known(): Iterator<Unit, null> {
    for (const { name, text } of this.setup.corpus) {
      yield { ...this.common, kind: "corpus", id: name, file: name, text };
    }
    return null;
  }

  private *seeking(): Iterator<Unit, null> {
    while (!this.isSought) yield this.nextUnit();
    return null;
  }

  private nextUnit(): SeekUnit {
    const { head, runs } = this.setup;
    const from = this.nextCase;
    const count = Math.min(PROFILES[head.profile].count, (runs ?? Infinity) - from);
    this.nextCase += count;
    const { profile, seed } = head;
    return {
      ...this.common,
      kind: "seek",
      id: `${profile} ${String(from).padStart(7, "0")}`,
      profile,
      seed,
      from,
      count,
    };
  }

  /** True when no more units of seeking begin. */
  private get isSought(): boolean {
    const { runs, time_ms } = this.setup;
    if (runs !== null && this.nextCase >= runs) return true;
    if (this.losses.length >= LOSSES_MAX) return true;
    if (!Number.isFinite(time_ms)) return false;
    const now_ms = performance.now() - this.began_ms;
    if (this.signatures.size === 0) return now_ms >= time_ms - RESERVE_MS;
    return now_ms >= time_ms * SEEKING_PART || now_ms - this.lastNew_ms > Math.max(QUIET_MS, this.lastNew_ms);
  }

  private *shrinking(): Iterator<Unit, null> {
    for (const [signature, { found }] of [...firstFailures(this.results)].slice(0, SHRUNK_MAX)) {
      yield { ...this.common, kind: "shrink", id: shrinkId(signature), signature, file: found.file, tries: TRIES };
    }
    return null;
  }

  private take(outcome: Outcome): void {
    const { unit } = outcome;
    if ("died" in outcome) {
      const text = `the controller failed: ${outcome.died}`;
      this.losses.push({ unit: unit.id, text, began: outcome.began });
    } else {
      const { result, deeds } = outcome;
      this.results.set(unit.id, result);
      for (const text of deeds) this.lose({ unit: unit.id, text, began: null });
      this.count(result);
    }
    this.onProgress({
      ...this.progress,
      classes: this.classes.size,
      failures: this.signatures.size,
      left_ms: this.setup.time_ms - (performance.now() - this.began_ms),
    });
  }

  /** The same deed is told once. */
  private lose(loss: Loss): void {
    if (!this.losses.some(({ text }) => text === loss.text)) this.losses.push(loss);
  }

  private count(result: UnitResult): void {
    this.progress.core_ms += result.core_ms;
    if (result.kind !== "seek") return;
    this.progress.cases += result.cases;
    this.progress.ticks += result.ticks;
    for (const each of Object.keys(result.classes)) this.classes.add(each);
    for (const { signature } of result.failures) {
      if (this.signatures.has(signature)) continue;
      this.signatures.add(signature);
      this.lastNew_ms = performance.now() - this.began_ms;
    }
    const isSlow = result.cases === 0 && result.failures.length === 0;
    if (isSlow)
      this.lose({ unit: result.unit, text: `no case was done within ${UNIT_MS_MAX / MS_PER_SECOND} s`, began: null });
  }
}

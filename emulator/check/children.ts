// The engine of this machine: so many child processes, each of which takes the next unit when it has done its last one. A child that
// dies costs its unit, which is told, and another child takes its place. So it is with one whose controller did something to the process.

import { Child } from "../apart/child-process";
import type { UnitAnswer } from "../apart/messages";
import type { CaseFile } from "../campaign/case-file";
import { type Unit, UNIT_MS_MAX } from "../campaign/unit";
import { takeTurns, type Worker } from "../crew";
import { chosenReference } from "../machine/module";
import type { Engine, Outcome } from "./engine";

/** A unit ends itself long before. */
const PATIENCE_MS = 4 * UNIT_MS_MAX;

/** `controller` is a path; null for the reference controller. */
export function childrenEngine(controller: string | null, workers: number): Engine {
  const crew = Array.from({ length: workers }, () => new ChildWorker(controller));
  return {
    run: (next, stop, onOutcome, leftFor = () => Infinity) => {
      let hired = 0;
      const hire = (over: AbortSignal): Worker<Unit, Outcome> => {
        const worker = crew[hired++];
        return { work: (unit) => worker.work(unit, over, leftFor(unit)), end: () => Promise.resolve() };
      };
      return takeTurns(workers, hire, next, stop, onOutcome);
    },
    close: async () => {
      await Promise.all(crew.map((worker) => worker.end()));
    },
  };
}

/** Carries out one unit at a time. `over` ends the one at which it is; after `left_ms` it ends itself, with what it has. */
export class ChildWorker {
  private readonly controller: string | null;
  private child: Child | null = null;
  private began: { index: number; file: CaseFile } | null = null;

  constructor(controller: string | null) {
    this.controller = controller;
  }

  async work(unit: Unit, over: AbortSignal, left_ms = Infinity): Promise<Outcome | null> {
    const child = await this.ready();
    this.began = null;
    const end = (): void => child.kill();
    over.addEventListener("abort", end);
    const late = setTimeout(end, PATIENCE_MS);
    const message = over.aborted
      ? null
      : await child.ask({ call: "unit", given: [unit, ...(left_ms === Infinity ? [] : [left_ms])] });
    clearTimeout(late);
    over.removeEventListener("abort", end);
    if (message === null) {
      await this.end();
      return over.aborted ? null : { unit, died: child.death ?? "its process ended", began: this.began };
    }
    if (!("answer" in message) || "error" in message.answer) {
      await this.end();
      return { unit, died: child.refusal(message).message, began: this.began };
    }
    const { result, deeds } = message.answer.result as UnitAnswer;
    if (deeds.length > 0) await this.end();
    return { unit, result, deeds };
  }

  async end(): Promise<void> {
    const { child } = this;
    this.child = null;
    await child?.end();
  }

  /** Starts the process and loads the controller in it. Throws ControllerFault and UsageError. */
  async ready(): Promise<Child> {
    return (this.child ??= await this.open());
  }

  private async open(): Promise<Child> {
    // A module that the child would refuse is refused here, in words.
    if (this.controller === null) chosenReference();
    const child = new Child(this.controller ?? "reference", (news) => {
      if ("began" in news) this.began = news.began;
    });
    const message = await child.ask({ campaign: { controller: this.controller } });
    if (message && "answer" in message && "result" in message.answer) return child;
    await child.end();
    throw child.refusal(message);
  }
}

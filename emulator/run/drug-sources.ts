// Where the drug at the effect sites came from, for the report: a body for each source, which takes in what came that way alone and
// shares the matrices of the patient. The patient's fluid is linear, so the concentrations of these bodies add up to the patient's.
// They are no part of the machine: they follow the patient minute by minute and are saved beside it. What the body holds at the
// start came by mouth, or from a pump that has given for months. What it holds when a run goes on that did not follow them came
// before.

import type { Machine } from "../machine/machine";
import { BRAIN, CORD, Fluid } from "../world/patient/fluid";
import { DRUG_SOURCES, sourceTrack, type DrugSource, type Site } from "./report";
import { makePatient, slotNames, type PatientSetup } from "../world/patient/setup";

const SITES = [
  { site: "cord", state: CORD },
  { site: "brain", state: BRAIN },
] as const satisfies readonly { site: Site; state: number }[];
/** The amounts in each body, by source, slot and state of the fluid. */
export type SavedSources = number[][];

export class DrugSources {
  private readonly fluid: Fluid;
  private readonly names: readonly string[];
  private readonly bodies: readonly Fluid[];

  constructor(machine: Machine, setup: PatientSetup, seed: number) {
    this.fluid = machine.patient!.fluid;
    this.names = slotNames(setup);
    this.bodies = DRUG_SOURCES.map(() => bodyLike(this.fluid));
    const { longDoses_ngPerDay: _, ...swallowed } = setup;
    const byMouth = makePatient(swallowed, seed).fluid.x;
    this.bodyOf("mouth").x.set(byMouth);
    this.bodyOf("tip").x.set(this.fluid.x.map((held, i) => held - byMouth[i]));
  }

  /** The concentrations as tracks: their names, and how to read them. */
  tracks(): { name: string; unit: string; read(): number }[] {
    return this.names.flatMap((drug, slot) =>
      DRUG_SOURCES.flatMap(({ name }, i) =>
        SITES.map(({ site, state }) => ({
          name: sourceTrack(name, site, drug),
          unit: "ng/mL",
          // The difference of two bodies at the start may leave a rounding error.
          read: () => Math.max(0, this.bodies[i].concentration(slot, state)),
        })),
      ),
    );
  }

  /** The minute ahead brings what stands in the patient's fluid, which has not passed yet. */
  follow(): void {
    const { fluid } = this;
    for (const body of this.bodies) {
      body.recent_nl = fluid.recent_nl;
      body.atTip_nl = fluid.atTip_nl;
      body.needle_nl = fluid.needle_nl;
      body.used.set(fluid.used);
    }
    this.bodyOf("tip").atTip_ng.set(fluid.atTip_ng);
    this.bodyOf("needle").needle_ng.set(fluid.needle_ng);
    this.bodyOf("mouth").gut_ng.set(fluid.gut_ng);
    this.bodyOf("skin").pocket_ng.set(fluid.pocket_ng);
    for (const body of this.bodies) body.step();
  }

  save(): SavedSources {
    return this.bodies.map(({ x }) => [...x]);
  }

  /** Null: the run that was saved did not follow the sources. */
  restore(saved: SavedSources | null): void {
    for (const [i, body] of this.bodies.entries()) {
      if (saved === null) body.x.fill(0);
      else body.x.set(saved[i]);
    }
    if (saved === null) this.bodyOf("before").x.set(this.fluid.x);
  }

  /** True for saved amounts of as many bodies and states. */
  isFitting(saved: SavedSources): boolean {
    return saved.length === this.bodies.length && saved.every(({ length }) => length === this.fluid.x.length);
  }

  private bodyOf(source: DrugSource): Fluid {
    return this.bodies[DRUG_SOURCES.findIndex(({ name }) => name === source)];
  }
}

function bodyLike({ slots, figures, a, b }: Fluid): Fluid {
  return Object.assign(new Fluid(slots), { figures, a, b });
}

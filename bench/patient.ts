// A service life with a patient behind the catheter against the same one without, in a run with listeners and monitors (PAT-2: at
// most half as much again). The patient of the second row takes tablets, so two ways of delivery and a diary are at work. Set
// DAYS to 2,500 for the whole service life: the ratio hardly depends on it, because all of it is steady therapy.

import { timed, measure, type Outcome, type Subject } from "./measure";
import { product } from "./product";
import { serviceLife } from "./scenarios";

const DAYS = 120;
const RATIO_MAX = 1.5;
const WITHOUT = "leap, a run without a patient";
const PATIENT =
  "patient: { indication: failed_back_surgery, weight: 78 kg, oral: [{ drug: morphine, dose: 60 mg/day, by_need: 10 mg }] }\n";

export async function patientRows(rounds: number): Promise<Outcome> {
  const subject = (name: string, more: string): Subject => ({
    ...{ name, per: DAYS, unit: "ms" },
    once: () => {
      const scenario = product.parseScenario(serviceLife(DAYS, more), name);
      const options = { gear: "leap", controller: product.referenceController, tracks: false } as const;
      const run = new product.ScenarioRun(scenario, options);
      return timed(() => run.advance(run.end_ticks));
    },
  });
  const subjects: Subject[] = [
    subject(WITHOUT, ""),
    { ...subject("leap, a run with a patient", PATIENT), peer: WITHOUT, ratio_max: RATIO_MAX },
  ];
  return { rows: await measure(subjects, rounds), leftOut: [] };
}

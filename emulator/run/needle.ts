// The needles of a scenario, which reach reservoir, catheter and spinal fluid directly. People report a refill to the pump
// afterwards. They do not report the other five actions (RES-7).

import type { Machine } from "../machine/machine";
import type { Action, Drug } from "../scenario/scenario";

export type Needle = Extract<
  Action,
  { do: "refill" | "tap" | "top_up" | "port_injection" | "port_aspiration" | "inject" }
>;

/** The action if a needle carries it out, else null. */
export function needleOf(action: Action): Needle | null {
  switch (action.do) {
    case "refill":
    case "tap":
    case "top_up":
    case "port_injection":
    case "port_aspiration":
    case "inject":
      return action;
    default:
      return null;
  }
}

/** Carries out the action of a needle. Returns the volume that came out, in nL. */
export function useNeedle(needle: Needle, machine: Machine): number {
  switch (needle.do) {
    case "refill":
      return machine.refill(needle.aspirate_nl, needle.fill_nl, concentrationsOf(needle.drugs));
    case "tap":
      return machine.tap(needle.volume_nl);
    case "top_up":
      machine.topUp(needle.volume_nl, concentrationsOf(needle.drugs));
      return 0;
    case "port_injection":
      machine.injectAtPort(needle.volume_nl, needle.drug_ng);
      return 0;
    case "port_aspiration":
      return machine.aspirateAtPort(needle.volume_nl);
    case "inject":
      machine.patient?.inject(machine.patient.slotOfPump[needle.drug], needle.dose_ng, needle.volume_nl);
      return 0;
  }
}

/** The concentrations of what the needle fills in; null for those in the reservoir. */
function concentrationsOf(drugs: readonly Drug[] | null): number[] | null {
  return drugs && drugs.map((drug) => drug.concentration_mgPerMl);
}

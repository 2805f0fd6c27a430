// Loads a scenario together with the people who act in it. `new Machine(loadScenario(file))` then runs the scenario with its
// timeline.

import type { MachineSetup } from "../machine/machine";
import * as language from "../scenario/load";
import type { Scenario } from "../scenario/scenario";
import { People } from "./people";
import { referenceFields } from "./reference-fields";

/** A scenario with its people, who act on a machine that is built from it. */
export type PlayableScenario = Scenario & Required<Pick<MachineSetup, "outside">>;

/** Reads a scenario from a file. Throws ScenarioError, always with a place, and FileError. */
export function loadScenario(file: string): PlayableScenario {
  return playable(language.loadScenario(file, referenceFields));
}

/** Reads a scenario from a text. Errors name `file`. Throws ScenarioError, always with a place. */
export function parseScenario(text: string, file: string): PlayableScenario {
  return playable(language.parseScenario(text, file, referenceFields));
}

function playable(scenario: Scenario): PlayableScenario {
  return { ...scenario, outside: () => new People(scenario) };
}

// Opens a scenario for a machine: what the language says, and the people who act it out. `new Machine(loadScenario(file))`
// then runs the scenario, its timeline included.

import type { MachineSetup } from "../machine/machine";
import * as language from "../scenario/load";
import type { Scenario } from "../scenario/scenario";
import { People } from "./people";

/** A scenario with its people: a machine that is built from it has them outside. */
export type PlayableScenario = Scenario & Required<Pick<MachineSetup, "outside">>;

/** Reads a scenario's file. Throws ScenarioError, always with a place, and FileError. */
export function loadScenario(file: string): PlayableScenario {
  return playable(language.loadScenario(file));
}

/** The scenario in a text; `file` is its name in errors. Throws ScenarioError, always with a place. */
export function parseScenario(text: string, file: string): PlayableScenario {
  return playable(language.parseScenario(text, file));
}

function playable(scenario: Scenario): PlayableScenario {
  return { ...scenario, outside: () => new People(scenario) };
}

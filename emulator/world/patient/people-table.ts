// The figures of people, with the source of each and its spread between them. Volumes are mL, flows mL/min, half-lives days
// unless the name has another unit.

import { background, choice, derived, type Figure, read } from "./figures";

export const ANATOMY = {
  tip_mL: choice(4, 0.2, "a few centimetres around the tip, 3 to 6 mL"),
  lumbar_mL: derived(
    14,
    0.25,
    "a first compartment of 15 mL, of two fitted to 0.25 mg (from PMID 6546839); 18 mL with the tip's cell",
  ),
  thoracic_mL: derived(
    42,
    0.25,
    "with tip and lumbar fluid 60 mL: V was 62 and 74 mL at 70 kg after a bolus (PMID 6546839)",
  ),
  cisternal_mL: derived(75, 0.2, "135 mL in all: 100 to 160 mL are in the spine and the head (PMC5874330)"),
  exchangeTip: choice(0.35, 0.5, "gradients are steep near the tip (Bernards 2006, Flack 2010)"),
  exchangeSpinal: derived(0.5, 0.4, "0.5 mL/min between two compartments fitted to 0.25 mg (from PMID 6546839)"),
  exchangeRostral: derived(0.075, 0.5, "lumbar to cisternal 7 to 1 with the tip at L2 (Moulin 1986)"),
  turnover: read(
    0.35,
    0.15,
    "formation of the fluid 0.35 to 0.40 mL/min (PMC5874330); that all of it clears cisternal fluid is a choice",
  ),
} satisfies Record<string, Figure>;

export const PERSON = {
  reliefMax: choice(0.85, 0.1, "a part of the pain that no dose relieves"),
  toneMax: choice(0.9, 0.05, "Ashworth 4.0 to 1.2 in 20 people, 0.93 of the way to 1 (Penn 1989, NEJM 320:1517)"),
  spasmMax: choice(0.95, 0.03, "spasms 3.3 to 0.4 in 19 people, a relief of 0.88 (Penn 1989, NEJM 320:1517)"),
  toleranceMax: choice(2, 0.5, "up to three times the EC50 after months of opioids"),
  toleranceAt: choice(1, 0.3, "half of it at an exposure of one EC50"),
  toleranceHalfLife: choice(21, 0.4, "doses rise over the first months"),
  breathToleranceMax: choice(5, 0.4, "up to six times the EC50 after months of opioids"),
  gabaToleranceMax: choice(0.6, 0.5, "doses of baclofen rise over the first year"),
  adaptDays: choice(6, 0.2, "5 to 7 days; a construct of the model, which nobody has measured"),
  dependenceAt: choice(1, 0.4, "half of the greatest dependence at an exposure of one EC50"),
  withdrawalHours: choice(18, 0.3, "of baclofen, signs within 12 to 24 h, severe at 24 to 72 h (neurosurgerywiki.com)"),
  withdrawalGain: choice(1.1, 0.4, "severe signs are rare: 3 to 5 % of cases with baclofen (neurosurgerywiki.com)"),
  placebo: choice(0.2, 0.6, "part of the pain that a placebo takes away in the report"),
  placeboHalfLife: choice(14, 0.4, "it fades over weeks"),
  reportSlow: choice(0.7, 0.3, "component of days"),
  reportNoise: derived(0.7, 0.2, "ICC 0.885 of repeated readings (PMC9299931), if people differ by 2 points"),
  episodesPerDay: choice(3, 0.6, "breakthrough pain several times a day"),
  needAt: choice(5.5, 0.15, "a dose by need above moderate pain"),
  askAt: choice(5, 0.15, "a bolus above moderate pain"),
  contentAt: choice(4.5, 0.15, "pain with which people take less"),
  activityLoss: choice(0.7, 0.2, "activity lost at a pain of 10"),
  woundPain: choice(2.5, 0.4, "two incisions"),
  healHalfLife: background(10, 0.3, "healing takes weeks"),
} satisfies Record<string, Figure>;

/** Deviation of a diary's constant offset, points. */
export const REPORT_OFFSET_POINTS = 0.5;

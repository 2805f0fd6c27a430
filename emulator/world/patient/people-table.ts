// The figures of people, with the source of each and its spread between them. Volumes are mL, flows mL/min, half-lives days
// unless the name has another unit.

import { background, choice, derived, type Figure, read } from "./figures";

export const ANATOMY = {
  tip_mL: choice(4, 0.2, "a few centimetres around the tip, 3 to 6 mL"),
  lumbar_mL: derived(14, 0.25, "15 mL beside the tip's cell: two compartments fitted to 0.25 mg (from PMID 6546839)"),
  thoracic_mL: derived(42, 0.25, "with tip and lumbar 60 mL: V 62 to 74 mL of the bolus studies (PMID 6546839)"),
  cisternal_mL: derived(75, 0.2, "of a total of 100 to 160 mL"),
  exchangeTip: choice(0.35, 0.5, "gradients are steep near the tip (Bernards 2006, Flack 2010)"),
  exchangeSpinal: derived(0.5, 0.4, "0.5 mL/min between two compartments fitted to 0.25 mg (from PMID 6546839)"),
  exchangeRostral: derived(0.075, 0.5, "lumbar to cisternal 7 to 1 with the tip at L2"),
  turnover: read(0.35, 0.15, "formation of the fluid 0.35 to 0.40 mL/min"),
} satisfies Record<string, Figure>;

export const PERSON = {
  reliefMax: choice(0.85, 0.1, "a part of the pain that no dose relieves"),
  toneMax: derived(0.9, 0.05, "Penn 1989: Ashworth 4.0 to 1.2"),
  spasmMax: derived(0.95, 0.03, "Penn 1989: spasms 3.3 to 0.4"),
  toleranceMax: choice(2, 0.5, "the EC50 of people with years of opioids is several times that of others"),
  toleranceAt: choice(1, 0.3, "half of it at an exposure of one EC50"),
  toleranceHalfLife: choice(21, 0.4, "doses rise over the first months"),
  breathToleranceMax: choice(5, 0.4, "the tolerant five to ten times"),
  gabaToleranceMax: choice(0.6, 0.5, "doses of baclofen rise over the first year"),
  adaptDays: read(6, 0.2, "adapted level follows with 5 to 7 days"),
  dependenceAt: choice(1, 0.4, "half of the greatest dependence at an exposure of one EC50"),
  withdrawalHours: choice(18, 0.3, "signs within 12 to 24 h, severe at 24 to 72 h"),
  withdrawalGain: choice(1.1, 0.4, "people differ: most never reach severe signs"),
  placebo: choice(0.2, 0.6, "part of the pain that a placebo takes away in the report"),
  placeboHalfLife: choice(14, 0.4, "it fades over weeks"),
  reportSlow: choice(0.7, 0.3, "component of days"),
  reportNoise: derived(0.7, 0.2, "ICC 0.885 of repeated readings (PMC9299931)"),
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

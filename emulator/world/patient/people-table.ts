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
  exchangeSpinal: derived(
    0.25,
    0.4,
    "with the next: lumbar to cisternal 7 to 1 with the tip at L2 and 2 to 1 at T10 (Moulin 1986); fits of a bolus have 0.2 to 0.5",
  ),
  exchangeRostral: derived(0.16, 0.5, "lumbar to cisternal 7 to 1 with the tip at L2 and 2 to 1 at T10 (Moulin 1986)"),
  turnover: read(
    0.35,
    0.15,
    "formation of the fluid 0.35 to 0.40 mL/min (PMC5874330); that all of it clears cisternal fluid is a choice",
  ),
} satisfies Record<string, Figure>;

export const PERSON = {
  reliefMax: choice(0.85, 0.1, "a part of the pain that no dose relieves"),
  toneMax: choice(
    0.97,
    0.3,
    "above 0.93, which 20 people had after three days: Ashworth 4.0 to 1.2, and 1.0 after months (Penn 1989, NEJM 320:1517)",
  ),
  spasmMax: choice(0.95, 0.03, "spasms 3.3 to 0.4 in 19 people, a relief of 0.88 (Penn 1989, NEJM 320:1517)"),
  toleranceMax: choice(
    5,
    0.5,
    "of the growing kind, up to six times the EC50; 1.1 mg/day at first were 3.1 after 6 months (Kumar 2001, Surg Neurol 55:79)",
  ),
  toleranceAt: choice(1, 0.3, "half of it at an exposure of one EC50"),
  toleranceHalfLife: choice(21, 0.4, "doses rise over the first months"),
  breathToleranceMax: choice(5, 0.4, "up to six times the EC50 after months of opioids"),
  gabaToleranceMax: choice(0.6, 0.5, "of the growing kind; doses of baclofen rise over the first year"),
  adaptDays: choice(6, 0.2, "5 to 7 days; a construct of the model, which nobody has measured"),
  dependenceAt: choice(1, 0.4, "half of the greatest dependence at an exposure of one EC50"),
  withdrawalHours: choice(18, 0.3, "of baclofen, signs within 12 to 24 h, severe at 24 to 72 h (neurosurgerywiki.com)"),
  withdrawalGain: choice(1.1, 0.4, "severe signs are rare: 3 to 5 % of cases with baclofen (neurosurgerywiki.com)"),
  placebo: choice(
    0.2,
    0.8,
    "part of the pain that a placebo takes away in the report",
    "30 % less pain or more after a placebo in 15 of 100 people with neuropathic pain, in 160 readings of three crossover trials (physiciansweekly.com)",
  ),
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

/**
 * The spread of the untreated scores between people of one indication, as the deviation of the logarithm of the odds of the score on its
 * scale. The file or the indication has the middle.
 */
export const SCORES = {
  pain: {
    least: 0,
    most: 10,
    spread: 1,
    source: "78.5 of 100, deviation 15.9, 30 people (Anderson 1999, Cochrane CD006605)",
  },
  ashworth: { least: 1, most: 5, spread: 1.5, source: "4.0 +- 1.0, 20 people (Penn 1989, NEJM 320:1517)" },
  spasms: { least: 0, most: 4, spread: 2, source: "3.3 +- 1.2, 19 people (Penn 1989, NEJM 320:1517)" },
} as const;

/** Two kinds of people: in some tolerance grows, and in the others it is this part of that. Both numbers are choices. */
export const TOLERANCE_KINDS = { growing: 0.7, flat: 0.2 };

/**
 * Groups of figures that go together in people: those of a group share a part of their variance, so two of them correlate by that part. All
 * groups and parts are choices, by mechanism.
 */
export const TOGETHER: readonly { name: string; part: number; figures: RegExp; why: string }[] = [
  {
    name: "size of the fluid",
    part: 0.5,
    figures: /^(tip|lumbar|thoracic|cisternal)_mL$/,
    why: "a long spine has more fluid everywhere",
  },
  {
    name: "mixing",
    part: 0.5,
    figures: /^exchange(Tip|Spinal|Rostral)$/,
    why: "heart and breath drive all exchange in the fluid",
  },
  {
    name: "clearance from the fluid",
    part: 0.5,
    figures: /\.clearanceSpinal$/,
    why: "the vessels of cord and membranes take away every drug",
  },
  { name: "clearance from plasma", part: 0.3, figures: /\.clearancePlasma$/, why: "liver and kidneys serve all drugs" },
  {
    name: "sensitivity to opioids",
    part: 0.6,
    figures: /^(morphine|hydromorphone|fentanyl|sufentanil)\.(pain|breath|sedation)Ec50$/,
    why: "one receptor for all opioids and these effects",
  },
  {
    name: "tolerance of opioids",
    part: 0.5,
    figures: /^(breathT|t)oleranceMax$/,
    why: "one receptor for pain and breathing",
  },
  {
    name: "the bar",
    part: 0.6,
    figures: /^(need|ask|content)At$/,
    why: "who bears more asks later and is content earlier",
  },
  { name: "spasticity", part: 0.5, figures: /^(ashworth|spasms)$/, why: "tone and spasms are of one lesion" },
];

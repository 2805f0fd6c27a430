// The parameters of one person, as effects and habits read them. `people-table.ts` has each with its source and its spread
// between people. Rates are per minute; scores are those of the published scales.

export class Person {
  /** Untreated: pain 0 to 10, mean Ashworth score 1 to 5, Penn spasm frequency 0 to 4. */
  pain: f64 = 0;
  ashworth: f64 = 1;
  spasms: f64 = 0;
  /** The greatest part of the pain, of the spasticity and of the spasms that drugs can take away. */
  reliefMax: f64 = 0;
  toneMax: f64 = 0;
  spasmMax: f64 = 0;
  /** How much more drug the person needs at the greatest tolerance, less one; the exposure of half of it; and its rate. */
  toleranceMax: f64 = 0;
  toleranceAt: f64 = 1;
  toleranceRate: f64 = 0;
  /** The same for breathing, which an opioid depresses less in a person who is used to it. */
  breathToleranceMax: f64 = 0;
  /** Divides the EC50 of breathing: above 1 in sleep apnoea. */
  breathSensitivity: f64 = 1;
  /** Tone that baclofen no longer reaches so well. */
  gabaToleranceMax: f64 = 0;
  /** The level that the body is used to follows the present one at this rate. */
  adaptRate: f64 = 0;
  /** The exposure at which half of the greatest dependence is reached, and the rate at which signs follow the lack. */
  dependenceAt: f64 = 1;
  withdrawalRate: f64 = 0;
  withdrawalGain: f64 = 1;
  /** The part of the pain that a placebo takes out of the report at first, and the rate at which it fades. */
  placebo: f64 = 0;
  placeboRate: f64 = 0;
  /** The diary: constant offset, deviations of a component of days and of each reading, and the rate of the former. */
  reportOffset: f64 = 0;
  reportSlow: f64 = 0;
  reportSlowKept: f64 = 0;
  reportNoise: f64 = 0;
  /** Episodes of more pain: chance in a minute, how much more, and for how many minutes, least and greatest. */
  episodeChance: f64 = 0;
  episodeMin: f64 = 0;
  episodeMax: f64 = 0;
  episodeMinutesMin: f64 = 0;
  episodeMinutesMax: f64 = 0;
  /** Felt pain from which the person takes an oral dose by need, and from which the person asks the pump. */
  needAt: f64 = 10;
  askAt: f64 = 10;
  /** Felt pain below which the person takes less oral medication week by week, down to this part. */
  contentAt: f64 = 0;
  oralFloor: f64 = 1;
  /** Activity lost at a pain of 10, and the rate at which activity follows. */
  activityLoss: f64 = 0;
  activityRate: f64 = 0;
  /** The pain of a fresh wound, and the rate at which it heals. */
  woundPain: f64 = 0;
  healRate: f64 = 0;
}

// The one table of faults. Docs, schema and reports read it; the constants of fault-ledger.ts, by which board and world know a
// fault, are made from it. A fault has one number at most, in the unit that its row names.

export type FaultDuration = "lasting" | "momentary";

export interface FaultRow {
  /** As written in a scenario; a variant (`link: drop`) is written `link.drop` here. */
  name: string;
  duration: FaultDuration;
  /** Name of the parameter and its kind, or null. An `nvm_bit` is 8 x address + bit, from two keys of those names. */
  parameter: {
    name: string;
    kind:
      | "fraction"
      | "factor"
      | "rate_nlPerDay"
      | "volume_nl"
      | "ticks"
      | "temperature_mC"
      | "altitude_m"
      | "pressure_pa"
      | "ppm"
      | "bit"
      | "nvm_bit";
  } | null;
  /** The effect of the fault on the world or the board, in one sentence without its full stop, for docs and help. */
  does: string;
  /** The change in a run that proves that the fault acted, in one sentence without its full stop. */
  acts: string;
}

export const FAULTS = [
  {
    name: "motor_stall",
    duration: "lasting",
    parameter: null,
    does: "the rotor does not turn",
    acts: "a pulse did not turn the rotor",
  },
  {
    name: "motor_slip",
    duration: "lasting",
    parameter: { name: "fraction", kind: "fraction" },
    does: "that fraction of the pulses does not turn the rotor",
    acts: "a pulse did not turn the rotor",
  },
  {
    name: "motor_reverse",
    duration: "lasting",
    parameter: null,
    does: "a pulse turns the rotor backward",
    acts: "the rotor made a backward step",
  },
  {
    name: "motor_runaway",
    duration: "lasting",
    parameter: { name: "rate", kind: "rate_nlPerDay" },
    does: "the driver steps the rotor by itself at that rate while it has power",
    acts: "the rotor made a step without a pulse",
  },
  {
    name: "over_delivery",
    duration: "lasting",
    parameter: { name: "factor", kind: "factor" },
    does: "each step displaces that many times its volume, as a worn tube does",
    acts: "a step displaced too much",
  },
  {
    name: "under_delivery",
    duration: "lasting",
    parameter: { name: "factor", kind: "factor" },
    does: "each step displaces only that fraction of its volume",
    acts: "a step displaced too little",
  },
  {
    name: "catheter_occlusion",
    duration: "lasting",
    parameter: null,
    does: "nothing leaves the catheter; its wall stores the volume under rising pressure, and releases it when the fault ends",
    acts: "the rotor made a step against the closed catheter",
  },
  {
    name: "catheter_leak",
    duration: "lasting",
    parameter: { name: "fraction", kind: "fraction" },
    does: "that fraction of the volume is lost before it reaches the tip",
    acts: "volume was lost",
  },
  {
    name: "catheter_disconnect",
    duration: "lasting",
    parameter: null,
    does: "the whole volume is lost where the catheter leaves the pump",
    acts: "volume was lost",
  },
  {
    name: "reservoir_sensor.stuck",
    duration: "lasting",
    parameter: null,
    does: "the level code keeps the value that it had",
    acts: "a reading differed from the truth",
  },
  {
    name: "reservoir_sensor.offset",
    duration: "lasting",
    parameter: { name: "volume", kind: "volume_nl" },
    does: "the level reads too high by that volume, or too low by a negative one",
    acts: "a reading differed from the truth",
  },
  {
    name: "reservoir_sensor.noise",
    duration: "lasting",
    parameter: { name: "volume", kind: "volume_nl" },
    does: "each level reading is wrong by up to that volume, either way",
    acts: "a reading differed from the truth",
  },
  {
    name: "pocket_fill",
    duration: "lasting",
    parameter: { name: "volume", kind: "volume_nl" },
    does: "that volume of the next refill goes into the pocket around the pump",
    acts: "a refill lost volume",
  },
  {
    name: "overfill",
    duration: "lasting",
    parameter: null,
    does: "the next refill puts in a tenth more than the capacity",
    acts: "a refill went over capacity",
  },
  {
    name: "battery_sag",
    duration: "lasting",
    parameter: null,
    does: "the cell has ten times its internal resistance, so a pulse pulls the supply below what the controller needs",
    acts: "a pulse caused a brown-out of the controller",
  },
  {
    name: "brownout",
    duration: "momentary",
    parameter: null,
    does: "the supply drops out, and the controller restarts",
    acts: "the controller was reset",
  },
  {
    name: "reset",
    duration: "momentary",
    parameter: null,
    does: "the reset line is pulled, and the controller restarts",
    acts: "the controller was reset",
  },
  {
    name: "hang",
    duration: "momentary",
    parameter: null,
    does: "the controller's tick does not return until the watchdog resets the controller",
    acts: "the watchdog reset the controller",
  },
  {
    name: "ram_flip",
    duration: "momentary",
    parameter: { name: "bit", kind: "bit" },
    does: "one bit of a field of the controller's memory flips",
    acts: "the bit flipped",
  },
  {
    name: "nvm_flip",
    duration: "momentary",
    parameter: { name: "address", kind: "nvm_bit" },
    does: "one bit of the non-volatile memory flips",
    acts: "the bit flipped",
  },
  {
    name: "nvm_torn_write",
    duration: "lasting",
    parameter: null,
    does: "the next write stores only half of its bits, and the controller restarts",
    acts: "a write was torn",
  },
  {
    name: "rtc_jump",
    duration: "momentary",
    parameter: { name: "by", kind: "ticks" },
    does: "the minute counter jumps",
    acts: "the counter jumped",
  },
  {
    name: "rtc_drift",
    duration: "lasting",
    parameter: { name: "ppm", kind: "ppm" },
    does: "minute counter and wall clock gain that many millionths, or lose them if it is negative; ticks keep their length",
    acts: "a minute began a tick or more away from its time since the last act",
  },
  {
    name: "mri_field",
    duration: "lasting",
    parameter: null,
    does: "the magnetic field holds the rotor",
    acts: "a pulse did not turn the rotor",
  },
  {
    name: "temperature",
    duration: "lasting",
    parameter: { name: "to", kind: "temperature_mC" },
    does: "the pump has that temperature",
    acts: "the temperature changed",
  },
  {
    name: "altitude",
    duration: "lasting",
    parameter: { name: "to", kind: "altitude_m" },
    does: "the ambient pressure is the one at that altitude; another form of `pressure`",
    acts: "the ambient pressure changed",
  },
  {
    name: "pressure",
    duration: "lasting",
    parameter: { name: "to", kind: "pressure_pa" },
    does: "the absolute ambient pressure is that one, as in a chamber or under water",
    acts: "the ambient pressure changed",
  },
  {
    name: "flow_past_rotor",
    duration: "lasting",
    parameter: { name: "rate", kind: "rate_nlPerDay" },
    does: "fluid passes the rotor at that rate without a step, from the side with the higher pressure to the other",
    acts: "a drop of 250 nL passed the rotor",
  },
  {
    name: "sounder_dead",
    duration: "lasting",
    parameter: null,
    does: "the sounder is silent, and its transducer does not answer a self-test",
    acts: "a tone was not heard, or a self-test asked in vain",
  },
  {
    name: "guard_dead",
    duration: "lasting",
    parameter: null,
    does: "the dose guard does not open its switch",
    acts: "the guard should have opened its switch and did not",
  },
  {
    name: "link.drop",
    duration: "lasting",
    parameter: { name: "fraction", kind: "fraction" },
    does: "that fraction of bytes is lost, both ways",
    acts: "a byte was lost",
  },
  {
    name: "link.duplicate",
    duration: "lasting",
    parameter: { name: "fraction", kind: "fraction" },
    does: "that fraction of bytes arrives twice, both ways",
    acts: "a byte arrived twice",
  },
  {
    name: "link.flip",
    duration: "lasting",
    parameter: { name: "fraction", kind: "fraction" },
    does: "that fraction of bytes has one bit flipped, both ways",
    acts: "a bit was flipped",
  },
  {
    name: "link.delay",
    duration: "lasting",
    parameter: { name: "by", kind: "ticks" },
    does: "bytes to the pump arrive later by that time",
    acts: "a byte was delayed",
  },
  {
    name: "link.babble",
    duration: "lasting",
    parameter: { name: "fraction", kind: "fraction" },
    does: "random bytes reach the pump, in that fraction of ticks",
    acts: "a random byte reached the pump",
  },
] as const satisfies readonly FaultRow[];

export type FaultName = (typeof FAULTS)[number]["name"];

/** Index of a fault in the table and the ledger. Throws RangeError on a name that is not in the table. */
export function faultIndex(name: string): number {
  const index = FAULTS.findIndex((row) => row.name === name);
  if (index < 0) throw new RangeError(`no fault is called ${name}`);
  return index;
}

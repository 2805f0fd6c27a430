// Whether the board looks otherwise than at the end of the last tick: a pulse or a step of the rotor, a switch, a value, an event,
// a tone, a byte, another voltage. The part that changes its look says so, because a comparison of all looks after each tick
// costs a tenth of the tick. It is no state of the machine: the core clears it at the end of each tick.

export class Shown {
  any: bool = false;
}

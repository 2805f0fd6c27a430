/* What the people at the other end of the telemetry link may order: SET_CLOCK, IMPLANT, REFILL, STAGE, COMMIT, INTERROGATE,
 * PATIENT_BOLUS, STOP and START. Every other command is answered with `malformed`. */

#ifndef COMMANDS_H
#define COMMANDS_H

#include "telemetry.h"

void commands_boot(void);
/* Carries a command out, unless it is a repeat; its answer, outcome first. Returns the answer's length. */
size_t commands_execute(const struct command *command, uint8_t *answer);

#endif

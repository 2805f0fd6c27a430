/* The orders of the people at the other end of the telemetry link: SET_CLOCK, IMPLANT, REFILL, STAGE, COMMIT, INTERROGATE,
 * PATIENT_BOLUS, STOP and START. Every other command is answered with `malformed`. */

#ifndef COMMANDS_H
#define COMMANDS_H

#include "telemetry.h"

void commands_boot(void);
/* Carries out a command, unless it is a repeat, and writes the answer with the outcome first. Returns the answer's length. */
size_t commands_execute(const struct command *command, uint8_t *answer);

#endif

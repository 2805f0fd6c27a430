/* The therapy: basal by an exact accumulator, the patient's bolus beside it, dose windows, the motor with proof of motion, and the
 * alarms that follow from these. Volumes are in pulses of 250 nL, rates in 0.01 uL/day, times in ticks of 10 ms. It keeps nothing
 * over a reset: the pump then is not programmed, delivers nothing and raises an alarm. */

#ifndef PUMP_H
#define PUMP_H

#include <stdbool.h>
#include <stdint.h>

#include "program.h"

/* The values of the status. All other state of the pump is private to pump.c. */
struct pump_status {
    uint8_t mode, life;
    bool bolus, stalled, limited;
    uint32_t rate, estimate, pulses, missed, alarms, bolus_given, bolus_total, total, digest;
};

void pump_boot(void);
/* Counts the tick; the rest of it comes with pump_tick, after the orders of people. */
void pump_begin_tick(void);
void pump_tick(void);
/* The number of coming ticks that would only kick the watchdog, and the effect of leaping over such ticks. */
int32_t pump_idle(void);
void pump_skip(int32_t ticks);

/* The orders of a clinician and a patient. They return outcomes of cistern_hal.h. */
int pump_implant(void);
uint32_t pump_refill(uint32_t aspirated, uint32_t filled);
int pump_adopt(const struct program *program);
int pump_patient_bolus(void);
int pump_start(void);
void pump_stop(void);
void pump_status(struct pump_status *status);

#endif

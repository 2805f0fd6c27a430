/* What is delivered and when: basal by an exact accumulator, the patient's bolus beside it, dose windows, the motor with proof of
 * motion, and the alarms that follow from these. Volumes are pulses of 250 nL, rates 0.01 uL/day, time ticks of 10 ms. It keeps
 * nothing over a reset: the pump then is not programmed, delivers nothing and says so. */

#ifndef PUMP_H
#define PUMP_H

#include <stdbool.h>
#include <stdint.h>

#include "program.h"

/* For the status; everything else about the pump stays inside pump.c. */
struct pump_status {
    uint8_t mode, life;
    bool bolus, stalled, limited;
    uint32_t rate, estimate, pulses, missed, alarms, bolus_given, bolus_total, total, digest;
};

void pump_boot(void);
void pump_tick(void);
/* Ticks that would do nothing but kick the watchdog; and what such ticks leave behind. */
uint32_t pump_idle(void);
void pump_skip(uint32_t ticks);

/* A clinician's and a patient's orders; outcomes of codes.h. */
int pump_implant(void);
uint32_t pump_refill(uint32_t aspirated, uint32_t filled);
int pump_adopt(const struct program *program);
int pump_patient_bolus(void);
int pump_start(void);
void pump_stop(void);
void pump_status(struct pump_status *status);

#endif

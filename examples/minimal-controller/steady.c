/* 100 uL a day in pulses of 250 nL: 400 pulses, one every 21,600 ticks of 10 ms. */

#include "cistern_hal.h"

enum { PULSE_TICKS = 21600 };

static int32_t waited;

void boot(void)
{
    motor_set_power(true);
}

void tick(void)
{
    watchdog_kick();
    waited++;
    if (waited < PULSE_TICKS)
        return;
    waited = 0;
    motor_pulse();
}

int32_t idle(void)
{
    return PULSE_TICKS - 1 - waited;
}

void skip(int32_t ticks)
{
    waited += ticks;
}

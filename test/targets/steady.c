/* A controller of a few lines against targets/c/cistern_hal.h: it runs the motor at one rate for ever, says so on the trace
 * port, and sends back each byte that it hears. It has no state but its memory, and it can leap between two pulses. */

#include "cistern_hal.h"

enum { RATE = 2400000 / 10 };

static int32_t accumulated;

void boot(void)
{
    motor_set_power(true);
    sounder_set_tone(TONE_OFF);
    trace_event(EVENT_BOOT, reset_cause(), 0, 0);
    trace_publish(CHANNEL_RATE, RATE);
}

void tick(void)
{
    for (int32_t byte = link_receive(); byte >= 0; byte = link_receive())
        link_send(byte);
    accumulated += RATE;
    if (accumulated >= RATE_TICKS_PER_PULSE) {
        accumulated -= RATE_TICKS_PER_PULSE;
        trace_publish(CHANNEL_CAUSE, CAUSE_BASAL);
        motor_pulse();
        nvm_write(clock_minute() % NVM_BYTES, 1);
    }
    watchdog_kick();
}

int32_t idle(void)
{
    int32_t ticks = (RATE_TICKS_PER_PULSE - 1 - accumulated) / RATE;
    return ticks < LEAP_TICKS_MAX ? ticks : LEAP_TICKS_MAX;
}

void skip(int32_t ticks)
{
    accumulated += ticks * RATE;
}

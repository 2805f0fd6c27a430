/* See pump.h. A pulse is counted when the encoder has shown it. A pulse that does not show within PROOF_TICKS is missed: it stays
 * owed and is tried again when the next one falls due, so a stall is found at the programmed pace. Pulses that fall due during a
 * stall are not made up. */

#include "pump.h"

#include <string.h>

#include "cistern_hal.h"

enum {
    /* A healthy step shows after 20 ticks. */
    PROOF_TICKS = 50,
    MISSES_TO_STALL = 8,
    PROOFS_TO_RECOVER = 4,
    EMPTY_PULSES = 5600,
    /* The minutes of the longest window, and the minute under way. */
    MINUTES = WINDOW_MINUTES_MAX + 1,
    UNPUBLISHED = INT32_MIN
};

/* The critical alarms, which are all but low_reservoir. They sound two tones for 3 s every 10 min, and others one tone for 1 s
 * every 60 min. */
static const uint32_t CRITICAL = ~(1u << ALARM_LOW_RESERVOIR);

static struct {
    uint32_t tick; /* counted since boot */
    struct program program;
    bool valid, running;
    uint8_t life;
    bool filled;
    uint32_t estimate;
    uint32_t alarms, alarm_tick;
    uint8_t tone;

    /* Motor. */
    bool powered, in_flight, stalled;
    uint8_t flight_cause;
    uint32_t pulse_tick;
    int32_t motion;
    int misses, proofs;
    uint32_t pulses_total, missed_total;

    /* Basal: the rate in force and the pulses owed. `held` is true after a miss, until the next pulse falls due. */
    uint32_t rate;
    int64_t accumulator;
    uint32_t basal_owed;
    bool held;

    /* The patient's bolus under way, and the ticks at which the last ones began. */
    bool bolus;
    int64_t bolus_accumulator;
    uint32_t bolus_owed, bolus_given;
    uint32_t starts[CAP_PER_24H_MAX];
    uint32_t starts_count;

    /* Dose windows. */
    uint8_t minutes[MINUTES];
    uint32_t minute;       /* index of the minute under way */
    uint32_t minute_ticks; /* ticks of that minute that have passed */
    uint32_t window[PROGRAM_LIMITS_MAX];

    int32_t published[CHANNELS];
} pump;

/* ---- alarms */

static bool alarm_is_on(int alarm)
{
    return (pump.alarms >> alarm & 1) != 0;
}

static void set_alarm(int alarm, bool on)
{
    if (alarm_is_on(alarm) == on)
        return;
    pump.alarms ^= 1u << alarm;
    if (on)
        pump.alarm_tick = pump.tick;
    trace_event(on ? EVENT_ALARM_RAISED : EVENT_ALARM_CLEARED, alarm, 0, 0);
}

static uint32_t tone_period(void)
{
    return pump.alarms & CRITICAL ? 60000 : 360000;
}

static uint32_t tone_length(void)
{
    return pump.alarms & CRITICAL ? 300 : 100;
}

static void sound(void)
{
    uint8_t tone = TONE_OFF;
    if (pump.alarms != 0 && (pump.tick - pump.alarm_tick) % tone_period() < tone_length())
        tone = pump.alarms & CRITICAL ? TONE_DUAL : TONE_SINGLE;
    if (tone != pump.tone)
        sounder_set_tone(tone);
    pump.tone = tone;
}

static void watch_reservoir(void)
{
    set_alarm(ALARM_EMPTY_RESERVOIR, pump.filled && pump.estimate <= EMPTY_PULSES);
    set_alarm(ALARM_LOW_RESERVOIR, pump.filled && pump.valid && pump.estimate <= pump.program.low);
}

/* ---- dose windows */

static uint32_t minute_before(uint32_t minutes)
{
    return (pump.minute + MINUTES - minutes) % MINUTES;
}

/* A pulse leaves a window up to a minute late, never early. */
static void pass_minute(void)
{
    for (int i = 0; i < pump.program.limits; i++)
        pump.window[i] -= pump.minutes[minute_before(pump.program.limit[i].minutes)];
    pump.minute = (pump.minute + 1) % MINUTES;
    pump.minutes[pump.minute] = 0;
    pump.minute_ticks = 0;
}

static void count_windows_anew(void)
{
    for (int i = 0; i < pump.program.limits; i++) {
        pump.window[i] = 0;
        for (uint32_t age = 0; age <= pump.program.limit[i].minutes; age++)
            pump.window[i] += pump.minutes[minute_before(age)];
    }
}

/* The first window that `pulses` more would overfill, or -1. */
static int full_window(uint32_t pulses)
{
    for (int i = 0; i < pump.program.limits; i++)
        if (pump.window[i] + pulses > pump.program.limit[i].pulses)
            return i;
    return -1;
}

/* ---- bolus */

static void end_bolus(int how)
{
    if (!pump.bolus)
        return;
    trace_event(how, CAUSE_PATIENT_BOLUS, (int32_t)pump.bolus_given, 0);
    pump.bolus = false;
    pump.bolus_owed = 0;
}

static void expire_old_starts(void)
{
    uint32_t gone = 0;
    while (gone < pump.starts_count && pump.tick - pump.starts[gone] >= TICKS_PER_DAY)
        gone++;
    pump.starts_count -= gone;
    memmove(pump.starts, pump.starts + gone, pump.starts_count * sizeof pump.starts[0]);
}

int pump_patient_bolus(void)
{
    const struct program *program = &pump.program;
    expire_old_starts();
    uint32_t count = pump.starts_count;
    if (!pump.valid || program->cap == 0)
        return OUTCOME_NOT_PROGRAMMED;
    if (!pump.running)
        return OUTCOME_STOPPED;
    if (alarm_is_on(ALARM_EMPTY_RESERVOIR))
        return OUTCOME_EMPTY;
    if (pump.alarms & CRITICAL)
        return OUTCOME_ALARM;
    if (pump.bolus)
        return OUTCOME_BUSY;
    if (count > 0 && pump.tick - pump.starts[count - 1] < program->lockout_ticks)
        return OUTCOME_LOCKOUT;
    if (count >= program->cap)
        return OUTCOME_PER_24H;
    if (full_window(program->bolus_pulses) >= 0)
        return OUTCOME_DOSE_LIMIT;
    pump.starts[pump.starts_count++] = pump.tick;
    pump.bolus = true;
    pump.bolus_accumulator = 0;
    pump.bolus_owed = pump.bolus_given = 0;
    trace_event(EVENT_BOLUS_STARTED, CAUSE_PATIENT_BOLUS, (int32_t)program->bolus_pulses, (int32_t)program->bolus_ticks);
    return OUTCOME_ACCEPTED;
}

/* ---- start and stop */

static void stop(bool by_alarm)
{
    if (!pump.running)
        return;
    pump.running = false;
    /* What has gathered of the next pulse stays for the next start (THR-9). */
    pump.basal_owed = 0;
    end_bolus(EVENT_BOLUS_CANCELLED);
    trace_event(EVENT_STOPPED, by_alarm, 0, 0);
}

void pump_stop(void)
{
    stop(false);
}

/* Starts delivery by a clinician's order, which also clears misses and motor faults. */
static void begin(void)
{
    set_alarm(ALARM_MOTOR_REVERSE, false);
    set_alarm(ALARM_MOTOR_RUNAWAY, false);
    set_alarm(ALARM_MOTOR_STALL, false);
    pump.stalled = false;
    pump.misses = pump.proofs = 0;
    pump.running = true;
}

int pump_start(void)
{
    if (!pump.valid)
        return OUTCOME_NOT_PROGRAMMED;
    if (guard_tripped())
        return OUTCOME_ALARM;
    if (!pump.running) {
        begin();
        trace_event(EVENT_STARTED, 0, 0, 0);
    }
    return OUTCOME_ACCEPTED;
}

int pump_implant(void)
{
    if (pump.life != LIFE_SHELF)
        return OUTCOME_LIFE;
    pump.life = LIFE_IMPLANTED;
    trace_event(EVENT_LIFE_CHANGED, pump.life, 0, 0);
    return OUTCOME_ACCEPTED;
}

/* Records a refill. Returns the pulses that should have been left. */
uint32_t pump_refill(uint32_t aspirated, uint32_t filled)
{
    uint32_t expected = pump.estimate;
    pump.estimate = filled;
    pump.filled = true;
    trace_event(EVENT_REFILLED, (int32_t)filled, (int32_t)aspirated, 0);
    return expected;
}

/* The guard's limit for an hour: the basal and every bolus that fits, plus a quarter. */
static uint16_t hourly_limit(const struct program *program)
{
    uint32_t pulses = program->rate / (25 * 24) + 1;
    if (program->cap > 0) {
        uint32_t boluses = 60 * TICKS_PER_MINUTE / program->lockout_ticks + 1;
        pulses += program->bolus_pulses * (boluses < program->cap ? boluses : program->cap);
    }
    pulses += pulses / 4 + 1;
    return (uint16_t)(pulses < GUARD_PULSES_PER_HOUR_MAX ? pulses : GUARD_PULSES_PER_HOUR_MAX);
}

int pump_adopt(const struct program *program)
{
    if (pump.life == LIFE_SHELF)
        return OUTCOME_LIFE;
    if (!guard_set_limit(hourly_limit(program)))
        return OUTCOME_NOT_AUTHORISED;
    end_bolus(EVENT_BOLUS_CANCELLED);
    pump.program = *program;
    pump.valid = true;
    count_windows_anew();
    set_alarm(ALARM_PROGRAM_INVALID, false);
    if (pump.life != LIFE_IN_SERVICE) {
        pump.life = LIFE_IN_SERVICE;
        trace_event(EVENT_LIFE_CHANGED, pump.life, 0, 0);
    }
    begin();
    trace_event(EVENT_PROGRAM_ACCEPTED, (int32_t)program->rate, (int32_t)program->digest, (int32_t)program->total);
    return OUTCOME_ACCEPTED;
}

/* ---- the motor */

static void set_power(bool on)
{
    if (pump.powered == on)
        return;
    pump.powered = on;
    motor_set_power(on);
}

/* Stops the pump with an alarm, because the rotor moved in a way that was not ordered. */
static void motor_fault(int alarm)
{
    pump.in_flight = false;
    set_power(false);
    set_alarm(alarm, true);
    stop(true);
}

/* Counts forward steps, whatever moved the rotor. */
static void credit(uint32_t steps)
{
    pump.estimate -= steps < pump.estimate ? steps : pump.estimate;
    for (int i = 0; i < pump.program.limits; i++)
        pump.window[i] += steps;
    pump.minutes[pump.minute] = (uint8_t)(pump.minutes[pump.minute] + steps);
}

static void prove(void)
{
    pump.in_flight = false;
    pump.misses = 0;
    if (pump.flight_cause == CAUSE_BASAL && pump.basal_owed > 0)
        pump.basal_owed--;
    if (pump.flight_cause == CAUSE_PATIENT_BOLUS && pump.bolus) {
        pump.bolus_owed--;
        if (++pump.bolus_given == pump.program.bolus_pulses)
            end_bolus(EVENT_BOLUS_FINISHED);
    }
    if (pump.stalled && ++pump.proofs >= PROOFS_TO_RECOVER) {
        pump.stalled = false;
        trace_event(EVENT_STALL_RECOVERED, 0, 0, 0);
        set_alarm(ALARM_MOTOR_STALL, false);
    }
}

static void miss(void)
{
    pump.in_flight = false;
    pump.held = true;
    pump.proofs = 0;
    pump.missed_total++;
    if (pump.stalled || ++pump.misses < MISSES_TO_STALL)
        return;
    pump.stalled = true;
    trace_event(EVENT_STALL_DETECTED, pump.misses, 0, 0);
    set_alarm(ALARM_MOTOR_STALL, true);
    end_bolus(EVENT_BOLUS_CANCELLED);
}

static void sense_motion(void)
{
    int32_t moved = motor_motion() - pump.motion;
    pump.motion += moved;
    if (moved > 0)
        credit((uint32_t)moved);
    if (moved < 0)
        motor_fault(ALARM_MOTOR_REVERSE);
    else if (moved > (pump.in_flight ? 1 : 0))
        motor_fault(ALARM_MOTOR_RUNAWAY);
    else if (moved > 0)
        prove();
    else if (pump.in_flight && pump.tick - pump.pulse_tick >= PROOF_TICKS)
        miss();
    if (guard_tripped()) {
        set_alarm(ALARM_DOSE_GUARD, true);
        stop(true);
    } else {
        set_alarm(ALARM_DOSE_GUARD, false);
    }
}

static void fire(int cause)
{
    set_power(true);
    if (pump.published[CHANNEL_CAUSE] != cause)
        trace_publish(CHANNEL_CAUSE, cause);
    pump.published[CHANNEL_CAUSE] = cause;
    motor_pulse();
    pump.in_flight = true;
    pump.flight_cause = (uint8_t)cause;
    pump.pulse_tick = pump.tick;
    pump.pulses_total++;
}

/* ---- delivery */

static uint32_t rate_in_force(void)
{
    if (!pump.running)
        return 0;
    return alarm_is_on(ALARM_EMPTY_RESERVOIR) || alarm_is_on(ALARM_DOSE_LIMIT) ? RATE_MINIMUM : pump.program.rate;
}

static void accrue(void)
{
    uint32_t rate = rate_in_force();
    if (rate != pump.rate)
        trace_event(EVENT_BASAL_RATE, (int32_t)rate, 0, 0);
    pump.rate = rate;
    pump.accumulator += rate;
    if (pump.accumulator >= RATE_TICKS_PER_PULSE) {
        pump.accumulator -= RATE_TICKS_PER_PULSE;
        pump.basal_owed = pump.stalled ? 1 : pump.basal_owed + 1;
        pump.held = false;
    }
    if (!pump.bolus || pump.bolus_given + pump.bolus_owed == pump.program.bolus_pulses)
        return;
    pump.bolus_accumulator += pump.program.bolus_pulses;
    if (pump.bolus_accumulator >= pump.program.bolus_ticks) {
        pump.bolus_accumulator -= pump.program.bolus_ticks;
        pump.bolus_owed++;
        pump.held = false;
    }
}

/* Starts the pulse that is owed, if the windows have room for it and the motor is ready. */
static void deliver(void)
{
    if (pump.basal_owed + pump.bolus_owed == 0 || pump.in_flight || pump.held)
        return;
    if (pump.tick - pump.pulse_tick < PULSE_SPACING_TICKS)
        return;
    int full = full_window(1);
    if (full >= 0) {
        trace_event(EVENT_LIMIT_REACHED, (int32_t)pump.program.limit[full].minutes, 0, 0);
        set_alarm(ALARM_DOSE_LIMIT, true);
        end_bolus(EVENT_BOLUS_CANCELLED);
        pump.basal_owed = 0;
        return;
    }
    fire(pump.basal_owed > 0 ? CAUSE_BASAL : CAUSE_PATIENT_BOLUS);
}

static int mode(void)
{
    if (!pump.valid)
        return MODE_NOT_PROGRAMMED;
    if (!pump.running)
        return MODE_STOPPED;
    return rate_in_force() == RATE_MINIMUM ? MODE_MINIMUM : MODE_CONTINUOUS;
}

static int32_t limit_of(uint8_t window)
{
    return window < pump.program.limits ? (int32_t)pump.program.limit[window].pulses : 0;
}

static int32_t minutes_of(uint8_t window)
{
    return window < pump.program.limits ? (int32_t)pump.program.limit[window].minutes : 0;
}

static void publish(void)
{
    const int32_t values[CHANNELS] = {
        [CHANNEL_CAUSE] = pump.published[CHANNEL_CAUSE],
        [CHANNEL_RATE] = (int32_t)pump.rate,
        [CHANNEL_ESTIMATE] = (int32_t)pump.estimate,
        [CHANNEL_WINDOW0] = (int32_t)pump.window[0],
        [CHANNEL_WINDOW1] = (int32_t)pump.window[1],
        [CHANNEL_WINDOW2] = (int32_t)pump.window[2],
        [CHANNEL_WINDOW3] = (int32_t)pump.window[3],
        [CHANNEL_ALARMS] = (int32_t)pump.alarms,
        [CHANNEL_MODE] = mode(),
        [CHANNEL_LIMIT0] = limit_of(0),
        [CHANNEL_LIMIT1] = limit_of(1),
        [CHANNEL_LIMIT2] = limit_of(2),
        [CHANNEL_LIMIT3] = limit_of(3),
        [CHANNEL_LENGTH0] = minutes_of(0),
        [CHANNEL_LENGTH1] = minutes_of(1),
        [CHANNEL_LENGTH2] = minutes_of(2),
        [CHANNEL_LENGTH3] = minutes_of(3),
        [CHANNEL_LIFE] = pump.life,
        [CHANNEL_INTENDED] = pump.running ? (int32_t)pump.program.rate : 0,
    };
    for (uint8_t i = 0; i < CHANNELS; i++) {
        if (values[i] == pump.published[i])
            continue;
        pump.published[i] = values[i];
        trace_publish(i, values[i]);
    }
}

void pump_boot(void)
{
    memset(&pump, 0, sizeof pump);
    pump.motion = motor_motion();
    pump.pulse_tick = pump.tick; /* the last pulse may have just been, so the next one waits as long as after a pulse */
    for (int i = 1; i < CHANNELS; i++)
        pump.published[i] = UNPUBLISHED;
    pump.published[CHANNEL_CAUSE] = CAUSE_NONE;
    trace_event(EVENT_BOOT, reset_cause(), 0, 0);
    motor_set_power(false);
    set_alarm(ALARM_PROGRAM_INVALID, reset_cause() != RESET_POWER_ON);
}

void pump_begin_tick(void)
{
    pump.tick++;
}

void pump_tick(void)
{
    if (++pump.minute_ticks >= TICKS_PER_MINUTE)
        pass_minute();
    if (alarm_is_on(ALARM_DOSE_LIMIT) && full_window(1) < 0)
        set_alarm(ALARM_DOSE_LIMIT, false);
    sense_motion();
    accrue();
    deliver();
    if (!pump.running && !pump.in_flight)
        set_power(false);
    watch_reservoir();
    sound();
    publish();
}

/* ---- leaps */

static uint32_t least(uint32_t a, int64_t b)
{
    if (b < 0)
        return 0;
    return b < a ? (uint32_t)b : a;
}

int32_t pump_idle(void)
{
    bool owes = pump.basal_owed + pump.bolus_owed > 0 && !pump.held;
    if (pump.in_flight || owes || rate_in_force() != pump.rate)
        return 0;
    uint32_t idle = least(LEAP_TICKS_MAX, TICKS_PER_MINUTE - 1 - (int64_t)pump.minute_ticks);
    if (pump.rate > 0)
        idle = least(idle, (RATE_TICKS_PER_PULSE - 1 - pump.accumulator) / pump.rate);
    if (pump.bolus)
        idle = least(idle, (pump.program.bolus_ticks - 1 - pump.bolus_accumulator) / pump.program.bolus_pulses);
    if (pump.alarms != 0) {
        uint32_t phase = (pump.tick - pump.alarm_tick) % tone_period();
        idle = least(idle, (int64_t)(phase < tone_length() ? tone_length() : tone_period()) - phase - 1);
    }
    return (int32_t)idle;
}

void pump_skip(int32_t ticks)
{
    pump.tick += (uint32_t)ticks;
    pump.minute_ticks += (uint32_t)ticks;
    pump.accumulator += (int64_t)pump.rate * ticks;
    if (pump.bolus)
        pump.bolus_accumulator += (int64_t)pump.program.bolus_pulses * ticks;
}

void pump_status(struct pump_status *status)
{
    *status = (struct pump_status){
        .mode = (uint8_t)mode(),
        .life = pump.life,
        .bolus = pump.bolus,
        .stalled = pump.stalled,
        .limited = alarm_is_on(ALARM_DOSE_LIMIT),
        .rate = pump.rate,
        .estimate = pump.estimate,
        .pulses = pump.pulses_total,
        .missed = pump.missed_total,
        .alarms = pump.alarms,
        .bolus_given = pump.bolus_given,
        .bolus_total = pump.bolus ? pump.program.bolus_pulses : 0,
        .total = pump.valid ? pump.program.total : 0,
        .digest = pump.valid ? pump.program.digest : 0,
    };
}

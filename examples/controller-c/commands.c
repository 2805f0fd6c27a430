/* See commands.h. The last order of each role is kept with its answer, so that a repeat under the same sequence is acknowledged
 * and not carried out again. There is no confirmation of doses, no comparison at a refill, no purge and no log. */

#include "commands.h"

#include <stdbool.h>
#include <string.h>

#include "bytes.h"
#include "cistern_hal.h"
#include "pump.h"

static struct {
    uint8_t staged[PROGRAM_BYTES];
    struct {
        uint8_t kind;
        uint16_t sequence, sum;
        uint8_t answer[16];
        size_t length;
    } last[ROLES];
    uint16_t requests, granted, denied[9];
} commands;

void commands_boot(void)
{
    memset(&commands, 0, sizeof commands);
}

static bool has_length(const struct command *command)
{
    switch (command->kind) {
    case COMMAND_STAGE:
        return command->length > 2;
    case COMMAND_COMMIT:
        return command->length == 10;
    case COMMAND_REFILL:
        return command->length == 9;
    case COMMAND_SET_CLOCK:
        return command->length == 4;
    case COMMAND_IMPLANT:
        return command->length == 7;
    case COMMAND_INTERROGATE:
    case COMMAND_STOP:
    case COMMAND_START:
    case COMMAND_PATIENT_BOLUS:
        return command->length == 0;
    default:
        return false; /* a command that this pump does not know */
    }
}

static bool is_allowed(const struct command *command)
{
    if (command->kind == COMMAND_INTERROGATE)
        return true;
    if (command->kind == COMMAND_PATIENT_BOLUS)
        return command->role != ROLE_OBSERVER;
    return command->role == ROLE_CLINICIAN && link_head_present();
}

static size_t answer_status(const struct command *command, uint8_t *answer)
{
    struct pump_status status;
    uint8_t *at = answer + 1;
    pump_status(&status);
    memset(answer, 0, 1 + STATUS_BYTES);
    at[0] = status.mode;
    at[1] = (uint8_t)((status.bolus ? FLAG_BOLUS : 0) | (status.stalled ? FLAG_STALLED : 0) |
                      (status.limited ? FLAG_LIMITED : 0) | (link_head_present() ? FLAG_HEAD : 0));
    at[2] = commands.last[command->role].kind;
    at[3] = commands.last[command->role].answer[0];
    put_u16(at + 4, commands.last[command->role].sequence);
    put_u16(at + 6, (uint32_t)battery_cell_mv());
    put_u32(at + 8, status.rate);
    put_u32(at + 12, status.estimate);
    put_u32(at + 16, status.pulses);
    put_u32(at + 20, status.missed);
    put_u32(at + 24, status.alarms);
    put_u32(at + 28, (uint32_t)clock_minute());
    put_u32(at + 32, (uint32_t)clock_offset());
    put_u32(at + 36, status.digest);
    put_u32(at + 40, status.bolus_given);
    put_u32(at + 44, status.bolus_total);
    put_u16(at + 48, commands.requests);
    put_u16(at + 50, commands.granted);
    for (int i = 0; i < 9; i++)
        put_u16(at + 52 + 2 * i, commands.denied[i]);
    put_u16(at + 70, telemetry_refused());
    at[72] = status.life;
    put_u32(at + 87, status.total);
    return 1 + STATUS_BYTES;
}

/* Takes a piece of the record. A piece at offset 0 first sets the whole record to zero. Answers the digest of the record. */
static size_t stage(const struct command *command, uint8_t *answer)
{
    size_t offset = get_u16(command->payload);
    size_t count = command->length - 2;
    if (offset + count > PROGRAM_BYTES) {
        answer[0] = OUTCOME_OUT_OF_RANGE;
        return 1;
    }
    if (offset == 0)
        memset(commands.staged, 0, sizeof commands.staged);
    memcpy(commands.staged + offset, command->payload + 2, count);
    put_u32(answer + 1, crc32(commands.staged, sizeof commands.staged));
    return 5;
}

/* Makes the staged program the one in force. Answers the new and the old 24-hour total. */
static size_t commit(const struct command *command, uint8_t *answer)
{
    struct program next = {0};
    struct pump_status before;
    pump_status(&before);
    int outcome = program_read(commands.staged, &next);
    if (crc32(commands.staged, sizeof commands.staged) != get_u32(command->payload))
        outcome = OUTCOME_DIGEST;
    if (outcome == OUTCOME_ACCEPTED)
        outcome = pump_adopt(&next);
    if (outcome != OUTCOME_ACCEPTED)
        trace_event(EVENT_PROGRAM_REFUSED, outcome, 0, 0);
    answer[0] = (uint8_t)outcome;
    put_u32(answer + 1, next.total);
    put_u32(answer + 5, before.total);
    return outcome == OUTCOME_ACCEPTED ? 9 : 1;
}

static uint8_t patient_bolus(void)
{
    int outcome = pump_patient_bolus();
    commands.requests++;
    if (outcome == OUTCOME_ACCEPTED) {
        commands.granted++;
    } else {
        commands.denied[outcome - 1]++;
        trace_event(EVENT_BOLUS_DENIED, CAUSE_PATIENT_BOLUS, outcome, 0);
    }
    return (uint8_t)outcome;
}

static uint8_t set_clock(uint32_t wall_minute)
{
    if (wall_minute > 1u << 30)
        return OUTCOME_OUT_OF_RANGE;
    clock_set_offset((int32_t)wall_minute - clock_minute());
    trace_event(EVENT_CLOCK_SET, (int32_t)wall_minute, 0, 0);
    return OUTCOME_ACCEPTED;
}

static size_t carry_out(const struct command *command, uint8_t *answer)
{
    answer[0] = OUTCOME_ACCEPTED;
    switch (command->kind) {
    case COMMAND_COMMIT:
        return commit(command, answer);
    case COMMAND_STOP:
        pump_stop();
        return 1;
    case COMMAND_START:
        answer[0] = (uint8_t)pump_start();
        return 1;
    case COMMAND_PATIENT_BOLUS:
        answer[0] = patient_bolus();
        return 1;
    case COMMAND_REFILL:
        put_u32(answer + 1, pump_refill(get_u32(command->payload + 1), get_u32(command->payload + 5)));
        return 5;
    case COMMAND_SET_CLOCK:
        answer[0] = set_clock(get_u32(command->payload));
        return 1;
    default: /* COMMAND_IMPLANT: only of a pump whose purge was seen before */
        answer[0] = command->payload[6] & IMPLANT_PURGED ? (uint8_t)pump_implant() : OUTCOME_OUT_OF_RANGE;
        return 1;
    }
}

/* Traces a refusal that has no event of its own. */
static void note(const struct command *command, uint8_t outcome)
{
    if (outcome != OUTCOME_ACCEPTED && command->kind != COMMAND_COMMIT && command->kind != COMMAND_PATIENT_BOLUS)
        trace_event(EVENT_COMMAND_REFUSED, command->kind, outcome, 0);
}

size_t commands_execute(const struct command *command, uint8_t *answer)
{
    size_t length = 1;
    answer[0] = OUTCOME_ACCEPTED;
    if (!has_length(command)) {
        answer[0] = OUTCOME_MALFORMED;
    } else if (!is_allowed(command)) {
        answer[0] = OUTCOME_NOT_AUTHORISED;
    } else if (command->kind == COMMAND_INTERROGATE) {
        return answer_status(command, answer);
    } else if (command->kind == COMMAND_STAGE) {
        return stage(command, answer);
    } else {
        bool repeat = commands.last[command->role].kind == command->kind &&
                      commands.last[command->role].sequence == command->sequence &&
                      commands.last[command->role].sum == command->sum;
        if (repeat) {
            length = commands.last[command->role].length;
            memcpy(answer, commands.last[command->role].answer, length);
            return length;
        }
        length = carry_out(command, answer);
        commands.last[command->role].kind = command->kind;
        commands.last[command->role].sequence = command->sequence;
        commands.last[command->role].sum = command->sum;
        commands.last[command->role].length = length;
        memcpy(commands.last[command->role].answer, answer, length);
    }
    note(command, answer[0]);
    return length;
}

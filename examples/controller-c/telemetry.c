/* See telemetry.h. Layouts are those of hal/telemetry.ts, version 3. */

#include "telemetry.h"

#include <string.h>

#include "bytes.h"
#include "cistern_hal.h"

enum {
    CONTROLLER_VERSION = 1,
    FRAME_MAX = 119,
    /* Coded, with both zeros. */
    LINE_MAX = FRAME_MAX + 6,
    BODY = 2,
    NONCE = 13,
    PUBLIC_KEY = 32,
    OPEN_NONCE = 16,
    ECHO = 2,
    /* Where the content of an answer in the clear begins, behind its outcome and echo. */
    CLEAR = BODY + 1 + ECHO,
    SEALED_HEAD = 10,
    TEXT_HEAD = 3,
    TAG = 8,
    TO_PUMP = 0,
    FROM_PUMP = 1,
    /* Key slots 0 to 5 are for pairings. Of these two, one is for the session in force and the other for a session being opened. */
    SLOT_A = 6,
    SLOTS_A_AND_B = 13,
    /* The address of the number of the last session in the memory. */
    ISSUED_AT = 0
};

enum { QUERY = 1, PAIR, OPEN, SEALED, REFUSED };

static struct {
    /* The session in force. Its number is 0 when there is none. */
    uint32_t number, counter;
    uint8_t pairing, slot;
    int32_t heard_minute;
    /* The session being opened. */
    uint32_t offered;
    uint8_t offered_pairing;
    uint16_t refused;
    uint8_t gathered[FRAME_MAX + 3];
    size_t length;
    bool too_long;
} link;

static void send(const uint8_t *frame, size_t length)
{
    uint8_t line[LINE_MAX];
    size_t count = frame_out(frame, length, line);
    for (size_t i = 0; i < count; i++)
        link_send(line[i]); /* what a full FIFO does not take is lost, and the other end asks again */
}

/* The buffer of the board's crypto part has bytes, and so has its memory. */
static void put(size_t at, const uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        crypto_put((int32_t)(at + i), bytes[i]);
}

static void get(size_t at, uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        bytes[i] = (uint8_t)crypto_get((int32_t)(at + i));
}

/* The last two bytes of the body that is answered, zeros when it is shorter; an answer in the clear repeats them. */
static uint8_t echo[ECHO];

/* Sends an answer that has only an outcome. */
static void answer_plain(uint8_t type, uint8_t outcome)
{
    const uint8_t frame[] = {FRAME_VERSION, type | REPLY, outcome, echo[0], echo[1]};
    if (outcome != OUTCOME_ACCEPTED) {
        link.refused++;
        trace_event(EVENT_LINK_REFUSED, outcome, 0, 0);
    }
    send(frame, sizeof frame);
}

static void answer_query(void)
{
    uint8_t frame[] = {FRAME_VERSION, QUERY | REPLY, OUTCOME_ACCEPTED, FRAME_VERSION, 0, 0, 0, 0};
    put_u16(frame + 4, CONTROLLER_VERSION);
    put_u16(frame + 6, LIBRARY_VERSION);
    send(frame, sizeof frame);
}

static uint8_t role_of(uint8_t pairing)
{
    return (uint8_t)(ROLE_CLINICIAN + (pairing >> 1));
}

static void pair(const uint8_t *body, size_t length)
{
    uint8_t frame[CLEAR + 1 + PUBLIC_KEY] = {FRAME_VERSION, PAIR | REPLY, OUTCOME_ACCEPTED, echo[0], echo[1]};
    uint8_t role = length > 0 ? body[0] : 0;
    uint8_t pairing = (uint8_t)((role - ROLE_CLINICIAN) << 1);
    if (length != 1 + PUBLIC_KEY) {
        answer_plain(REFUSED, OUTCOME_MALFORMED);
        return;
    }
    if (role < ROLE_CLINICIAN || role >= ROLES) {
        answer_plain(PAIR, OUTCOME_OUT_OF_RANGE);
        return;
    }
    if (!link_head_present()) {
        answer_plain(PAIR, OUTCOME_NOT_AUTHORISED);
        return;
    }
    put(0, body + 1, PUBLIC_KEY);
    if (!crypto_agree(pairing)) {
        answer_plain(PAIR, OUTCOME_NOT_AUTHENTIC);
        return;
    }
    if (link.number != 0 && link.pairing == pairing)
        link.number = 0; /* the former owner of this pairing has the wrong key now */
    if (link.offered_pairing == pairing)
        link.offered = 0;
    frame[CLEAR] = pairing;
    get(0, frame + CLEAR + 1, PUBLIC_KEY);
    trace_event(EVENT_PAIRED, role, pairing, 0);
    send(frame, sizeof frame);
}

static void open_session(const uint8_t *body, size_t length)
{
    uint8_t frame[CLEAR + 4 + OPEN_NONCE] = {FRAME_VERSION, OPEN | REPLY, OUTCOME_ACCEPTED, echo[0], echo[1]};
    uint8_t salt[OPEN_NONCE + OPEN_NONCE + 4];
    uint32_t number = (uint32_t)nvm_read_word(ISSUED_AT) + 1;
    uint8_t free_slot = (uint8_t)(SLOTS_A_AND_B - link.slot);
    if (length != 1 + OPEN_NONCE) {
        answer_plain(REFUSED, OUTCOME_MALFORMED);
        return;
    }
    memcpy(salt, body + 1, OPEN_NONCE);
    crypto_random(OPEN_NONCE);
    get(0, salt + OPEN_NONCE, OPEN_NONCE);
    put_u32(salt + OPEN_NONCE + OPEN_NONCE, number);
    put(0, salt, sizeof salt);
    if (body[0] >= SLOT_A || number > COUNTER_MAX || !crypto_derive(body[0], free_slot, sizeof salt)) {
        answer_plain(OPEN, OUTCOME_NOT_PAIRED);
        return;
    }
    link.offered = number;
    link.offered_pairing = body[0];
    put_u32(frame + CLEAR, number);
    memcpy(frame + CLEAR + 4, salt + OPEN_NONCE, OPEN_NONCE);
    nvm_write_word(ISSUED_AT, (int32_t)number); /* numbers never fall, not even over a reset */
    send(frame, sizeof frame);
}

/* Writes the nonce and a frame of `length` bytes behind it into the crypto part's buffer. */
static void load(const uint8_t *frame, size_t length, uint8_t direction)
{
    uint8_t buffer[NONCE + FRAME_MAX] = {direction};
    memcpy(buffer + 1, frame + 2, SEALED_HEAD - 2);
    memcpy(buffer + NONCE, frame, length);
    put(0, buffer, NONCE + length);
}

/* Makes the session that was being opened the one in force, after a frame has proved its key. */
static void begin_session(uint8_t slot)
{
    if (link.number != 0)
        trace_event(EVENT_SESSION_CLOSED, CLOSED_REPLACED, (int32_t)link.number, 0);
    link.number = link.offered;
    link.pairing = link.offered_pairing;
    link.slot = slot;
    link.offered = 0;
    trace_event(EVENT_SESSION_OPENED, role_of(link.pairing), (int32_t)link.number, 0);
}

static void answer_sealed(const struct command *command, const uint8_t *answer, size_t length)
{
    uint8_t frame[FRAME_MAX] = {FRAME_VERSION, SEALED | REPLY};
    size_t text = TEXT_HEAD + length;
    put_u32(frame + 2, link.number);
    put_u32(frame + 6, link.counter);
    frame[SEALED_HEAD] = command->kind | REPLY;
    put_u16(frame + SEALED_HEAD + 1, command->sequence);
    memcpy(frame + SEALED_HEAD + TEXT_HEAD, answer, length);
    load(frame, SEALED_HEAD + text, FROM_PUMP);
    if (!crypto_seal(link.slot, SEALED_HEAD, (uint8_t)text))
        return;
    get(NONCE + SEALED_HEAD, frame + SEALED_HEAD, text + TAG);
    send(frame, SEALED_HEAD + text + TAG);
}

static void unseal(const uint8_t *frame, size_t length, size_t (*execute)(const struct command *, uint8_t *))
{
    uint8_t text[FRAME_MAX], answer[PAYLOAD_BYTES];
    if (length < SEALED_HEAD + TEXT_HEAD + TAG) {
        answer_plain(REFUSED, OUTCOME_MALFORMED);
        return;
    }
    size_t count = length - SEALED_HEAD - TAG;
    uint32_t number = get_u32(frame + 2);
    uint32_t counter = get_u32(frame + 6);
    bool current = number == link.number;
    if (number == 0 || (!current && number != link.offered)) {
        answer_plain(REFUSED, OUTCOME_NO_SESSION);
        return;
    }
    if (counter < 1 || counter > COUNTER_MAX || (current && counter <= link.counter)) {
        answer_plain(REFUSED, OUTCOME_REPLAY);
        return;
    }
    uint8_t slot = current ? link.slot : (uint8_t)(SLOTS_A_AND_B - link.slot);
    load(frame, length, TO_PUMP);
    if (!crypto_open(slot, SEALED_HEAD, (uint8_t)count)) {
        answer_plain(REFUSED, OUTCOME_NOT_AUTHENTIC);
        return;
    }
    get(NONCE + SEALED_HEAD, text, count);
    if (!current)
        begin_session(slot);
    link.counter = counter;
    link.heard_minute = clock_minute();
    struct command command = {
        .role = role_of(link.pairing),
        .kind = text[0],
        .sequence = (uint16_t)get_u16(text + 1),
        .sum = crc16(text, count),
        .payload = text + TEXT_HEAD,
        .length = count - TEXT_HEAD,
    };
    answer_sealed(&command, answer, execute(&command, answer));
}

static void take_frame(uint8_t *frame, size_t length, size_t (*execute)(const struct command *, uint8_t *))
{
    memset(echo, 0, sizeof echo);
    if (length >= BODY + ECHO)
        memcpy(echo, frame + length - ECHO, ECHO);
    if (frame[1] == QUERY)
        answer_query();
    else if (frame[0] != FRAME_VERSION)
        answer_plain(REFUSED, OUTCOME_VERSION);
    else if (frame[1] == PAIR)
        pair(frame + BODY, length - BODY);
    else if (frame[1] == OPEN)
        open_session(frame + BODY, length - BODY);
    else if (frame[1] == SEALED)
        unseal(frame, length, execute);
    else
        answer_plain(REFUSED, OUTCOME_MALFORMED);
}

void telemetry_boot(void)
{
    memset(&link, 0, sizeof link);
    link.slot = SLOT_A;
}

void telemetry_tick(size_t (*execute)(const struct command *command, uint8_t *answer))
{
    if (link.number != 0 && clock_minute() - link.heard_minute >= SESSION_MINUTES) {
        trace_event(EVENT_SESSION_CLOSED, CLOSED_TIME_OUT, (int32_t)link.number, 0);
        link.number = 0;
    }
    for (int byte = link_receive(); byte >= 0; byte = link_receive()) {
        if (byte != 0) {
            if (link.length < sizeof link.gathered)
                link.gathered[link.length++] = (uint8_t)byte;
            else
                link.too_long = true;
            continue;
        }
        int length = link.too_long ? -1 : frame_in(link.gathered, link.length);
        link.length = 0;
        link.too_long = false;
        if (length < 2)
            continue;
        take_frame(link.gathered, (size_t)length, execute);
        return;
    }
}

uint16_t telemetry_refused(void)
{
    return link.refused;
}

/* See hal_wire.h. This end sends every frame again that the board has not heard: in lockstep when a SENSE comes twice, in real time
 * when the board had the time to hear it, and in both when no RESULT comes within 250 ms. So each call happens once and in order. */

#include "hal_wire.h"

#include <setjmp.h>
#include <stdbool.h>
#include <string.h>

#include "bytes.h"
#include "cistern_hal.h"
#include "hal_wire_codes.h"
#include "line.h"

enum {
    VERSION = 0xc1,
    CONTRACT = 1,
    ROLE_BOARD = 1,
    ROLE_CONTROLLER = 2,
    NAME_MAX_BYTES = 32,
    FLAG_LOCKSTEP = 1,
    FLAG_LEAPS = 2,
    FLAG_READS = 8,
    HAS_COPY = HAL_WIRE_NVM_BYTES > 0,
    MEMORY_BYTES = HAS_COPY ? HAL_WIRE_NVM_BYTES : NVM_BYTES,
    PAYLOAD_MAX = 1024,
    CRC_BYTES = 2,
    LINE_MAX = PAYLOAD_MAX + PAYLOAD_MAX / 254 + 6,
    RESEND_MS = 250,
    /* In real time: a frame may be unheard for so long, and for twice its time on the line; and a board that is silent for so long is
     * greeted again. */
    UNHEARD_MS = 60,
    LINE_BYTES_A_SECOND = 11520,
    GREETING_MS = 500,
    SILENCE_MS = 15000,
    GREETINGS = 240,
    RECEIVED_MAX = 1024,
    RUN_MAX = 255,
    CRYPTO_BYTES = 256,
    /* The most frames of one tick that the board may not have heard yet. A command takes three. */
    UNHEARD_MAX = 8
};

enum { HELLO = 1, REFUSE, IMAGE, ACK, SENSE, ACT, CALL, RESULT, END, FAULT };

enum { LINE_HEAD = 1, LINE_GUARD_TRIPPED = 2, LINE_SOUNDER = 4 };

/* The registers with the values of the last SENSE, the straps of HELLO, and the copies of what the board keeps. */
static struct {
    uint32_t tick;
    int32_t motion;
    uint8_t lines;
    int32_t minute;
    int32_t offset;
    uint16_t cell_mv;
    int32_t temperature;
    uint16_t guard_limit;
    uint8_t cause;
    uint16_t free;
#if HAL_WIRE_NVM_BYTES > 0
    uint8_t memory[HAL_WIRE_NVM_BYTES];
#endif
} board;
static uint8_t capacity_ml;
static bool is_external;
static uint8_t crypto_buffer[CRYPTO_BYTES];
static uint32_t since_kick;

static const char *own_name;
static uint16_t ports_needed;
static uint32_t session;
static bool board_leaps, is_lockstep;
static struct hal_wire_counts counts;
/* Where a tick goes on that the board has ended: by a reset, or by the end of the run. Its frame is the last one that came. */
static jmp_buf void_tick;

/* The last frame that came: version, type, sequence, body. */
static uint8_t frame[LINE_MAX];
static size_t frame_length;

/* Calls of the tick under way; the first eight bytes are version, type, sequence, tick and epoch. */
static uint8_t calls[PAYLOAD_MAX];
static size_t calls_length;
enum { CALLS_HEAD = 8 };
/* The last call, if it carries bytes and more may follow: where its length stands, and the place of the next byte. */
static struct {
    uint8_t code; /* 0: none */
    size_t length_at;
    uint32_t next;
} run;

static uint8_t epoch;
static bool has_epoch, has_tick;
static uint8_t sequence;     /* of the last ACT or CALL */
static int last_image = -1;  /* sequence of the last IMAGE */

/* The frames that were sent and not yet heard, as they were on the line. */
static struct {
    uint8_t sequence;
    size_t length;
    uint8_t bytes[LINE_MAX];
} unheard[UNHEARD_MAX];
static size_t unheard_count;
static int64_t unheard_since; /* when the first of them was sent, or all of them again */

static uint8_t received[RECEIVED_MAX];
static size_t received_first, received_count;
static uint16_t received_place; /* place in the stream of the byte after the last one */
static uint16_t received_taken; /* bytes that the controller took in this tick */
static size_t sent;             /* bytes sent in this tick; the register `free` itself keeps its value */

/* ---- frames */

static bool next_frame(int ms)
{
    static uint8_t raw[4096];
    static size_t raw_first, raw_count;
    static size_t gathered;
    static bool too_long;
    int64_t deadline = line_now() + ms;
    for (;;) {
        while (raw_first < raw_count) {
            uint8_t byte = raw[raw_first++];
            if (byte != 0) {
                if (gathered < sizeof frame)
                    frame[gathered++] = byte;
                else
                    too_long = true;
                continue;
            }
            int length = too_long ? -1 : frame_in(frame, gathered);
            gathered = 0;
            too_long = false;
            if (length >= 3 && frame[0] == VERSION) {
                frame_length = (size_t)length;
                return true;
            }
        }
        int64_t left = deadline - line_now();
        raw_first = 0;
        raw_count = line_read(raw, sizeof raw, left > 0 ? (int)left : 0);
        if (raw_count == 0 && left <= 0)
            return false;
    }
}

static size_t send_frame(const uint8_t *bytes, size_t count, uint8_t *line)
{
    size_t length = frame_out(bytes, count, line);
    line_write(line, length);
    return length;
}

static void acknowledge(void)
{
    uint8_t line[16];
    const uint8_t ack[] = {VERSION, ACK, frame[2]};
    send_frame(ack, sizeof ack, line);
}

static void greet(void)
{
    uint8_t hello[16 + NAME_MAX_BYTES] = {VERSION, HELLO, 0};
    uint8_t line[sizeof hello + 6];
    size_t name = strlen(own_name);
    if (name > NAME_MAX_BYTES)
        name = NAME_MAX_BYTES;
    put_u32(hello + 3, session);
    hello[7] = CONTRACT;
    hello[8] = ROLE_CONTROLLER;
    put_u16(hello + 9, ports_needed);
    hello[11] = HAS_COPY ? FLAG_LEAPS : FLAG_LEAPS | FLAG_READS;
    hello[14] = (uint8_t)name;
    memcpy(hello + 15, own_name, name);
    hello[15 + name] = 0; /* it plays no scenario */
    send_frame(hello, 16 + name, line);
}

/* ---- calls */

/* Sends the gathered calls, and keeps the frame until the board has heard it. */
static void send_calls(uint8_t type)
{
    if (unheard_count == UNHEARD_MAX)
        line_fail("more frames in a tick than this controller keeps");
    calls[0] = VERSION;
    calls[1] = type;
    calls[2] = ++sequence;
    put_u32(calls + 3, board.tick);
    calls[7] = epoch;
    if (unheard_count == 0)
        unheard_since = line_now();
    unheard[unheard_count].sequence = sequence;
    unheard[unheard_count].length = send_frame(calls, calls_length, unheard[unheard_count].bytes);
    unheard_count++;
    calls_length = CALLS_HEAD;
    run.code = 0;
}

static void send_again(void)
{
    unheard_since = line_now();
    counts.resent += (uint32_t)unheard_count;
    for (size_t i = 0; i < unheard_count; i++)
        line_write(unheard[i].bytes, unheard[i].length);
}

static void heard_until(uint8_t heard)
{
    size_t gone = 0;
    for (size_t i = 0; i < unheard_count; i++)
        if ((uint8_t)(heard - unheard[i].sequence) < 128)
            gone = i + 1;
    unheard_count -= gone;
    memmove(unheard, unheard + gone, unheard_count * sizeof unheard[0]);
}

/* In real time: sends again what the board had the time to hear. */
static void send_late_again(void)
{
    size_t bytes = 0;
    for (size_t i = 0; i < unheard_count; i++)
        bytes += unheard[i].length;
    if (bytes > 0 && line_now() - unheard_since >= UNHEARD_MS + (int64_t)(2 * bytes * 1000 / LINE_BYTES_A_SECOND))
        send_again();
}

/* A frame that comes in a tick which waits for its RESULT. */
static void hear_in_tick(void)
{
    if (frame[1] == END || frame[1] == REFUSE || (frame[1] == SENSE && frame_length >= 8 && frame[7] != epoch))
        longjmp(void_tick, 1);
    if (frame[1] != SENSE)
        return;
    if (is_lockstep)
        send_again();
    else
        counts.skipped++; /* the board goes on meanwhile, and sends again in the next SENSE whatever was new in this one */
}

/* Sends the gathered calls as a CALL and waits for the RESULT. The results are then in the frame from byte 3 on. */
static void call(void)
{
    int64_t deadline = line_now() + SILENCE_MS;
    send_calls(CALL);
    while (line_now() < deadline) {
        int64_t until = line_now() + RESEND_MS;
        for (int64_t left = RESEND_MS; left > 0 && next_frame((int)left); left = until - line_now()) {
            if (frame[1] == RESULT && frame[2] == sequence) {
                heard_until(sequence);
                return;
            }
            hear_in_tick();
        }
        send_again();
    }
    line_fail("the board went silent");
}

/* Makes room for `bytes` more. When the frame is full, it is sent ahead as a CALL without a result. */
static void make_room(size_t bytes)
{
    if (calls_length + bytes + CRC_BYTES > PAYLOAD_MAX)
        call();
}

static uint8_t *add_call(uint8_t code, size_t arguments)
{
    make_room(1 + arguments);
    uint8_t *at = calls + calls_length;
    at[0] = code;
    calls_length += 1 + arguments;
    run.code = 0;
    return at + 1;
}

/* Adds a byte to the call of that code that carries the bytes before it, or begins such a call. `place` is the byte's address, and
 * the call has it in `place_bytes` bytes before its length. */
static void add_byte(uint8_t code, size_t place_bytes, uint32_t place, int32_t value)
{
    bool follows = run.code == code && run.next == place && calls[run.length_at] < RUN_MAX;
    if (follows && calls_length + 1 + CRC_BYTES <= PAYLOAD_MAX) {
        calls[calls_length++] = (uint8_t)value;
        calls[run.length_at]++;
    } else {
        uint8_t *at = add_call(code, place_bytes + 2);
        if (place_bytes == 4)
            put_u32(at, place);
        else if (place_bytes == 1)
            at[0] = (uint8_t)place;
        at[place_bytes] = 1;
        at[place_bytes + 1] = (uint8_t)value;
        run.code = code;
        run.length_at = (size_t)(at - calls) + place_bytes;
    }
    run.next = place + 1;
}

/* ---- the ports of cistern_hal.h */

void motor_pulse(void)
{
    add_call(CALL_MOTOR_PULSE, 0);
}

int32_t motor_motion(void)
{
    return board.motion;
}

void motor_set_power(bool on)
{
    *add_call(CALL_MOTOR_SET_POWER, 1) = on;
}

static int32_t convert(uint8_t code)
{
    add_call(code, 0);
    call();
    if (frame_length < 5)
        line_fail("a RESULT is too short");
    return (int32_t)get_u16(frame + 3);
}

int32_t reservoir_level(void)
{
    return convert(CALL_RESERVOIR_LEVEL);
}

int32_t reservoir_pressure(void)
{
    return convert(CALL_RESERVOIR_PRESSURE);
}

int32_t reservoir_capacity_ml(void)
{
    return capacity_ml;
}

bool reservoir_external(void)
{
    return is_external;
}

int32_t link_receive(void)
{
    if (received_count == 0)
        return -1;
    uint8_t byte = received[received_first];
    received_first = (received_first + 1) % RECEIVED_MAX;
    received_count--;
    received_taken++;
    return byte;
}

bool link_send(int32_t byte)
{
    if (sent >= board.free)
        return false;
    add_byte(CALL_LINK_SEND, 0, (uint32_t)sent++, byte);
    return true;
}

bool link_head_present(void)
{
    return (board.lines & LINE_HEAD) != 0;
}

int32_t clock_minute(void)
{
    return board.minute;
}

int32_t clock_offset(void)
{
    return board.offset;
}

void clock_set_offset(int32_t minutes)
{
    put_u32(add_call(CALL_CLOCK_SET_OFFSET, 4), (uint32_t)minutes);
    board.offset = minutes;
}

static bool has_memory(int32_t address, int32_t count)
{
    return address >= 0 && address <= MEMORY_BYTES - count;
}

/* Up to four bytes of the memory, the first of them lowest. */
static int32_t memory_at(int32_t address, uint8_t count)
{
#if HAL_WIRE_NVM_BYTES > 0
    const uint8_t *from = board.memory + address;
#else
    uint8_t *at = add_call(CALL_NVM_READ, 5);
    put_u32(at, (uint32_t)address);
    at[4] = count;
    call();
    if (frame_length < 4u + count || frame[3] != count)
        line_fail("a RESULT is too short");
    const uint8_t *from = frame + 4;
#endif
    uint32_t word = 0;
    for (int i = 0; i < count; i++)
        word |= (uint32_t)from[i] << 8 * i;
    return (int32_t)word;
}

int32_t nvm_read(int32_t address)
{
    return has_memory(address, 1) ? memory_at(address, 1) : 0;
}

int32_t nvm_read_word(int32_t address)
{
    return has_memory(address, 4) ? memory_at(address, 4) : 0;
}

void nvm_write(int32_t address, int32_t value)
{
    if (!has_memory(address, 1))
        return;
#if HAL_WIRE_NVM_BYTES > 0
    board.memory[address] = (uint8_t)value;
#endif
    add_byte(CALL_NVM_WRITE, 4, (uint32_t)address, value);
}

void nvm_write_word(int32_t address, int32_t word)
{
    if (!has_memory(address, 4))
        return;
    for (int i = 0; i < 4; i++)
        nvm_write(address + i, (int32_t)((uint32_t)word >> 8 * i));
}

/* In code: no call is on the line for it. A part with a CRC unit can have a driver of these names in its place. */
int32_t crc_add_byte(int32_t crc, int32_t byte)
{
    static const uint32_t rest_of[16] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
        0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
    };
    uint32_t rest = (uint32_t)crc ^ (uint8_t)byte;
    rest = rest_of[rest & 15] ^ rest >> 4;
    return (int32_t)(rest_of[rest & 15] ^ rest >> 4);
}

int32_t crc_add_word(int32_t crc, int32_t word)
{
    for (int i = 0; i < 4; i++)
        crc = crc_add_byte(crc, (int32_t)((uint32_t)word >> 8 * i));
    return crc;
}

int32_t battery_cell_mv(void)
{
    return board.cell_mv;
}

int32_t thermometer_temperature_mc(void)
{
    return board.temperature;
}

void sounder_set_tone(int32_t tone)
{
    if (tone >= TONE_OFF && tone <= TONE_DUAL)
        *add_call(CALL_SOUNDER_SET_TONE, 1) = (uint8_t)tone;
}

bool sounder_responds(void)
{
    return (board.lines & LINE_SOUNDER) != 0;
}

void watchdog_kick(void)
{
    add_call(CALL_WATCHDOG_KICK, 0);
    since_kick = 0;
}

int32_t watchdog_since(void)
{
    return (int32_t)since_kick;
}

int32_t reset_cause(void)
{
    return board.cause;
}

int32_t guard_limit(void)
{
    return board.guard_limit;
}

bool guard_set_limit(int32_t pulses_per_hour)
{
    if (!link_head_present() || pulses_per_hour < 1 || pulses_per_hour > GUARD_PULSES_PER_HOUR_MAX)
        return false;
    put_u16(add_call(CALL_GUARD_SET_LIMIT, 2), (uint32_t)pulses_per_hour);
    board.guard_limit = (uint16_t)pulses_per_hour;
    return true;
}

bool guard_tripped(void)
{
    return (board.lines & LINE_GUARD_TRIPPED) != 0;
}

bool guard_rearm(void)
{
    if (!link_head_present())
        return false;
    add_call(CALL_GUARD_REARM, 0);
    board.lines &= (uint8_t)~LINE_GUARD_TRIPPED;
    return true;
}

void trace_event(int32_t code, int32_t a, int32_t b, int32_t c)
{
    uint8_t *at = add_call(CALL_TRACE_EVENT, 16);
    put_u32(at, (uint32_t)code);
    put_u32(at + 4, (uint32_t)a);
    put_u32(at + 8, (uint32_t)b);
    put_u32(at + 12, (uint32_t)c);
}

void trace_publish(int32_t channel, int32_t value)
{
    if (channel < 0 || channel >= CHANNELS)
        return;
    uint8_t *at = add_call(CALL_TRACE_PUBLISH, 5);
    at[0] = (uint8_t)channel;
    put_u32(at + 1, (uint32_t)value);
}

/* ---- the crypto part */

void crypto_put(int32_t index, int32_t value)
{
    if (index < 0 || index >= CRYPTO_BYTES)
        return;
    crypto_buffer[index] = (uint8_t)value;
    add_byte(CALL_CRYPTO_PUT, 1, (uint32_t)index, value);
}

int32_t crypto_get(int32_t index)
{
    return index >= 0 && index < CRYPTO_BYTES ? crypto_buffer[index] : 0;
}

static bool is_byte(int32_t value)
{
    return value >= 0 && value <= 255;
}

static bool is_slot(int32_t slot)
{
    return slot >= 0 && slot < CRYPTO_KEY_SLOTS;
}

static bool has_room(int32_t associated, int32_t text)
{
    return is_byte(associated) && is_byte(text) &&
           CRYPTO_NONCE_BYTES + associated + text + CRYPTO_TAG_BYTES <= CRYPTO_BYTES;
}

void crypto_store_key(int32_t slot)
{
    if (!is_slot(slot))
        return;
    *add_call(CALL_CRYPTO_STORE_KEY, 1) = (uint8_t)slot;
    memset(crypto_buffer, 0, CRYPTO_KEY_BYTES);
}

/* Runs an operation with up to three arguments. Its result is ok and the pieces of the buffer that changed. */
static bool operate(uint8_t code, size_t arguments, uint8_t a, uint8_t b, uint8_t c)
{
    const uint8_t values[] = {a, b, c};
    memcpy(add_call(code, arguments), values, arguments);
    call();
    size_t at = 5;
    if (frame_length < 5)
        line_fail("a RESULT is too short");
    for (int left = frame[4]; left > 0; left--) {
        if (at + 2 > frame_length || at + 2 + frame[at + 1] > frame_length || frame[at] + frame[at + 1] > CRYPTO_BYTES)
            line_fail("a RESULT is too short");
        memcpy(crypto_buffer + frame[at], frame + at + 2, frame[at + 1]);
        at += 2u + frame[at + 1];
    }
    return frame[3] == 1;
}

void crypto_random(int32_t count)
{
    if (is_byte(count))
        operate(CALL_CRYPTO_RANDOM, 1, (uint8_t)count, 0, 0);
}

bool crypto_seal(int32_t slot, int32_t associated, int32_t text)
{
    return is_slot(slot) && has_room(associated, text) &&
           operate(CALL_CRYPTO_SEAL, 3, (uint8_t)slot, (uint8_t)associated, (uint8_t)text);
}

bool crypto_open(int32_t slot, int32_t associated, int32_t text)
{
    return is_slot(slot) && has_room(associated, text) &&
           operate(CALL_CRYPTO_OPEN, 3, (uint8_t)slot, (uint8_t)associated, (uint8_t)text);
}

bool crypto_agree(int32_t slot)
{
    return is_byte(slot) && operate(CALL_CRYPTO_AGREE, 1, (uint8_t)slot, 0, 0);
}

bool crypto_derive(int32_t from, int32_t to, int32_t salt)
{
    return is_byte(from) && is_byte(to) && is_byte(salt) &&
           operate(CALL_CRYPTO_DERIVE, 3, (uint8_t)from, (uint8_t)to, (uint8_t)salt);
}

/* ---- frames of the board */

static size_t here; /* the place in the frame up to which it was read */

static const uint8_t *take(size_t count)
{
    if (here + count > frame_length)
        line_fail("a SENSE or IMAGE is too short");
    here += count;
    return frame + here - count;
}

static void take_memory(void)
{
    for (int left = *take(1); left > 0; left--) {
        const uint8_t *run = take(5);
        uint32_t address = get_u32(run);
        const uint8_t *bytes = take(run[4]);
#if HAL_WIRE_NVM_BYTES > 0
        for (uint32_t i = 0; i < run[4]; i++)
            if (address + i < sizeof board.memory)
                board.memory[address + i] = bytes[i];
#else
        (void)address;
        (void)bytes;
#endif
    }
}

static void take_received(void)
{
    const uint8_t *head = take(4);
    uint16_t place = (uint16_t)get_u16(head);
    uint16_t count = (uint16_t)get_u16(head + 2);
    const uint8_t *bytes = take(count);
    for (uint16_t i = 0; i < count; i++) {
        if ((uint16_t)(place + i) != received_place || received_count == RECEIVED_MAX)
            continue; /* the byte came before, or there is no room and the board sends it again */
        received[(received_first + received_count++) % RECEIVED_MAX] = bytes[i];
        received_place++;
    }
}

/* Returns the ticks that were leapt over. */
static uint32_t take_registers(uint32_t present)
{
    uint32_t leapt = 0;
    if (present & 1 << 0)
        board.motion = get_i32(take(4));
    if (present & 1 << 1)
        board.lines = *take(1);
    if (present & 1 << 2)
        board.minute = get_i32(take(4));
    if (present & 1 << 3)
        board.offset = get_i32(take(4));
    if (present & 1 << 4)
        board.cell_mv = (uint16_t)get_u16(take(2));
    if (present & 1 << 5)
        board.temperature = get_i32(take(4));
    if (present & 1 << 6)
        board.guard_limit = (uint16_t)get_u16(take(2));
    if (present & 1 << 7)
        board.cause = *take(1);
    if (present & 1 << 8)
        board.free = (uint16_t)get_u16(take(2));
    if (present & 1 << 9)
        leapt = get_u32(take(4));
    if (present & 1 << 10)
        take(2); /* age, which has no meaning in lockstep */
    if (present & 1 << 11)
        take_received();
    if (present & 1 << 12)
        take_memory();
    return leapt;
}

/* Takes over a SENSE, and a reset if there was one. Returns false for a repeat. */
static bool take_sense(bool *restarts, uint32_t *leapt)
{
    here = 3;
    uint32_t now = get_u32(take(4));
    uint8_t new_epoch = *take(1);
    uint8_t heard = *take(1);
    uint32_t present = get_u16(take(2));
    bool is_reset = !has_epoch || new_epoch != epoch;
    heard_until(heard);
    if (has_tick && !is_reset && now == board.tick)
        return false;
    if (is_reset) {
        *restarts = true;
        sequence = heard;
        unheard_count = 0;
        received_count = 0;
        received_place = 0;
        memset(crypto_buffer, 0, sizeof crypto_buffer);
    }
    has_epoch = has_tick = true;
    epoch = new_epoch;
    board.tick = now;
    *leapt = take_registers(present);
    return true;
}

static void image(void)
{
    here = 3;
    if (frame[2] == last_image) {
        acknowledge();
        return;
    }
    last_image = frame[2];
    bool anew = *take(1) & 1;
    if (anew) {
        memset(&board, 0, sizeof board);
        memset(crypto_buffer, 0, sizeof crypto_buffer);
        has_epoch = has_tick = false;
        unheard_count = 0;
        sequence = 0;
    }
    take_memory();
    acknowledge();
}

static bool is_board(void)
{
    return frame_length >= 14 && get_u32(frame + 3) == session && frame[8] == ROLE_BOARD;
}

static void take_board(void)
{
    if (!HAS_COPY && (frame[11] & FLAG_READS) == 0)
        line_fail("this end keeps no copy of the memory, and the board has no call that reads it");
    is_lockstep = (frame[11] & FLAG_LOCKSTEP) != 0;
    board_leaps = (frame[11] & FLAG_LEAPS) != 0;
    capacity_ml = frame[12];
    is_external = frame[13] != 0;
}

static void refused(void)
{
    char why[48 + RUN_MAX] = "the board refuses: ";
    size_t length = frame_length >= 5 && frame_length >= 5u + frame[4] ? frame[4] : 0;
    memcpy(why + strlen(why), frame + 5, length); /* the rest is zero */
    line_fail(why);
}

/* A frame that is no SENSE. Returns the verdict of END, and else -1. */
static int hear(void)
{
    if (frame[1] == IMAGE)
        image();
    else if (frame[1] == REFUSE)
        refused();
    else if (frame[1] == HELLO && is_board())
        take_board(); /* a board that is greeted again; all else about it comes with its IMAGE */
    else if (frame[1] == END && frame_length >= 4) {
        int verdict = frame[3]; /* read first, because the answer may overwrite the frame */
        acknowledge();
        return verdict;
    }
    return -1;
}

/* Carries out the tick of the SENSE in the frame. In real time it takes over every SENSE that waits, and ticks once, on the last. Returns
 * the verdict when the board said it meanwhile, and else -1. */
static int sense(void)
{
    static bool must_boot;
    uint32_t leapt = 0;
    bool is_new = take_sense(&must_boot, &leapt);
    while (!is_lockstep && next_frame(0)) {
        if (frame[1] == SENSE) {
            bool was_new = is_new;
            is_new = take_sense(&must_boot, &leapt) || is_new;
            counts.skipped += was_new && is_new;
            continue;
        }
        int verdict = hear();
        if (verdict >= 0)
            return verdict;
    }
    if (is_lockstep && !is_new)
        send_again();
    if (!is_lockstep)
        send_late_again();
    if (!is_new || !has_tick)
        return -1; /* a repeat, or the board described itself anew */
    if (!is_lockstep && unheard_count > UNHEARD_MAX / 2) {
        counts.skipped++; /* the calls of this tick could not be kept, so the board counts a miss */
        return -1;
    }
    calls_length = CALLS_HEAD;
    run.code = 0;
    received_taken = 0;
    sent = 0;
    if (must_boot) {
        since_kick = 0;
        boot();
    } else if (leapt > 0) {
        skip((int32_t)leapt);
    }
    since_kick += since_kick > 0 ? leapt + 1 : 1;
    tick();
    must_boot = false;
    counts.ticks++;
    if (received_taken > 0)
        put_u16(add_call(CALL_LINK_RECEIVE, 2), received_taken);
    int32_t quiet = board_leaps ? idle() : 0;
    if (quiet > 0)
        put_u32(add_call(CALL_IDLE, 4), (uint32_t)quiet);
    send_calls(ACT);
    return -1;
}

const struct hal_wire_counts *hal_wire_counts(void)
{
    return &counts;
}

int hal_wire_serve(const char *name, uint16_t ports)
{
    own_name = name;
    ports_needed = ports;
    session = line_session();
    bool has_answered = false;
    for (int greetings = 0; !has_answered; greetings++) {
        if (greetings == GREETINGS)
            line_fail("no board answers at the line");
        greet();
        while (!has_answered && next_frame(RESEND_MS)) {
            if (frame[1] == REFUSE)
                refused();
            has_answered = frame[1] == HELLO;
        }
    }
    if (!is_board())
        line_fail("the board's HELLO is not an answer to ours");
    take_board();
    static int64_t heard_at; /* not on the stack, where a jump to void_tick may lose it */
    heard_at = line_now();
    for (;;) {
        /* A frame that ended a tick is heard as if it had come now. */
        if (setjmp(void_tick) == 0 && !next_frame(is_lockstep ? SILENCE_MS : GREETING_MS)) {
            if (line_now() - heard_at >= SILENCE_MS)
                line_fail("the board went silent");
            greet();
            continue;
        }
        heard_at = line_now();
        int verdict = frame[1] == SENSE ? sense() : hear();
        if (verdict >= 0)
            return verdict;
    }
}

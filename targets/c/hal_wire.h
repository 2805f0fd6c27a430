/* The controller's end of the hal wire (docs/hal-wire.md), in lockstep: greets the board, keeps its registers, collects the
 * calls of a tick and answers each SENSE with one ACT. To the pump it is the board: a call that reads answers from the registers,
 * a call that acts is sent at the end of the tick, and a call with a result waits for it. It keeps the first 16 bytes of the
 * memory, because this controller uses no others. It has no real time and no sensors of the reservoir. */

#ifndef WIRE_H
#define WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LINE_HEAD = 1, LINE_GUARD_TRIPPED = 2, LINE_SOUNDER = 4 };

/* The registers with the values of the last SENSE. */
struct board {
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
    uint8_t memory[16];
};
extern struct board board;

/* The controller as the wire uses it. */
struct controller {
    const char *name;
    void (*boot)(void);
    void (*tick)(void);
    uint32_t (*idle)(void);
    void (*skip)(uint32_t ticks);
};

/* Greets and serves the board at the line until it says END. Returns its verdict. */
int wire_serve(const struct controller *controller);

void watchdog_kick(void);
void motor_pulse(void);
void motor_power(bool on);
void sounder_tone(uint8_t tone);
void clock_set_offset(int32_t minutes);
bool guard_set_limit(uint16_t pulses_per_hour);
int link_receive(void);
void link_send(const uint8_t *bytes, size_t count);
void nvm_write(uint32_t address, const uint8_t *bytes, size_t count);
void trace_event(int32_t code, int32_t a, int32_t b, int32_t c);
void trace_publish(uint8_t channel, int32_t value);

/* The crypto part. Its buffer can be read directly and changes only by these calls. */
extern uint8_t crypto_buffer[256];
void crypto_put(size_t index, const uint8_t *bytes, size_t count);
void crypto_random(uint8_t *bytes, size_t count);
bool crypto_seal(uint8_t slot, uint8_t associated, uint8_t text);
bool crypto_open(uint8_t slot, uint8_t associated, uint8_t text);
bool crypto_agree(uint8_t slot);
bool crypto_derive(uint8_t from, uint8_t to, uint8_t salt);

#endif

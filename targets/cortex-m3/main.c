/* The reference firmware on a Cortex-M3: the module of targets/wasm as C by wasm2c, with the calls of cistern_hal.h over the hal
 * wire. A reset of the board is a memory of zeros, an instance made anew, and boot. At its end it prints one line a figure: name
 * and number. */

#include <string.h>

#include "cistern_hal.h"
#include "controller.h"
#include "hal_wire.h"
#include "part.h"

enum { MEMORY_BYTES = 65536, TRAPPED = 98, INSTRUCTIONS_A_COUNT = 40 };

static uint8_t memory[MEMORY_BYTES];
static w2c_controller controller;

/* Ticks in which the controller waited for no result, and their work in counts of the timer. */
static uint32_t ticks, work, work_most;

void wasm_rt_trap(wasm_rt_trap_t trap)
{
    (void)trap;
    part_say("the controller trapped");
    part_end(TRAPPED);
}

void wasm_rt_allocate_memory(wasm_rt_memory_t *made, uint64_t pages, uint64_t pages_max, bool is64, uint32_t page_bytes)
{
    (void)pages_max;
    (void)is64;
    if (pages * page_bytes > MEMORY_BYTES)
        wasm_rt_trap(WASM_RT_TRAP_OOB);
    memset(memory, 0, sizeof memory);
    made->data = memory;
    made->pages = pages;
    made->size = pages * page_bytes;
}

void wasm_rt_free_memory(wasm_rt_memory_t *made)
{
    (void)made;
}

void boot(void)
{
    wasm2c_controller_instantiate(&controller, CONTROLLER_IMPORTS);
    w2c_controller_boot(&controller);
}

void tick(void)
{
    uint32_t waited = part_waited();
    uint32_t began = part_time();
    w2c_controller_tick(&controller);
    uint32_t taken = part_time() - began;
    if (part_waited() != waited)
        return;
    ticks++;
    work += taken;
    if (taken > work_most)
        work_most = taken;
}

int32_t idle(void)
{
    return (int32_t)w2c_controller_idle(&controller);
}

void skip(int32_t count)
{
    w2c_controller_skip(&controller, (u32)count);
}

static void say_figure(const char *name, uint32_t value)
{
    char text[48];
    char digits[10];
    size_t length = strlen(name), count = 0;
    memcpy(text, name, length);
    text[length++] = ' ';
    do {
        digits[count++] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    while (count > 0)
        text[length++] = digits[--count];
    text[length] = 0;
    part_say(text);
}

int main(void)
{
    wasm2c_controller_instantiate(&controller, CONTROLLER_IMPORTS); /* a fault of the memory shows before the board is there */
    int verdict = hal_wire_serve("cistern on cortex-m3", HAL_WIRE_ALL_PORTS);
    say_figure("ticks", ticks);
    say_figure("instructions_a_tick", ticks == 0 ? 0 : (uint32_t)((uint64_t)work * INSTRUCTIONS_A_COUNT / ticks));
    say_figure("instructions_most", work_most * INSTRUCTIONS_A_COUNT);
    say_figure("ticks_in_all", hal_wire_counts()->ticks);
    say_figure("ticks_skipped", hal_wire_counts()->skipped);
    say_figure("frames_again", hal_wire_counts()->resent);
    say_figure("stack", part_stack());
    return verdict == 0 ? 0 : 1;
}

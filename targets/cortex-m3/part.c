/* The part on the board that QEMU calls mps2-an385 (ARM DAI 0385, application note AN385): a Cortex-M3 at 25 MHz, the first
 * UART (CMSDK APB UART) as the line, the first timer (CMSDK APB timer) as the measure of work, SysTick for milliseconds, and
 * semihosting (ARM DUI 0471) for text and the exit code. A fault ends the program with 99. */

#include "part.h"

#include <stddef.h>

#include "line.h"

#define REGISTER(address) (*(volatile uint32_t *)(address))
#define TIMER_CONTROL REGISTER(0x40000000)
#define TIMER_VALUE REGISTER(0x40000004)
#define TIMER_RELOAD REGISTER(0x40000008)
#define UART_DATA REGISTER(0x40004000)
#define UART_STATE REGISTER(0x40004004)
#define UART_CONTROL REGISTER(0x40004008)
#define UART_INTERRUPT REGISTER(0x4000400c)
#define UART_BAUD_DIVIDER REGISTER(0x40004010)
#define SYSTICK_CONTROL REGISTER(0xe000e010)
#define SYSTICK_RELOAD REGISTER(0xe000e014)
#define SYSTICK_VALUE REGISTER(0xe000e018)
#define INTERRUPT_ENABLE REGISTER(0xe000e100)

enum {
    CLOCK_HZ = 25000000,
    BAUD = 115200,
    UART_IS_FULL = 1,
    UART_HAS_BYTE = 2,
    UART_SENDS = 1,
    UART_RECEIVES = 2,
    UART_INTERRUPTS = 8,
    UART_RECEIVED = 2,
    TIMER_RUNS = 1,
    SYSTICK_RUNS = 7,
    /* A power of two. A SENSE with a full FIFO has less than 1,100 bytes. */
    RING = 4096,
    SAY = 0x04,
    END = 0x20,
    STOPPED_BY_APPLICATION = 0x20026,
    FAULT_CODE = 99
};
static const uint32_t PAINT = 0xc15705ed;

extern uint32_t data_in_code[], data_begin[], data_end[], bss_begin[], bss_end[], stack_top[];
int main(void);

static volatile uint32_t milliseconds, waited;
static volatile uint8_t ring[RING];
static volatile uint32_t ring_in, ring_out;

static int ask_debugger(int operation, const void *argument)
{
    register int r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

void part_say(const char *text)
{
    ask_debugger(SAY, text);
    ask_debugger(SAY, "\n");
}

void part_end(int code)
{
    const uint32_t reason[] = {STOPPED_BY_APPLICATION, (uint32_t)code};
    ask_debugger(END, reason);
    for (;;)
        ;
}

uint32_t part_time(void)
{
    return ~TIMER_VALUE;
}

uint32_t part_waited(void)
{
    return waited;
}

uint32_t part_stack(void)
{
    const uint32_t *word = bss_end;
    while (word < stack_top && *word == PAINT)
        word++;
    return (uint32_t)((const uint8_t *)stack_top - (const uint8_t *)word);
}

/* ---- the line */

void line_write(const uint8_t *bytes, size_t count)
{
    uint32_t began = part_time();
    while (count-- > 0) {
        while (UART_STATE & UART_IS_FULL)
            ;
        UART_DATA = *bytes++;
    }
    waited += part_time() - began;
}

size_t line_read(uint8_t *bytes, size_t room, int ms)
{
    uint32_t until = milliseconds + (uint32_t)ms;
    uint32_t began = part_time();
    size_t count = 0;
    while (ring_in == ring_out && (int32_t)(milliseconds - until) < 0) {
        __asm__ volatile("cpsid i");
        if (ring_in == ring_out)
            __asm__ volatile("wfi"); /* an interrupt that waits ends it, and is taken below */
        __asm__ volatile("cpsie i");
    }
    while (count < room && ring_in != ring_out)
        bytes[count++] = ring[ring_out++ % RING];
    waited += part_time() - began;
    return count;
}

int64_t line_now(void)
{
    return milliseconds;
}

uint32_t line_session(void)
{
    return 1; /* the part starts once in a run of QEMU, and nothing in it is random */
}

void line_fail(const char *why)
{
    part_say(why);
    part_end(3);
}

/* ---- start */

static void on_systick(void)
{
    milliseconds++;
}

static void on_uart(void)
{
    UART_INTERRUPT = UART_RECEIVED; /* first: a byte that comes after the last look must interrupt again */
    while (UART_STATE & UART_HAS_BYTE)
        ring[ring_in++ % RING] = (uint8_t)UART_DATA;
}

static void on_fault(void)
{
    part_say("the processor found a fault");
    part_end(FAULT_CODE);
}

__attribute__((noreturn)) void reset(void)
{
    const uint32_t *from = data_in_code;
    for (uint32_t *to = data_begin; to < data_end; to++)
        *to = *from++;
    for (uint32_t *to = bss_begin; to < bss_end; to++)
        *to = 0;
    /* The stack below this function's own frame. */
    uint32_t *here = (uint32_t *)__builtin_frame_address(0) - 16;
    for (uint32_t *to = bss_end; to < here; to++)
        *to = PAINT;
    TIMER_RELOAD = UINT32_MAX;
    TIMER_CONTROL = TIMER_RUNS;
    SYSTICK_RELOAD = CLOCK_HZ / 1000 - 1;
    SYSTICK_VALUE = 0;
    SYSTICK_CONTROL = SYSTICK_RUNS;
    UART_BAUD_DIVIDER = CLOCK_HZ / BAUD;
    UART_CONTROL = UART_SENDS | UART_RECEIVES | UART_INTERRUPTS;
    INTERRUPT_ENABLE = 1;
    __asm__ volatile("cpsie i");
    part_end(main());
}

/* The stack's top, the exceptions of the processor (ARM DDI 0403, B1.5.2), and the first interrupt, which is the UART's. */
__attribute__((section(".vectors"), used)) static const void *const vectors[17] = {
    stack_top, reset,    on_fault, on_fault, on_fault, on_fault, on_fault, 0, 0, 0, 0,
    on_fault,  on_fault, 0,        on_fault, on_systick, on_uart,
};

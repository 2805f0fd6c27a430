/* Made from emulator/contract/calls.ts by npm run contract. What wasm2c's C of a controller imports, as calls of
 * cistern_hal.h. */

#include "controller.h"

#include "cistern_hal.h"

struct w2c_motor;
struct w2c_reservoir;
struct w2c_link;
struct w2c_clock;
struct w2c_nvm;
struct w2c_battery;
struct w2c_thermometer;
struct w2c_sounder;
struct w2c_watchdog;
struct w2c_reset;
struct w2c_guard;
struct w2c_crypto;
struct w2c_trace;
struct w2c_crc;

void w2c_motor_pulse(struct w2c_motor *port)
{
    (void)port;
    motor_pulse();
}

u32 w2c_motor_motion(struct w2c_motor *port)
{
    (void)port;
    return (u32)motor_motion();
}

void w2c_motor_setPower(struct w2c_motor *port, u32 on)
{
    (void)port;
    motor_set_power(on != 0);
}

u32 w2c_reservoir_level(struct w2c_reservoir *port)
{
    (void)port;
    return (u32)reservoir_level();
}

u32 w2c_reservoir_pressure(struct w2c_reservoir *port)
{
    (void)port;
    return (u32)reservoir_pressure();
}

u32 w2c_reservoir_capacity_mL(struct w2c_reservoir *port)
{
    (void)port;
    return (u32)reservoir_capacity_ml();
}

u32 w2c_reservoir_external(struct w2c_reservoir *port)
{
    (void)port;
    return (u32)reservoir_external();
}

u32 w2c_link_receive(struct w2c_link *port)
{
    (void)port;
    return (u32)link_receive();
}

u32 w2c_link_send(struct w2c_link *port, u32 byte)
{
    (void)port;
    return (u32)link_send((int32_t)byte);
}

u32 w2c_link_headPresent(struct w2c_link *port)
{
    (void)port;
    return (u32)link_head_present();
}

u32 w2c_clock_minute(struct w2c_clock *port)
{
    (void)port;
    return (u32)clock_minute();
}

u32 w2c_clock_offset(struct w2c_clock *port)
{
    (void)port;
    return (u32)clock_offset();
}

void w2c_clock_setOffset(struct w2c_clock *port, u32 minutes)
{
    (void)port;
    clock_set_offset((int32_t)minutes);
}

u32 w2c_nvm_read(struct w2c_nvm *port, u32 address)
{
    (void)port;
    return (u32)nvm_read((int32_t)address);
}

void w2c_nvm_write(struct w2c_nvm *port, u32 address, u32 value)
{
    (void)port;
    nvm_write((int32_t)address, (int32_t)value);
}

u32 w2c_nvm_readWord(struct w2c_nvm *port, u32 address)
{
    (void)port;
    return (u32)nvm_read_word((int32_t)address);
}

void w2c_nvm_writeWord(struct w2c_nvm *port, u32 address, u32 word)
{
    (void)port;
    nvm_write_word((int32_t)address, (int32_t)word);
}

u32 w2c_battery_cell_mv(struct w2c_battery *port)
{
    (void)port;
    return (u32)battery_cell_mv();
}

u32 w2c_thermometer_temperature_mC(struct w2c_thermometer *port)
{
    (void)port;
    return (u32)thermometer_temperature_mc();
}

void w2c_sounder_setTone(struct w2c_sounder *port, u32 tone)
{
    (void)port;
    sounder_set_tone((int32_t)tone);
}

u32 w2c_sounder_responds(struct w2c_sounder *port)
{
    (void)port;
    return (u32)sounder_responds();
}

void w2c_watchdog_kick(struct w2c_watchdog *port)
{
    (void)port;
    watchdog_kick();
}

u32 w2c_watchdog_since(struct w2c_watchdog *port)
{
    (void)port;
    return (u32)watchdog_since();
}

u32 w2c_reset_cause(struct w2c_reset *port)
{
    (void)port;
    return (u32)reset_cause();
}

u32 w2c_guard_setLimit(struct w2c_guard *port, u32 pulses_per_hour)
{
    (void)port;
    return (u32)guard_set_limit((int32_t)pulses_per_hour);
}

u32 w2c_guard_limit(struct w2c_guard *port)
{
    (void)port;
    return (u32)guard_limit();
}

u32 w2c_guard_tripped(struct w2c_guard *port)
{
    (void)port;
    return (u32)guard_tripped();
}

u32 w2c_guard_rearm(struct w2c_guard *port)
{
    (void)port;
    return (u32)guard_rearm();
}

void w2c_crypto_put(struct w2c_crypto *port, u32 index, u32 value)
{
    (void)port;
    crypto_put((int32_t)index, (int32_t)value);
}

u32 w2c_crypto_get(struct w2c_crypto *port, u32 index)
{
    (void)port;
    return (u32)crypto_get((int32_t)index);
}

void w2c_crypto_storeKey(struct w2c_crypto *port, u32 slot)
{
    (void)port;
    crypto_store_key((int32_t)slot);
}

u32 w2c_crypto_seal(struct w2c_crypto *port, u32 slot, u32 associated, u32 text)
{
    (void)port;
    return (u32)crypto_seal((int32_t)slot, (int32_t)associated, (int32_t)text);
}

u32 w2c_crypto_open(struct w2c_crypto *port, u32 slot, u32 associated, u32 text)
{
    (void)port;
    return (u32)crypto_open((int32_t)slot, (int32_t)associated, (int32_t)text);
}

u32 w2c_crypto_agree(struct w2c_crypto *port, u32 slot)
{
    (void)port;
    return (u32)crypto_agree((int32_t)slot);
}

u32 w2c_crypto_derive(struct w2c_crypto *port, u32 from, u32 to, u32 salt)
{
    (void)port;
    return (u32)crypto_derive((int32_t)from, (int32_t)to, (int32_t)salt);
}

void w2c_crypto_random(struct w2c_crypto *port, u32 count)
{
    (void)port;
    crypto_random((int32_t)count);
}

void w2c_trace_event(struct w2c_trace *port, u32 code, u32 a, u32 b, u32 c)
{
    (void)port;
    trace_event((int32_t)code, (int32_t)a, (int32_t)b, (int32_t)c);
}

void w2c_trace_publish(struct w2c_trace *port, u32 channel, u32 value)
{
    (void)port;
    trace_publish((int32_t)channel, (int32_t)value);
}

u32 w2c_crc_addWord(struct w2c_crc *port, u32 crc, u32 word)
{
    (void)port;
    return (u32)crc_add_word((int32_t)crc, (int32_t)word);
}

u32 w2c_crc_addByte(struct w2c_crc *port, u32 crc, u32 byte)
{
    (void)port;
    return (u32)crc_add_byte((int32_t)crc, (int32_t)byte);
}

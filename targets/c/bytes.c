/* Checksums bit by bit and COBS byte by byte, as docs/hal-wire.md describes them. The code is slow and short, which is enough for
 * a line of 115,200 baud. */

#include "bytes.h"

void put_u16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
}

void put_u32(uint8_t *at, uint32_t value)
{
    put_u16(at, value);
    put_u16(at + 2, value >> 16);
}

uint32_t get_u16(const uint8_t *at)
{
    return at[0] | (uint32_t)at[1] << 8;
}

uint32_t get_u32(const uint8_t *at)
{
    return get_u16(at) | get_u16(at + 2) << 16;
}

int32_t get_i32(const uint8_t *at)
{
    uint32_t value = get_u32(at);
    return value <= INT32_MAX ? (int32_t)value : -(int32_t)(UINT32_MAX - value) - 1;
}

uint16_t crc16(const uint8_t *bytes, size_t count)
{
    uint16_t sum = 0xffff;
    for (size_t i = 0; i < count; i++) {
        sum = (uint16_t)(sum ^ bytes[i] << 8);
        for (int bit = 0; bit < 8; bit++)
            sum = (uint16_t)(sum & 0x8000 ? sum << 1 ^ 0x1021 : sum << 1);
    }
    return sum;
}

uint32_t crc32(const uint8_t *bytes, size_t count)
{
    uint32_t sum = 0xffffffff;
    for (size_t i = 0; i < count; i++) {
        sum ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            sum = sum & 1 ? sum >> 1 ^ 0xedb88320 : sum >> 1;
    }
    return ~sum;
}

size_t frame_out(const uint8_t *bytes, size_t count, uint8_t *out)
{
    uint8_t sum[2];
    put_u16(sum, crc16(bytes, count));
    size_t length = 2; /* the zero in front, and room for the first code */
    size_t code = 1;   /* the place of the code of the run under way */
    out[0] = 0;
    for (size_t i = 0; i < count + 2; i++) {
        uint8_t byte = i < count ? bytes[i] : sum[i - count];
        if (byte != 0)
            out[length++] = byte;
        if (byte == 0 || (length - code == 255 && i < count + 1)) {
            out[code] = (uint8_t)(length - code);
            code = length++;
        }
    }
    out[code] = (uint8_t)(length - code);
    out[length++] = 0;
    return length;
}

int frame_in(uint8_t *bytes, size_t count)
{
    size_t length = 0;
    for (size_t at = 0; at < count;) {
        size_t code = bytes[at];
        if (code == 0 || at + code > count)
            return -1;
        for (size_t i = 1; i < code; i++)
            bytes[length++] = bytes[at + i];
        at += code;
        if (code < 255 && at < count)
            bytes[length++] = 0;
    }
    if (length < 4 || crc16(bytes, length - 2) != get_u16(bytes + length - 2))
        return -1;
    return (int)length - 2;
}

/* Little-endian integers in byte buffers, the checksums, and COBS: what both wires have in common. Nothing here knows what the
 * bytes mean. Buffers belong to the caller, who also knows that they are large enough. */

#ifndef BYTES_H
#define BYTES_H

#include <stddef.h>
#include <stdint.h>

void put_u16(uint8_t *at, uint32_t value);
void put_u32(uint8_t *at, uint32_t value);
uint32_t get_u16(const uint8_t *at);
uint32_t get_u32(const uint8_t *at);
int32_t get_i32(const uint8_t *at);

/* CRC-16/CCITT-FALSE: "123456789" gives 29B1. */
uint16_t crc16(const uint8_t *bytes, size_t count);
/* CRC-32/ISO-HDLC: "123456789" gives CBF43926. */
uint32_t crc32(const uint8_t *bytes, size_t count);

/* A frame as it goes on the line: 00, COBS of `bytes` and their CRC-16, 00. `out` needs count + count / 254 + 6 bytes. Returns
 * its length. */
size_t frame_out(const uint8_t *bytes, size_t count, uint8_t *out);

/* What stood between two zeros, decoded in place. Returns the length without the CRC, or -1 when it is no frame. */
int frame_in(uint8_t *bytes, size_t count);

#endif

#include "CZip.h"

#include <string.h>

#define STEP 8

typedef struct {
  uint32_t of[STEP][256];
} crc_tables;

// Eight tables, so that eight bytes are taken at a step (Kounavis and Berry, "Novel Table Lookup-Based Algorithms for
// High-Performance CRC Generation").
static void fill(crc_tables *tables) {
  for (uint32_t byte = 0; byte < 256; byte++) {
    uint32_t crc = byte;
    for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0);
    tables->of[0][byte] = crc;
  }
  for (uint32_t byte = 0; byte < 256; byte++)
    for (int step = 1; step < STEP; step++) {
      uint32_t before = tables->of[step - 1][byte];
      tables->of[step][byte] = before >> 8 ^ tables->of[0][before & 0xFF];
    }
}

static uint32_t by_bits(uint32_t crc, const unsigned char *at, size_t count) {
  for (; count > 0; count--, at++) {
    crc ^= *at;
    for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0);
  }
  return crc;
}

uint32_t lathe_crc32(uint32_t crc, const void *bytes, size_t count) {
  // Filling the tables takes longer than a few hundred bytes do without them.
  if (count < 512) return ~by_bits(~crc, bytes, count);
  crc_tables tables;
  fill(&tables);
  const unsigned char *at = bytes;
  crc = ~crc;
  for (; count >= STEP; count -= STEP, at += STEP) {
    uint32_t low, high;
    memcpy(&low, at, 4);
    memcpy(&high, at + 4, 4);
    low ^= crc;
    crc = tables.of[7][low & 0xFF] ^ tables.of[6][low >> 8 & 0xFF] ^ tables.of[5][low >> 16 & 0xFF] ^ tables.of[4][low >> 24] ^
          tables.of[3][high & 0xFF] ^ tables.of[2][high >> 8 & 0xFF] ^ tables.of[1][high >> 16 & 0xFF] ^ tables.of[0][high >> 24];
  }
  return ~by_bits(crc, at, count);
}

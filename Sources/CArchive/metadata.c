#include "metadata.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *skip_blanks(const char *at) { return at + strspn(at, " \t\r\n"); }

static int hex(const char *at, uint32_t *value) {
  *value = 0;
  for (int i = 0; i < 4; i++) {
    const char *digits = "0123456789abcdef0123456789ABCDEF", *digit = at[i] ? strchr(digits, at[i]) : NULL;
    if (!digit) return 1;
    *value = *value << 4 | (uint32_t)((digit - digits) & 15);
  }
  return 0;
}

static char *put_utf8(char *out, uint32_t code) {
  if (code < 0x80) *out++ = (char)code;
  else if (code < 0x800) *out++ = (char)(0xC0 | code >> 6), *out++ = (char)(0x80 | (code & 63));
  else if (code < 0x10000) *out++ = (char)(0xE0 | code >> 12), *out++ = (char)(0x80 | (code >> 6 & 63)), *out++ = (char)(0x80 | (code & 63));
  else {
    *out++ = (char)(0xF0 | code >> 18);
    *out++ = (char)(0x80 | (code >> 12 & 63));
    *out++ = (char)(0x80 | (code >> 6 & 63));
    *out++ = (char)(0x80 | (code & 63));
  }
  return out;
}

/// The text that begins at a quote, to be freed, and where it ends; NULL for none.
static char *take_text(const char *at, const char **end) {
  if (*at++ != '"') return NULL;
  const char *close = at;
  while (*close && *close != '"') close += *close == '\\' && close[1] ? 2 : 1;
  if (*close != '"') return NULL;
  char *text = malloc((size_t)(close - at) + 1), *out = text;
  while (text && at < close) {
    if (*at != '\\') {
      *out++ = *at++;
      continue;
    }
    const char *kinds = "\"\\/bfnrt", *kind = strchr(kinds, at[1]);
    uint32_t code, low;
    if (kind) *out++ = "\"\\/\b\f\n\r\t"[kind - kinds], at += 2;
    else if (at[1] == 'u' && hex(at + 2, &code) == 0) {
      at += 6;
      if (code >> 10 == 0x36 && at[0] == '\\' && at[1] == 'u' && hex(at + 2, &low) == 0 && low >> 10 == 0x37) {
        code = 0x10000 + ((code & 0x3FF) << 10 | (low & 0x3FF));
        at += 6;
      }
      out = put_utf8(out, code);
    } else {
      free(text);
      return NULL;
    }
  }
  if (text) *out = 0;
  *end = close + 1;
  return text;
}

static int add(lathe_metadata_table *table, char *key, char *value) {
  char **keys = realloc(table->keys, (table->count + 1) * sizeof *keys);
  if (keys) table->keys = keys;
  char **values = realloc(table->values, (table->count + 1) * sizeof *values);
  if (values) table->values = values;
  if (!keys || !values || !key || !value) {
    free(key);
    free(value);
    return 1;
  }
  keys[table->count] = key;
  values[table->count++] = value;
  return 0;
}

int lathe_metadata_parse(const char *text, lathe_metadata_table *table) {
  *table = (lathe_metadata_table){0};
  const char *at = skip_blanks(text);
  if (*at++ != '{') return 1;
  at = skip_blanks(at);
  if (*at == '}') return 0;
  for (;;) {
    const char *end = at;
    char *key = take_text(at, &end), *value = NULL;
    at = skip_blanks(end);
    if (key && *at == ':') {
      at = skip_blanks(at + 1);
      value = take_text(at, &end);
    }
    if (add(table, key, value)) return 1;
    at = skip_blanks(end);
    if (*at == '}') return 0;
    if (*at != ',') return 1;
    at = skip_blanks(at + 1);
  }
}

void lathe_metadata_free(lathe_metadata_table *table) {
  for (size_t i = 0; i < table->count; i++) {
    free(table->keys[i]);
    free(table->values[i]);
  }
  free(table->keys);
  free(table->values);
  *table = (lathe_metadata_table){0};
}

void lathe_node_targets(const char *text, char *names, size_t bytes) {
  static const char key[] = "\"target\"";
  size_t used = 0;
  names[0] = 0;
  for (const char *at = text; (at = strstr(at, key)) && used < bytes; ) {
    at = skip_blanks(at + sizeof key - 1);
    if (*at != ':') continue;
    at = skip_blanks(at + 1);
    const char *end;
    char *name = take_text(at, &end);
    if (name) used += (size_t)snprintf(names + used, bytes - used, "%s%s", used ? ", " : "", name);
    free(name);
  }
}

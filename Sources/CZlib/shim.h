#include <zlib.h>

// Macros with arguments that Swift does not import.
static inline int czlib_deflate_init_raw(z_streamp stream, int level, int window_bits, int memory_level) {
  return deflateInit2(stream, level, Z_DEFLATED, -window_bits, memory_level, Z_DEFAULT_STRATEGY);
}

static inline int czlib_inflate_init_raw(z_streamp stream, int window_bits) {
  return inflateInit2(stream, -window_bits);
}

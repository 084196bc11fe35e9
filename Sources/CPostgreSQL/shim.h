#if __has_include(<libpq-fe.h>)
#include <libpq-fe.h>
#else
// Debian
#include <postgresql/libpq-fe.h>
#endif

// Macros that are characters, which Swift does not import.
static inline const char *cpostgresql_state(const PGresult *result) {
  return PQresultErrorField(result, PG_DIAG_SQLSTATE);
}

static inline const char *cpostgresql_message(const PGresult *result) {
  return PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
}

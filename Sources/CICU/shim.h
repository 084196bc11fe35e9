#include <unicode/uchar.h>
#include <unicode/uidna.h>
#include <unicode/unorm2.h>
#include <unicode/uscript.h>

// ICU's functions have its version in their names, by macros that Swift does not see. So each that we call has one here.

static inline int32_t cicu_property(UChar32 c, UProperty which) { return u_getIntPropertyValue(c, which); }

static inline int cicu_has(UChar32 c, UProperty which) { return u_hasBinaryProperty(c, which) ? 1 : 0; }

// Normalises to form C, or to form KC. Gives the length of the result, which may be over `capacity`, or -1.
static inline int32_t cicu_normalize(
    int compatibility, const UChar *source, int32_t length, UChar *result, int32_t capacity) {
  UErrorCode status = U_ZERO_ERROR;
  const UNormalizer2 *form = compatibility ? unorm2_getNFKCInstance(&status) : unorm2_getNFCInstance(&status);
  if (U_FAILURE(status)) return -1;
  int32_t count = unorm2_normalize(form, source, length, result, capacity, &status);
  return U_FAILURE(status) && status != U_BUFFER_OVERFLOW_ERROR ? -1 : count;
}

// A label between its Unicode and its xn-- form, by UTS 46 without transitional mappings. Gives the length of the result, or
// -1 for a label that has no such form.
static inline int32_t cicu_convert_label(
    int to_ascii, const UChar *source, int32_t length, UChar *result, int32_t capacity) {
  UErrorCode status = U_ZERO_ERROR;
  UIDNA *idna = uidna_openUTS46(
      UIDNA_USE_STD3_RULES | UIDNA_CHECK_CONTEXTJ | UIDNA_NONTRANSITIONAL_TO_ASCII | UIDNA_NONTRANSITIONAL_TO_UNICODE,
      &status);
  if (U_FAILURE(status)) return -1;
  UIDNAInfo info = UIDNA_INFO_INITIALIZER;
  int32_t count = to_ascii ? uidna_labelToASCII(idna, source, length, result, capacity, &info, &status)
                           : uidna_labelToUnicode(idna, source, length, result, capacity, &info, &status);
  uidna_close(idna);
  return U_FAILURE(status) || info.errors != 0 ? -1 : count;
}

#include "include/CICU.h"

#include <unicode/uchar.h>
#include <unicode/uidna.h>
#include <unicode/unorm2.h>
#include <unicode/uscript.h>

_Static_assert((int)UCHAR_BIDI_CLASS == 4096, "UCHAR_BIDI_CLASS");
_Static_assert((int)UCHAR_CANONICAL_COMBINING_CLASS == 4098, "UCHAR_CANONICAL_COMBINING_CLASS");
_Static_assert((int)UCHAR_DEFAULT_IGNORABLE_CODE_POINT == 5, "UCHAR_DEFAULT_IGNORABLE_CODE_POINT");
_Static_assert((int)UCHAR_GENERAL_CATEGORY == 4101, "UCHAR_GENERAL_CATEGORY");
_Static_assert((int)UCHAR_HANGUL_SYLLABLE_TYPE == 4107, "UCHAR_HANGUL_SYLLABLE_TYPE");
_Static_assert((int)UCHAR_JOINING_TYPE == 4103, "UCHAR_JOINING_TYPE");
_Static_assert((int)UCHAR_JOIN_CONTROL == 20, "UCHAR_JOIN_CONTROL");
_Static_assert((int)UCHAR_NONCHARACTER_CODE_POINT == 24, "UCHAR_NONCHARACTER_CODE_POINT");
_Static_assert((int)UCHAR_SCRIPT == 4106, "UCHAR_SCRIPT");
_Static_assert((int)USCRIPT_GREEK == 14, "USCRIPT_GREEK");
_Static_assert((int)USCRIPT_HAN == 17, "USCRIPT_HAN");
_Static_assert((int)USCRIPT_HEBREW == 19, "USCRIPT_HEBREW");
_Static_assert((int)USCRIPT_HIRAGANA == 20, "USCRIPT_HIRAGANA");
_Static_assert((int)USCRIPT_KATAKANA == 22, "USCRIPT_KATAKANA");
_Static_assert((int)U_ARABIC_NUMBER == 5, "U_ARABIC_NUMBER");
_Static_assert((int)U_BOUNDARY_NEUTRAL == 18, "U_BOUNDARY_NEUTRAL");
_Static_assert((int)U_COMBINING_SPACING_MARK == 8, "U_COMBINING_SPACING_MARK");
_Static_assert((int)U_COMMON_NUMBER_SEPARATOR == 6, "U_COMMON_NUMBER_SEPARATOR");
_Static_assert((int)U_CONNECTOR_PUNCTUATION == 22, "U_CONNECTOR_PUNCTUATION");
_Static_assert((int)U_CONTROL_CHAR == 15, "U_CONTROL_CHAR");
_Static_assert((int)U_CURRENCY_SYMBOL == 25, "U_CURRENCY_SYMBOL");
_Static_assert((int)U_DASH_PUNCTUATION == 19, "U_DASH_PUNCTUATION");
_Static_assert((int)U_DECIMAL_DIGIT_NUMBER == 9, "U_DECIMAL_DIGIT_NUMBER");
_Static_assert((int)U_DIR_NON_SPACING_MARK == 17, "U_DIR_NON_SPACING_MARK");
_Static_assert((int)U_ENCLOSING_MARK == 7, "U_ENCLOSING_MARK");
_Static_assert((int)U_END_PUNCTUATION == 21, "U_END_PUNCTUATION");
_Static_assert((int)U_EUROPEAN_NUMBER == 2, "U_EUROPEAN_NUMBER");
_Static_assert((int)U_EUROPEAN_NUMBER_SEPARATOR == 3, "U_EUROPEAN_NUMBER_SEPARATOR");
_Static_assert((int)U_EUROPEAN_NUMBER_TERMINATOR == 4, "U_EUROPEAN_NUMBER_TERMINATOR");
_Static_assert((int)U_FINAL_PUNCTUATION == 29, "U_FINAL_PUNCTUATION");
_Static_assert((int)U_HST_LEADING_JAMO == 1, "U_HST_LEADING_JAMO");
_Static_assert((int)U_HST_TRAILING_JAMO == 3, "U_HST_TRAILING_JAMO");
_Static_assert((int)U_HST_VOWEL_JAMO == 2, "U_HST_VOWEL_JAMO");
_Static_assert((int)U_INITIAL_PUNCTUATION == 28, "U_INITIAL_PUNCTUATION");
_Static_assert((int)U_JT_DUAL_JOINING == 2, "U_JT_DUAL_JOINING");
_Static_assert((int)U_JT_LEFT_JOINING == 3, "U_JT_LEFT_JOINING");
_Static_assert((int)U_JT_RIGHT_JOINING == 4, "U_JT_RIGHT_JOINING");
_Static_assert((int)U_JT_TRANSPARENT == 5, "U_JT_TRANSPARENT");
_Static_assert((int)U_LEFT_TO_RIGHT == 0, "U_LEFT_TO_RIGHT");
_Static_assert((int)U_LETTER_NUMBER == 10, "U_LETTER_NUMBER");
_Static_assert((int)U_LOWERCASE_LETTER == 2, "U_LOWERCASE_LETTER");
_Static_assert((int)U_MATH_SYMBOL == 24, "U_MATH_SYMBOL");
_Static_assert((int)U_MODIFIER_LETTER == 4, "U_MODIFIER_LETTER");
_Static_assert((int)U_MODIFIER_SYMBOL == 26, "U_MODIFIER_SYMBOL");
_Static_assert((int)U_NON_SPACING_MARK == 6, "U_NON_SPACING_MARK");
_Static_assert((int)U_OTHER_LETTER == 5, "U_OTHER_LETTER");
_Static_assert((int)U_OTHER_NEUTRAL == 10, "U_OTHER_NEUTRAL");
_Static_assert((int)U_OTHER_NUMBER == 11, "U_OTHER_NUMBER");
_Static_assert((int)U_OTHER_PUNCTUATION == 23, "U_OTHER_PUNCTUATION");
_Static_assert((int)U_OTHER_SYMBOL == 27, "U_OTHER_SYMBOL");
_Static_assert((int)U_RIGHT_TO_LEFT == 1, "U_RIGHT_TO_LEFT");
_Static_assert((int)U_RIGHT_TO_LEFT_ARABIC == 13, "U_RIGHT_TO_LEFT_ARABIC");
_Static_assert((int)U_SPACE_SEPARATOR == 12, "U_SPACE_SEPARATOR");
_Static_assert((int)U_START_PUNCTUATION == 20, "U_START_PUNCTUATION");
_Static_assert((int)U_TITLECASE_LETTER == 3, "U_TITLECASE_LETTER");
_Static_assert((int)U_UNASSIGNED == 0, "U_UNASSIGNED");
_Static_assert((int)U_UPPERCASE_LETTER == 1, "U_UPPERCASE_LETTER");

int32_t cicu_property(int32_t character, int32_t which) {
  return u_getIntPropertyValue(character, (UProperty)which);
}

int cicu_has(int32_t character, int32_t which) { return u_hasBinaryProperty(character, (UProperty)which) ? 1 : 0; }

int32_t cicu_normalize(
    int compatibility, const uint16_t *source, int32_t length, uint16_t *result, int32_t capacity) {
  UErrorCode status = U_ZERO_ERROR;
  const UNormalizer2 *form = compatibility ? unorm2_getNFKCInstance(&status) : unorm2_getNFCInstance(&status);
  if (U_FAILURE(status)) return -1;
  int32_t count = unorm2_normalize(form, (const UChar *)source, length, (UChar *)result, capacity, &status);
  return U_FAILURE(status) && status != U_BUFFER_OVERFLOW_ERROR ? -1 : count;
}

int32_t cicu_convert_label(
    int to_ascii, const uint16_t *source, int32_t length, uint16_t *result, int32_t capacity) {
  UErrorCode status = U_ZERO_ERROR;
  UIDNA *idna = uidna_openUTS46(
      UIDNA_USE_STD3_RULES | UIDNA_CHECK_CONTEXTJ | UIDNA_NONTRANSITIONAL_TO_ASCII | UIDNA_NONTRANSITIONAL_TO_UNICODE,
      &status);
  if (U_FAILURE(status)) return -1;
  UIDNAInfo info = UIDNA_INFO_INITIALIZER;
  const UChar *in = (const UChar *)source;
  UChar *out = (UChar *)result;
  int32_t count = to_ascii ? uidna_labelToASCII(idna, in, length, out, capacity, &info, &status)
                           : uidna_labelToUnicode(idna, in, length, out, capacity, &info, &status);
  uidna_close(idna);
  return U_FAILURE(status) || info.errors != 0 ? -1 : count;
}

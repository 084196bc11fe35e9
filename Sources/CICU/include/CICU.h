#ifndef CICU_H
#define CICU_H

#include <stdint.h>

// What we need of the system's ICU, in plain numbers.
//
// ICU's own headers stay out of Swift's sight: Foundation has another version of ICU inside, and a module that sees both finds
// types of one name with two meanings. The functions have ICU's version in their names besides, by macros that Swift does not
// see. That the numbers are ICU's own is asserted in icu.c.

static const int32_t CICU_UCHAR_BIDI_CLASS = 4096;
static const int32_t CICU_UCHAR_CANONICAL_COMBINING_CLASS = 4098;
static const int32_t CICU_UCHAR_DEFAULT_IGNORABLE_CODE_POINT = 5;
static const int32_t CICU_UCHAR_GENERAL_CATEGORY = 4101;
static const int32_t CICU_UCHAR_HANGUL_SYLLABLE_TYPE = 4107;
static const int32_t CICU_UCHAR_JOINING_TYPE = 4103;
static const int32_t CICU_UCHAR_JOIN_CONTROL = 20;
static const int32_t CICU_UCHAR_NONCHARACTER_CODE_POINT = 24;
static const int32_t CICU_UCHAR_SCRIPT = 4106;
static const int32_t CICU_USCRIPT_GREEK = 14;
static const int32_t CICU_USCRIPT_HAN = 17;
static const int32_t CICU_USCRIPT_HEBREW = 19;
static const int32_t CICU_USCRIPT_HIRAGANA = 20;
static const int32_t CICU_USCRIPT_KATAKANA = 22;
static const int32_t CICU_ARABIC_NUMBER = 5;
static const int32_t CICU_BOUNDARY_NEUTRAL = 18;
static const int32_t CICU_COMBINING_SPACING_MARK = 8;
static const int32_t CICU_COMMON_NUMBER_SEPARATOR = 6;
static const int32_t CICU_CONNECTOR_PUNCTUATION = 22;
static const int32_t CICU_CONTROL_CHAR = 15;
static const int32_t CICU_CURRENCY_SYMBOL = 25;
static const int32_t CICU_DASH_PUNCTUATION = 19;
static const int32_t CICU_DECIMAL_DIGIT_NUMBER = 9;
static const int32_t CICU_DIR_NON_SPACING_MARK = 17;
static const int32_t CICU_ENCLOSING_MARK = 7;
static const int32_t CICU_END_PUNCTUATION = 21;
static const int32_t CICU_EUROPEAN_NUMBER = 2;
static const int32_t CICU_EUROPEAN_NUMBER_SEPARATOR = 3;
static const int32_t CICU_EUROPEAN_NUMBER_TERMINATOR = 4;
static const int32_t CICU_FINAL_PUNCTUATION = 29;
static const int32_t CICU_HST_LEADING_JAMO = 1;
static const int32_t CICU_HST_TRAILING_JAMO = 3;
static const int32_t CICU_HST_VOWEL_JAMO = 2;
static const int32_t CICU_INITIAL_PUNCTUATION = 28;
static const int32_t CICU_JT_DUAL_JOINING = 2;
static const int32_t CICU_JT_LEFT_JOINING = 3;
static const int32_t CICU_JT_RIGHT_JOINING = 4;
static const int32_t CICU_JT_TRANSPARENT = 5;
static const int32_t CICU_LEFT_TO_RIGHT = 0;
static const int32_t CICU_LETTER_NUMBER = 10;
static const int32_t CICU_LOWERCASE_LETTER = 2;
static const int32_t CICU_MATH_SYMBOL = 24;
static const int32_t CICU_MODIFIER_LETTER = 4;
static const int32_t CICU_MODIFIER_SYMBOL = 26;
static const int32_t CICU_NON_SPACING_MARK = 6;
static const int32_t CICU_OTHER_LETTER = 5;
static const int32_t CICU_OTHER_NEUTRAL = 10;
static const int32_t CICU_OTHER_NUMBER = 11;
static const int32_t CICU_OTHER_PUNCTUATION = 23;
static const int32_t CICU_OTHER_SYMBOL = 27;
static const int32_t CICU_RIGHT_TO_LEFT = 1;
static const int32_t CICU_RIGHT_TO_LEFT_ARABIC = 13;
static const int32_t CICU_SPACE_SEPARATOR = 12;
static const int32_t CICU_START_PUNCTUATION = 20;
static const int32_t CICU_TITLECASE_LETTER = 3;
static const int32_t CICU_UNASSIGNED = 0;
static const int32_t CICU_UPPERCASE_LETTER = 1;

// An enumerated or integer property of a character.
int32_t cicu_property(int32_t character, int32_t which);

// Whether a character has a binary property: 1 or 0.
int cicu_has(int32_t character, int32_t which);

// Normalises to form C, or to form KC. Gives the length of the result, which may be over `capacity`, or -1.
int32_t cicu_normalize(
    int compatibility, const uint16_t *source, int32_t length, uint16_t *result, int32_t capacity);

// A label between its Unicode and its xn-- form, by UTS 46 without transitional mappings. Gives the length of the result, or
// -1 for a label that has no such form.
int32_t cicu_convert_label(
    int to_ascii, const uint16_t *source, int32_t length, uint16_t *result, int32_t capacity);

#endif

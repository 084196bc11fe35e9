#include <expat.h>

// From 2.6.0 on, expat puts off reading a tag that came in many pieces, and with it a stanza whose last byte has come. Who
// bounds the size of a tag, as we do, needs no such protection.
static inline void cexpat_read_at_once(XML_Parser parser) {
#if XML_MAJOR_VERSION > 2 || (XML_MAJOR_VERSION == 2 && XML_MINOR_VERSION >= 6)
  XML_SetReparseDeferralEnabled(parser, XML_FALSE);
#else
  (void)parser;
#endif
}

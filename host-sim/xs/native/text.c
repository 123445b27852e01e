/* Text that grows, and values as JSON. */
#include "host.h"
#include "xsmc.h"

void hostTextAdd(HostText* text, const char* format, ...)
{
	va_list arguments;
	int length;
	va_start(arguments, format);
	length = vsnprintf(C_NULL, 0, format, arguments);
	va_end(arguments);
	if (text->length + length + 1 > text->size) {
		text->size = (text->length + length + 1) * 2;
		text->data = realloc(text->data, text->size);
		if (!text->data)
			abort();
	}
	va_start(arguments, format);
	vsnprintf(text->data + text->length, text->size - text->length, format, arguments);
	va_end(arguments);
	text->length += length;
}

void hostTextQuote(HostText* text, const char* string)
{
	const txU1* byte = (const txU1*)string;
	hostTextAdd(text, "\"");
	for (; *byte; byte++) {
		if (byte[0] == 0xC0 && byte[1] == 0x80) { /* XS's way to have a NUL in a string */
			hostTextAdd(text, "\\u0000");
			byte++;
		}
		else if (*byte == '"' || *byte == '\\')
			hostTextAdd(text, "\\%c", *byte);
		else if (*byte < 0x20)
			hostTextAdd(text, "\\u%04x", *byte);
		else
			hostTextAdd(text, "%c", *byte);
	}
	hostTextAdd(text, "\"");
}

static void hostTextBytes(HostText* text, const txU1* bytes, size_t count)
{
	hostTextAdd(text, "{\"hex\":\"");
	while (count--)
		hostTextAdd(text, "%02x", *bytes++);
	hostTextAdd(text, "\"}");
}

/* One value: bytes become {"hex": …}, what JSON does not have null. */
void hostTextSlot(txMachine* the, HostText* text, txSlot* slot)
{
	void* data;
	txUnsigned count;
	switch (slot->kind) {
	case XS_BOOLEAN_KIND:
		hostTextAdd(text, slot->value.boolean ? "true" : "false");
		break;
	case XS_INTEGER_KIND:
		hostTextAdd(text, "%d", (int)slot->value.integer);
		break;
	case XS_NUMBER_KIND:
		if (isfinite(slot->value.number))
			hostTextAdd(text, "%.17g", slot->value.number);
		else
			hostTextAdd(text, "null");
		break;
	case XS_STRING_KIND:
	case XS_STRING_X_KIND:
		hostTextQuote(text, slot->value.string);
		break;
	case XS_REFERENCE_KIND:
		_xsmcGetBuffer(the, slot, &data, &count, 0);
		hostTextBytes(text, data, count);
		break;
	default:
		hostTextAdd(text, "null");
	}
}

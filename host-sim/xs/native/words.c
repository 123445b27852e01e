/* How a program ends, in words: to the person who ran it, and to the program that started this one. */
#include "host.h"

txMachine* hostMachine = C_NULL;

void hostDie(int code, const char* format, ...)
{
	HostText words = { C_NULL, 0, 0 };
	HostText json = { C_NULL, 0, 0 };
	char buffer[4096];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(buffer, sizeof(buffer), format, arguments);
	va_end(arguments);
	fflush(stdout);
	fprintf(stderr, "xs: %s\n", buffer);
	hostTextAdd(&json, "[%d,", code);
	hostTextQuote(&json, buffer);
	hostTextAdd(&json, "]");
	hostParentSend("tell", "died", json.data);
	(void)words;
	_exit(code);
}

/* The line that runs, for what ends the machine in the middle of it. */
static void hostPlace(txMachine* the, char* into, size_t size)
{
	txSlot* frame = the ? the->frame : C_NULL;
	into[0] = 0;
	while (frame) {
		txSlot* environment = mxFrameToEnvironment(frame);
		if (environment->ID != XS_NO_ID) {
			snprintf(into, size, " at %s:%d", fxGetKeyName(the, environment->ID), (int)environment->value.environment.line);
			return;
		}
		frame = frame->next;
	}
}

static const char* hostWhy(int status)
{
	switch (status) {
	case XS_NOT_ENOUGH_MEMORY_EXIT: return "out of memory";
	case XS_STACK_OVERFLOW_EXIT: return "stack overflow";
	case XS_FATAL_CHECK_EXIT: return "fatal check";
	case XS_DEAD_STRIP_EXIT: return "dead strip";
	case XS_UNHANDLED_EXCEPTION_EXIT: return "uncaught exception";
	case XS_NO_MORE_KEYS_EXIT: return "out of keys";
	case XS_TOO_MUCH_COMPUTATION_EXIT: return "too much computation";
	case XS_UNHANDLED_REJECTION_EXIT: return "unhandled rejection";
	default: return "aborted";
	}
}

void fxAbort(txMachine* the, int status)
{
	char place[256];
	HostFigures figures;
	if (status == XS_UNHANDLED_EXCEPTION_EXIT || status == XS_UNHANDLED_REJECTION_EXIT)
		hostUncaught(the, (txString)hostWhy(status));
	hostPlace(the, place, sizeof(place));
	if (!the || !the->block || !the->stackTop)
		hostDie(HOST_EXIT_ABORT + status, "%s%s, before the program ran", hostWhy(status), place);
	hostFigures(the, &figures);
	hostDie(HOST_EXIT_ABORT + status, "%s%s (%d slots and %d bytes of chunks in use, %d of %d stack slots, block of %d bytes)",
		hostWhy(status), place, (int)figures.slots, (int)figures.chunks, (int)figures.stack, (int)figures.stackSize,
		(int)figures.block);
}

void hostUncaught(txMachine* the, txString where)
{
	static int again = 0;
	char text[3072] = "?";
	if (again++)
		hostDie(HOST_EXIT_ABORT + XS_UNHANDLED_EXCEPTION_EXIT, "%s, and another one while it was told", where);
	fxBeginHost(the);
	{
		mxTry(the) {
			if (mxException.kind == XS_REFERENCE_KIND) {
				mxPush(mxException);
				mxGetID(mxID(_stack));
				if (the->stack->kind == XS_UNDEFINED_KIND) {
					mxPop();
					mxPush(mxException);
				}
			}
			else
				mxPush(mxException);
			snprintf(text, sizeof(text), "%s", fxToString(the, the->stack));
			mxPop();
		}
		mxCatch(the) {
		}
	}
	fxEndHost(the);
	hostDie(HOST_EXIT_ABORT + XS_UNHANDLED_EXCEPTION_EXIT, "%s: %s", where, text);
}

/* Collects garbage and tells what is left, under a label. */
void hostMeasure(txMachine* the, txString label)
{
	HostFigures figures;
	HostText json = { C_NULL, 0, 0 };
	fxCollect(the, XS_COMPACT_FLAG);
	hostFigures(the, &figures);
	hostTextAdd(&json, "[");
	hostTextQuote(&json, label);
	hostTextAdd(&json, ",{\"slots\":%d,\"slotsPeak\":%d,\"chunks\":%d,\"chunksPeak\":%d,\"stackPeak\":%d,\"stack\":%d,"
		"\"block\":%d,\"blockPeak\":%d,\"tables\":%d,\"slotSize\":%d}]",
		(int)figures.slots, (int)figures.slotsPeak, (int)figures.chunks, (int)figures.chunksPeak, (int)figures.stack,
		(int)figures.stackSize, (int)figures.block, (int)figures.blockPeak, (int)figures.tables, (int)sizeof(txSlot));
	hostParentSend("tell", "memory", json.data);
	free(json.data);
}

/* The object `host`, through which the modules of host-sim/xs/device reach this program; and `trace`. */
#include "host.h"

txSlot hostListener;

void hostFunction(txMachine* the, txString name, txCallback callback, txInteger length)
{
	/* The stack's top is the object, and stays. */
	txSlot* object = the->stack;
	fxNewHostFunction(the, callback, length, XS_NO_ID, XS_NO_ID);
	mxPushSlot(object);
	mxDefineID(fxNewNameC(the, name), XS_NO_FLAG, XS_GET_ONLY);
	mxPop();
}

static void hostTrace(txMachine* the)
{
	txInteger i;
	for (i = 0; i < mxArgc; i++)
		fputs(fxToString(the, mxArgv(i)), stdout);
	fflush(stdout);
}

static void hostSendArguments(txMachine* the, const char* kind)
{
	HostText json = { C_NULL, 0, 0 };
	txInteger i;
	hostTextAdd(&json, "[");
	for (i = 1; i < mxArgc; i++) {
		if (i > 1)
			hostTextAdd(&json, ",");
		hostTextSlot(the, &json, mxArgv(i));
	}
	hostTextAdd(&json, "]");
	hostParentSend(kind, fxToString(the, mxArgv(0)), json.data);
	free(json.data);
}

/* tell(name, …values) */
static void hostTellParent(txMachine* the)
{
	hostSendArguments(the, "tell");
}

static void hostAnswerBytes(txMachine* the, const char* hex)
{
	txInteger length = (txInteger)strlen(hex) / 2, i;
	txU1* bytes = fxArrayBuffer(the, mxResult, C_NULL, length, -1);
	for (i = 0; i < length; i++) {
		unsigned byte = 0;
		sscanf(hex + 2 * i, "%2x", &byte);
		bytes[i] = (txU1)byte;
	}
}

/* An Error. Not by mxUnknownError, which puts the caller's name before the message, and cuts it short. */
static void hostThrow(txMachine* the, char* answer)
{
	mxPush(mxErrorPrototypes(XS_UNKNOWN_ERROR));
	mxGetID(mxID(_constructor));
	mxNew();
	mxPushStringC(answer + 2);
	free(answer);
	mxRunCount(1);
	mxPullSlot(&mxException);
	fxThrow(the, C_NULL, 0);
}

/* ask(name, …values): undefined, a string, a number or an ArrayBuffer. Throws what the parent answers with `e`. */
static void hostAskParent(txMachine* the)
{
	char* answer;
	if (hostParentFd() < 0)
		mxUnknownError("there is nobody to ask");
	hostSendArguments(the, "ask");
	answer = hostParentAnswer();
	switch (answer[0]) {
	case 's':
		fxStringBuffer(the, mxResult, answer + 2, (txSize)strlen(answer + 2));
		break;
	case 'n':
		mxResult->kind = XS_NUMBER_KIND;
		mxResult->value.number = strtod(answer + 2, C_NULL);
		break;
	case 'b':
		hostAnswerBytes(the, answer + 2);
		break;
	case 'e':
		hostThrow(the, answer);
	}
	free(answer);
}

/* listen(callback): callback(name, text) for what the parent says of itself */
static void hostListen(txMachine* the)
{
	fxForget(the, &hostListener);
	hostListener = *mxArgv(0);
	hostListener.next = C_NULL;
	hostListener.flag = XS_NO_FLAG;
	fxRemember(the, &hostListener);
}

/* exit(code): at once */
static void hostExit(txMachine* the)
{
	hostMeasure(the, "exit");
	fflush(stdout);
	_exit(mxArgc > 0 ? fxToInteger(the, mxArgv(0)) : 0);
}

/* measure(label): collects garbage and tells the parent what is in use */
static void hostMeasureNative(txMachine* the)
{
	hostMeasure(the, fxToString(the, mxArgv(0)));
}

/* free(): bytes that neither slots nor chunks have, as a device counts them */
static void hostFree(txMachine* the)
{
	HostFigures figures;
	mxResult->kind = XS_INTEGER_KIND;
	mxResult->value.integer = 0;
	if (!the->block)
		return;
	hostFigures(the, &figures);
	mxResult->value.integer = figures.block - figures.chunks - (figures.slots + figures.stackSize) * HOST_SLOT;
}

void hostInstall(txMachine* the)
{
	fxBeginHost(the);
	mxPush(mxObjectPrototype);
	fxNewObjectInstance(the);
	hostFunction(the, "tell", hostTellParent, 1);
	hostFunction(the, "ask", hostAskParent, 1);
	hostFunction(the, "listen", hostListen, 1);
	hostFunction(the, "exit", hostExit, 1);
	hostFunction(the, "measure", hostMeasureNative, 1);
	hostFunction(the, "free", hostFree, 0);
	hostInstallTimers(the);
	hostInstallTCP(the);
	mxPush(mxGlobal);
	mxDefineID(fxNewNameC(the, "host"), XS_NO_FLAG, XS_GET_ONLY);
	mxPop();
	fxNewHostFunction(the, hostTrace, 1, XS_NO_ID, XS_NO_ID);
	mxPush(mxGlobal);
	mxSetID(mxID(_trace));
	mxPop();
	fxEndHost(the);
}

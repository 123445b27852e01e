/* `host.timer`: the SDK's timers. A timer is a host object, which lives as long as it is armed. */
#include "host.h"

typedef struct Timer {
	struct Timer* next;
	txNumber due;
	txUnsigned order;
	txSlot self;
	txSlot callback;
} Timer;

static Timer* hostTimers = C_NULL;
static txUnsigned hostOrder = 0;
/* Virtual time begins at 0 and passes only from timer to timer; -1 when time is real. */
static txNumber hostVirtual = -1;

void hostVirtualTime(void)
{
	hostVirtual = 0;
}

txBoolean hostIsVirtual(void)
{
	return hostVirtual >= 0;
}

txNumber hostNow(void)
{
	struct timespec time;
	if (hostIsVirtual())
		return hostVirtual;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (txNumber)time.tv_sec * 1000.0 + (txNumber)time.tv_nsec / 1e6;
}

static void hostTimerMark(txMachine* the, void* it, txMarkRoot mark)
{
	Timer* timer = it;
	if (timer)
		(*mark)(the, &timer->callback);
}

static void hostTimerDestroy(void* it)
{
}

static txHostHooks hostTimerHooks = { hostTimerDestroy, hostTimerMark };

static void hostTimerEnd(txMachine* the, Timer* timer)
{
	Timer** link = &hostTimers;
	while (*link != timer)
		link = &(*link)->next;
	*link = timer->next;
	fxSetHostData(the, &timer->self, C_NULL);
	fxForget(the, &timer->self);
	free(timer);
}

/* set(callback, milliseconds): calls back once */
static void hostTimerSet(txMachine* the)
{
	txNumber delay = mxArgc > 1 ? fxToNumber(the, mxArgv(1)) : 0;
	Timer* timer = calloc(1, sizeof(Timer));
	Timer** link = &hostTimers;
	if (!timer)
		abort();
	if (!(delay >= 0))
		delay = 0;
	fxNewHostObject(the, C_NULL);
	mxPullSlot(mxResult);
	timer->self = *mxResult;
	timer->self.next = C_NULL;
	timer->callback = *mxArgv(0);
	timer->due = hostNow() + delay;
	timer->order = hostOrder++;
	fxSetHostData(the, mxResult, timer);
	fxSetHostHooks(the, mxResult, &hostTimerHooks);
	fxRemember(the, &timer->self);
	/* By their time; those of the same time in the order they were set. */
	while (*link && (*link)->due <= timer->due)
		link = &(*link)->next;
	timer->next = *link;
	*link = timer;
}

static void hostTimerClear(txMachine* the)
{
	Timer* timer;
	if (mxArgc < 1 || mxArgv(0)->kind != XS_REFERENCE_KIND || fxGetHostHooks(the, mxArgv(0)) != &hostTimerHooks)
		mxTypeError("this is no timer");
	timer = fxGetHostData(the, mxArgv(0));
	if (timer)
		hostTimerEnd(the, timer);
}

static void hostTicks(txMachine* the)
{
	mxResult->kind = XS_INTEGER_KIND;
	mxResult->value.integer = (txInteger)(txUnsigned)(txU8)hostNow();
}

txNumber hostTimersWait(void)
{
	txNumber wait;
	if (!hostTimers)
		return -1;
	wait = hostTimers->due - hostNow();
	return wait > 0 ? wait : 0;
}

void hostTimersSkip(void)
{
	if (hostTimers && hostVirtual < hostTimers->due)
		hostVirtual = hostTimers->due;
}

void hostTimersRun(txMachine* the)
{
	txNumber now = hostNow();
	txUnsigned order = hostOrder;
	/* Those that are set meanwhile wait for the next round, so that sockets are not starved. */
	while (hostTimers && hostTimers->due <= now && (txInteger)(hostTimers->order - order) < 0) {
		Timer* timer = hostTimers;
		txSlot callback = timer->callback;
		fxBeginHost(the);
		mxPushSlot(&callback);
		hostTimerEnd(the, timer);
		hostCall(the, the->stack, 0, C_NULL);
		mxPop();
		fxEndHost(the);
	}
}

void hostInstallTimers(txMachine* the)
{
	hostFunction(the, "setTimer", hostTimerSet, 2);
	hostFunction(the, "clearTimer", hostTimerClear, 1);
	hostFunction(the, "ticks", hostTicks, 0);
}

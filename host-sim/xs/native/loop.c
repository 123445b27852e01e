/* What a device's event loop does: promises, timers, sockets, one callback after the other. */
#include "host.h"
#include <poll.h>
#include <signal.h>

void fxQueuePromiseJobs(txMachine* the)
{
	the->promiseJobs = 1;
}

static void hostPromises(txMachine* the)
{
	while (the->promiseJobs) {
		the->promiseJobs = 0;
		fxRunPromiseJobs(the);
	}
	/* What nobody catches by now, nobody will. */
	fxCheckUnhandledRejections(the, 1);
}

void hostCall(txMachine* the, txSlot* function, int count, const txNumber* arguments)
{
	int i;
	fxBeginHost(the);
	{
		mxTry(the) {
			mxPushUndefined();
			mxPushSlot(function);
			mxCall();
			for (i = 0; i < count; i++)
				mxPushInteger((txInteger)arguments[i]);
			mxRunCount(count);
			mxPop();
		}
		mxCatch(the) {
			hostUncaught(the, "uncaught exception");
		}
	}
	fxEndHost(the);
	hostPromises(the);
}

/* Imports a module and calls what it exports by default, where that is a function. */
void hostRun(txMachine* the, txString module)
{
	fxBeginHost(the);
	{
		mxTry(the) {
			mxPushUndefined();
			mxPushStringC(module);
			fxAwaitImport(the, XS_IMPORT_DEFAULT);
			if (the->stack->kind == XS_REFERENCE_KIND && mxIsFunction(the->stack->value.reference)) {
				mxCall();
				mxRunCount(0);
				mxPop();
			}
		}
		mxCatch(the) {
			hostUncaught(the, "uncaught exception");
		}
	}
	fxEndHost(the);
	hostPromises(the);
}

static void hostTellListener(txMachine* the, txString name, txString text)
{
	fxBeginHost(the);
	{
		mxTry(the) {
			mxPushUndefined();
			mxPushSlot(&hostListener);
			mxCall();
			mxPushStringC(name);
			mxPushStringC(text);
			mxRunCount(2);
			mxPop();
		}
		mxCatch(the) {
			hostUncaught(the, "uncaught exception");
		}
	}
	fxEndHost(the);
	hostPromises(the);
}

void hostParentRun(txMachine* the)
{
	char* line;
	while (hostListener.kind == XS_REFERENCE_KIND && (line = hostParentNext())) {
		/* `! <name> <text>` */
		char* name = line + 2;
		char* text = strchr(name, ' ');
		if (line[0] == '!' && text) {
			*text++ = 0;
			hostTellListener(the, name, text);
		}
		free(line);
	}
}

static int hostWait(void)
{
	txNumber wait = hostTimersWait();
	return wait < 0 ? -1 : wait > 60000 ? 60000 : (int)c_ceil(wait);
}

/*
 * The same in virtual time, without sockets. Before time passes the parent is asked whether it has something to say, so that
 * what it says does not depend on how quick it is.
 */
static void hostVirtualLoop(txMachine* the)
{
	while (hostTimersWait() >= 0 || hostListener.kind == XS_REFERENCE_KIND) {
		if (hostListener.kind == XS_REFERENCE_KIND) {
			char now[32];
			snprintf(now, sizeof(now), "[%.0f]", hostNow());
			hostParentSend("ask", "turn", now);
			free(hostParentAnswer());
			hostParentRun(the);
		}
		hostTimersSkip();
		hostTimersRun(the);
	}
}

/* Runs until nothing is left that could happen. */
void hostLoop(txMachine* the)
{
	struct pollfd* fds = C_NULL;
	signal(SIGPIPE, SIG_IGN);
	if (hostIsVirtual())
		hostVirtualLoop(the);
	else for (;;) {
		int sockets = hostTCPCount(), count, wait;
		txBoolean listening = hostListener.kind == XS_REFERENCE_KIND && hostParentFd() >= 0;
		hostParentRun(the);
		fds = realloc(fds, (hostTCPCount() + 1) * sizeof(struct pollfd));
		if (!fds)
			abort();
		sockets = hostTCPPoll(fds);
		count = sockets;
		if (listening) {
			fds[count].fd = hostParentFd();
			fds[count].events = POLLIN;
			fds[count++].revents = 0;
		}
		wait = hostWait();
		if (count == 0 && wait < 0)
			break;
		if (poll(fds, count, wait) < 0 && errno != EINTR)
			hostDie(1, "poll: %s", strerror(errno));
		hostTimersRun(the);
		hostTCPRun(the, fds, sockets);
		if (listening && fds[count - 1].revents)
			hostParentRead();
	}
	free(fds);
}

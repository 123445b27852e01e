/*
 * `host.TCP`: ECMA-419's TCP as the SDK has it on ESP32. `write` takes all or throws; what it has taken counts against the
 * window until the kernel has it; `onReadable` is not repeated for bytes left unread; `onError` says every end there is,
 * once, after what has come was announced.
 */
#include "host.h"
#include "xsmc.h"
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

typedef struct Socket {
	struct Socket* next;
	int fd;
	txBoolean open;
	/* The script has closed it, or the object is gone: freed when the loop comes round. */
	txBoolean closed;
	/* onError was called. */
	txBoolean ended;
	txBoolean ending;
	/* The script is to be told of room. */
	txBoolean tell;
	/* Bytes announced and not read. */
	txSize unread;
	txSize waiting;
	txByte* buffer;
	txSlot self;
	txSlot onReadable;
	txSlot onWritable;
	txSlot onError;
} Socket;

txSize hostWindow = 5744;
static Socket* hostSockets = C_NULL;

static void hostSocketMark(txMachine* the, void* it, txMarkRoot mark)
{
	Socket* socket = it;
	if (!socket)
		return;
	(*mark)(the, &socket->onReadable);
	(*mark)(the, &socket->onWritable);
	(*mark)(the, &socket->onError);
}

static void hostSocketDestroy(void* it)
{
}

static txHostHooks hostSocketHooks = { hostSocketDestroy, hostSocketMark };

static Socket* hostSocketOf(txMachine* the)
{
	Socket* socket;
	if (mxThis->kind != XS_REFERENCE_KIND || fxGetHostHooks(the, mxThis) != &hostSocketHooks)
		mxTypeError("this is no socket");
	socket = fxGetHostData(the, mxThis);
	if (!socket)
		mxUnknownError("the socket is closed");
	return socket;
}

static void hostOption(txMachine* the, txString name, txSlot* into)
{
	mxPushSlot(mxArgv(0));
	mxGetID(fxNewNameC(the, name));
	*into = *the->stack;
	into->next = C_NULL;
	mxPop();
}

/* new TCP({ address, port, onReadable, onWritable, onError }) */
static void hostTCP(txMachine* the)
{
	struct sockaddr_in address;
	Socket* socketOf;
	txSlot option;
	int fd, on = 1;
	if (mxArgc < 1)
		mxTypeError("no options");
	memset(&address, 0, sizeof(address));
	address.sin_family = AF_INET;
	hostOption(the, "port", &option);
	address.sin_port = htons((uint16_t)fxToInteger(the, &option));
	mxPushSlot(mxArgv(0));
	mxGetID(fxNewNameC(the, "address"));
	if (inet_pton(AF_INET, fxToString(the, the->stack), &address.sin_addr) != 1)
		mxUnknownError("the address must be IPv4");
	mxPop();
	fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		mxUnknownError("no socket: %s", strerror(errno));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	socketOf = calloc(1, sizeof(Socket));
	if (!socketOf || !(socketOf->buffer = malloc(hostWindow)))
		abort();
	socketOf->fd = fd;
	if (connect(fd, (struct sockaddr*)&address, sizeof(address)) < 0 && errno != EINPROGRESS)
		socketOf->ending = 1;
	hostOption(the, "onReadable", &socketOf->onReadable);
	hostOption(the, "onWritable", &socketOf->onWritable);
	hostOption(the, "onError", &socketOf->onError);
	socketOf->self = *mxThis;
	socketOf->self.next = C_NULL;
	fxSetHostData(the, mxThis, socketOf);
	fxSetHostHooks(the, mxThis, &hostSocketHooks);
	fxRemember(the, &socketOf->self);
	socketOf->next = hostSockets;
	hostSockets = socketOf;
	*mxResult = *mxThis;
}

static void hostSocketTake(txMachine* the, Socket* socket, void* data, txUnsigned count)
{
	if ((txSize)count > socket->unread)
		mxUnknownError("only %d bytes can be read", (int)socket->unread);
	if (recv(socket->fd, data, count, 0) != (ssize_t)count)
		mxUnknownError("the socket gave other bytes than it had");
	socket->unread -= (txSize)count;
}

/* read(bytes) fills them; read(count) gives an ArrayBuffer; read() gives one byte, as in the SDK's format "number" */
static void hostSocketRead(txMachine* the)
{
	Socket* socket = hostSocketOf(the);
	void* data;
	txU1 byte;
	txUnsigned count = 1;
	if (mxArgc == 0)
		hostSocketTake(the, socket, &byte, 1);
	else if (mxArgv(0)->kind == XS_INTEGER_KIND) {
		count = mxArgv(0)->value.integer;
		data = fxArrayBuffer(the, mxResult, C_NULL, (txInteger)count, -1);
		hostSocketTake(the, socket, data, count);
		return;
	}
	else {
		_xsmcGetBuffer(the, mxArgv(0), &data, &count, 1);
		hostSocketTake(the, socket, data, count);
	}
	mxResult->kind = XS_INTEGER_KIND;
	mxResult->value.integer = mxArgc == 0 ? byte : (txInteger)count;
}

static void hostSocketWrite(txMachine* the)
{
	Socket* socket = hostSocketOf(the);
	void* data;
	txUnsigned count;
	if (!socket->open)
		mxUnknownError("not ready");
	if (socket->ending || socket->ended)
		return;
	_xsmcGetBuffer(the, mxArgv(0), &data, &count, 0);
	if (count > (txUnsigned)(hostWindow - socket->waiting))
		mxUnknownError("would block");
	memcpy(socket->buffer + socket->waiting, data, count);
	socket->waiting += (txSize)count;
	mxResult->kind = XS_INTEGER_KIND;
	mxResult->value.integer = hostWindow - socket->waiting;
}

/* What was written leaves before the connection does, as far as the kernel takes it. */
static void hostSocketFlush(Socket* socket)
{
	while (socket->waiting > 0) {
		ssize_t sent = send(socket->fd, socket->buffer, socket->waiting, MSG_NOSIGNAL);
		if (sent < 0) {
			if (errno != EAGAIN && errno != EINTR)
				socket->ending = 1;
			return;
		}
		socket->waiting -= (txSize)sent;
		memmove(socket->buffer, socket->buffer + sent, socket->waiting);
		socket->tell = 1;
	}
}

static void hostSocketClose(txMachine* the)
{
	Socket* socket;
	if (mxThis->kind != XS_REFERENCE_KIND || fxGetHostHooks(the, mxThis) != &hostSocketHooks)
		mxTypeError("this is no socket");
	socket = fxGetHostData(the, mxThis);
	if (!socket)
		return;
	if (socket->open && !socket->ending)
		hostSocketFlush(socket);
	fxSetHostData(the, &socket->self, C_NULL);
	fxForget(the, &socket->self);
	close(socket->fd);
	socket->fd = -1;
	socket->closed = 1;
}

int hostTCPCount(void)
{
	Socket* socket;
	int count = 0;
	for (socket = hostSockets; socket; socket = socket->next)
		count++;
	return count;
}

static void hostSweep(void)
{
	Socket** link = &hostSockets;
	while (*link) {
		Socket* socket = *link;
		if (socket->closed) {
			*link = socket->next;
			free(socket->buffer);
			free(socket);
		}
		else
			link = &socket->next;
	}
}

int hostTCPPoll(struct pollfd* fds)
{
	Socket* socket;
	int count = 0;
	hostSweep();
	for (socket = hostSockets; socket; socket = socket->next, count++) {
		/* A negative descriptor is not looked at. */
		fds[count].fd = socket->ended ? -1 : socket->fd;
		/* With bytes left unread, only their end is news: the peer's FIN waits behind them. */
		fds[count].events = socket->unread > 0 ? 0 : POLLIN;
		if (!socket->open || socket->waiting > 0)
			fds[count].events |= POLLOUT;
		fds[count].revents = 0;
	}
	return count;
}

static void hostTell(txMachine* the, txSlot* callback, int count, txNumber argument)
{
	if (callback->kind == XS_REFERENCE_KIND)
		hostCall(the, callback, count, &argument);
}

static void hostSocketEnd(txMachine* the, Socket* socket)
{
	if (socket->closed || socket->ended)
		return;
	socket->ended = 1;
	hostTell(the, &socket->onError, 0, 0);
}

static void hostSocketEvents(txMachine* the, Socket* socket, short events)
{
	if (!socket->open && (events & (POLLOUT | POLLERR | POLLHUP))) {
		int error = 0;
		socklen_t size = sizeof(error);
		getsockopt(socket->fd, SOL_SOCKET, SO_ERROR, &error, &size);
		if (error || (events & POLLERR)) {
			socket->ending = 1;
			hostSocketEnd(the, socket);
			return;
		}
		if (events & POLLOUT) {
			socket->open = 1;
			hostTell(the, &socket->onWritable, 1, hostWindow);
		}
	}
	if (!socket->closed && (events & (POLLIN | POLLHUP | POLLERR)) && socket->unread == 0) {
		int count = 0;
		if (ioctl(socket->fd, FIONREAD, &count) == 0 && count > 0) {
			socket->unread = count;
			hostTell(the, &socket->onReadable, 1, count);
		}
		else {
			socket->ending = 1;
			hostSocketEnd(the, socket);
		}
	}
	if (!socket->closed && !socket->ending && socket->open && socket->waiting > 0)
		hostSocketFlush(socket);
	if (!socket->closed && socket->tell && !socket->ending) {
		socket->tell = 0;
		hostTell(the, &socket->onWritable, 1, hostWindow - socket->waiting);
	}
	if (!socket->closed && socket->ending)
		hostSocketEnd(the, socket);
}

void hostTCPRun(txMachine* the, struct pollfd* fds, int count)
{
	/* Sockets made meanwhile are put in front and looked at in the next round. */
	Socket* socket = hostSockets;
	int skip = hostTCPCount() - count, i;
	while (skip-- > 0)
		socket = socket->next;
	for (i = 0; i < count; i++, socket = socket->next)
		if (!socket->closed)
			hostSocketEvents(the, socket, fds[i].revents);
}

void hostInstallTCP(txMachine* the)
{
	/* The stack's top is `host`, and stays. */
	txSlot* object = the->stack;
	txSlot* constructor;
	fxNewHostObject(the, C_NULL);
	fxSetHostHooks(the, the->stack, &hostSocketHooks);
	hostFunction(the, "read", hostSocketRead, 1);
	hostFunction(the, "write", hostSocketWrite, 1);
	hostFunction(the, "close", hostSocketClose, 0);
	constructor = fxNewHostConstructor(the, hostTCP, 1, XS_NO_ID);
	/* So that `new` makes the object before it calls. */
	mxFunctionInstanceCode(constructor)->flag |= XS_BASE_FLAG;
	mxPushSlot(object);
	mxDefineID(fxNewNameC(the, "TCP"), XS_NO_FLAG, XS_GET_ONLY);
	mxPop();
}

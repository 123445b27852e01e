/* The parts of the host. See README.md in the folder above for what it does and how it is used. */
#ifndef MOTEWIRE_HOST
#define MOTEWIRE_HOST

#include "xsAll.h"
#include "xsScript.h"

/* memory.c: the one block in which a machine lives */

typedef struct HostBlock {
	txByte* start;
	txByte* end;
	/* Chunks grow up from the start, slots down from the end. */
	txByte* chunks;
	txByte* slots;
	/* The most that either has taken. */
	txByte* chunksPeak;
	txByte* slotsPeak;
	/* Chunks and slots each have a size that is fixed. */
	txBoolean fixed;
} HostBlock;

/* The board's memory, as its creation in the manifest has it. */
typedef struct {
	txSize staticSize;
	txSize chunkInitial;
	txSize chunkIncremental;
	txSize heapInitial;
	txSize heapIncremental;
	txSize stack;
} HostMemory;

typedef struct {
	txSize slots;       /* in use, of 16 bytes on a device */
	txSize slotsPeak;
	txSize chunks;      /* bytes in use */
	txSize chunksPeak;
	txSize stack;       /* slots in use at most, since the start */
	txSize stackSize;
	txSize block;       /* bytes, as on a device: the block's size, and what of it was ever taken */
	txSize blockPeak;
	txSize tables;      /* bytes of name and alias tables, which a device keeps outside of the block */
} HostFigures;

/* Bytes of a device's slot. */
#define HOST_SLOT 16

extern void hostBlockFor(HostMemory* memory, HostBlock* block);
extern void hostMarkStack(txMachine* the);
extern void hostFigures(txMachine* the, HostFigures* figures);

/* modules.c: what the modules are, and their bytecode */

extern void hostReadPlan(const char* path);
extern void hostCompile(txMachine* root);
extern void hostPreload(txMachine* root);
extern const char* hostMain(void);
extern txPreparation hostPreparation;

/* flash.c: makes of the root machine what the linker makes of it */

extern void hostFreeze(txMachine* root);
extern void hostShare(txMachine* root);

/* natives.c, timers.c, tcp.c: what the modules find on `host` */

extern void hostInstall(txMachine* root);
extern void hostInstallTimers(txMachine* root);
extern void hostInstallTCP(txMachine* root);
/* A native function, as a property of the object on the stack. */
extern void hostFunction(txMachine* the, txString name, txCallback callback, txInteger length);

/* loop.c */

extern void hostLoop(txMachine* the);
/* Calls a function with `count` numbers; what it throws ends the program. */
extern void hostCall(txMachine* the, txSlot* function, int count, const txNumber* arguments);
extern void hostRun(txMachine* the, txString module);
extern txNumber hostNow(void);

/* Milliseconds to the next timer, -1 when there is none. */
extern txNumber hostTimersWait(void);
extern void hostTimersRun(txMachine* the);
/* Time that does not pass by itself, so that a program does the same whenever it runs. */
extern void hostVirtualTime(void);
extern txBoolean hostIsVirtual(void);
/* Lets virtual time pass until the next timer is due. */
extern void hostTimersSkip(void);

struct pollfd;
extern int hostTCPCount(void);
/* Fills `fds`, which has room for all sockets. @returns how many */
extern int hostTCPPoll(struct pollfd* fds);
extern void hostTCPRun(txMachine* the, struct pollfd* fds, int count);
extern txSize hostWindow;

/* parent.c: the program that started this one, where there is one */

extern void hostParentOpen(int fd);
extern int hostParentFd(void);
extern void hostParentSend(const char* kind, const char* name, const char* json);
/* Waits for the answer to what was asked. @returns the line behind "= ", to be freed */
extern char* hostParentAnswer(void);
/* Reads what there is, and keeps it. */
extern void hostParentRead(void);
/* The next line that was no answer, to be freed. */
extern char* hostParentNext(void);
extern void hostParentRun(txMachine* the);
extern txSlot hostListener;

/* text.c */

typedef struct {
	char* data;
	size_t size;
	size_t length;
} HostText;

extern void hostTextAdd(HostText* text, const char* format, ...) __attribute__((format(printf, 2, 3)));
extern void hostTextQuote(HostText* text, const char* string);
extern void hostTextSlot(txMachine* the, HostText* text, txSlot* slot);

/* words.c: how a program ends, in words */

#define HOST_EXIT_USAGE 2
/* XS's own reasons follow: 10 + XS_…_EXIT. */
#define HOST_EXIT_ABORT 10

extern txMachine* hostMachine;
extern void hostDie(int code, const char* format, ...) __attribute__((noreturn, format(printf, 2, 3)));
/* What is in the machine's exception was caught by nobody. */
extern void hostUncaught(txMachine* the, txString where) __attribute__((noreturn));
extern void hostMeasure(txMachine* the, txString label);

#endif

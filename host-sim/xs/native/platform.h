/* What XS is told of the machine it is built for (XSPLATFORM): Linux, with the memory of a device. */
#ifndef MOTEWIRE_XS_PLATFORM
#define MOTEWIRE_XS_PLATFORM

#undef mxLinux
#define mxLinux 1

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <float.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define mxUseGCCAtomics 1
#define mxUsePOSIXThreads 1
#define XS_FUNCTION_NORETURN __attribute__((noreturn))

/* Each machine knows its block of memory (memory.c). */
#define mxMachinePlatform \
	struct HostBlock* block; \
	int promiseJobs; \
	void* waiterCondition; \
	void* waiterData; \
	void* waiterLink;

#define mxUseDefaultBuildKeys 1
#define mxUseDefaultFindModule 1
#define mxUseDefaultLoadModule 1
#define mxUseDefaultParseScript 1
#define mxUseDefaultSharedChunks 1
#define mxUseDefaultDebug 1

#endif

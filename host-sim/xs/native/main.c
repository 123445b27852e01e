/* Runs a plan of modules on XS, in a device's memory. */
#include "host.h"

#define NAMES 53
#define SYMBOLS 3

static void hostUsage(void)
{
	hostDie(HOST_EXIT_USAGE, "usage: xs-host <plan> [--static N] [--chunk I,N] [--heap I,N] [--stack N] [--window N] [--time virtual] [--parent FD]");
}

static void hostOptions(int argc, char** argv, HostMemory* memory)
{
	int i;
	for (i = 2; i + 1 < argc; i += 2) {
		const char* name = argv[i];
		const char* value = argv[i + 1];
		if (!strcmp(name, "--static"))
			memory->staticSize = atoi(value);
		else if (!strcmp(name, "--chunk"))
			sscanf(value, "%d,%d", &memory->chunkInitial, &memory->chunkIncremental);
		else if (!strcmp(name, "--heap"))
			sscanf(value, "%d,%d", &memory->heapInitial, &memory->heapIncremental);
		else if (!strcmp(name, "--stack"))
			memory->stack = atoi(value);
		else if (!strcmp(name, "--window"))
			hostWindow = atoi(value);
		else if (!strcmp(name, "--time") && !strcmp(value, "virtual"))
			hostVirtualTime();
		else if (!strcmp(name, "--parent"))
			hostParentOpen(atoi(value));
		else
			hostUsage();
	}
	if (i != argc || argc < 2)
		hostUsage();
}

/* The machine that stands for flash. */
static txMachine* hostRoot(void)
{
	txCreation creation = {
		1024 * 1024,  /* initialChunkSize */
		1024 * 1024,  /* incrementalChunkSize */
		64 * 1024,    /* initialHeapCount */
		64 * 1024,    /* incrementalHeapCount */
		4096,         /* stackCount */
		8192,         /* initialKeyCount */
		0,            /* incrementalKeyCount */
		NAMES,        /* nameModulo */
		SYMBOLS,      /* symbolModulo */
		64 * 1024,    /* parserBufferSize */
		1993,         /* parserTableModulo */
		0,
	};
	txMachine* root = fxCreateMachine(&creation, "root", C_NULL, XS_NO_ID);
	if (!root)
		hostDie(1, "no memory for the root machine");
	hostInstall(root);
	hostCompile(root);
	hostPreload(root);
	hostFreeze(root);
	hostShare(root);
	return root;
}

int main(int argc, char** argv)
{
	/* An ESP32-C3's. */
	HostMemory memory = { 94208, 1536, 512, 512, 64, 768 };
	HostBlock block;
	txMachine* root;
	txMachine* the;
	hostOptions(argc, argv, &memory);
	hostReadPlan(argv[1]);
	root = hostRoot();
	hostBlockFor(&memory, &block);
	{
		/* Keys and tables as the SDK's manifest_base.json has them. */
		txCreation creation = {
			memory.chunkInitial, memory.chunkIncremental, memory.heapInitial, memory.heapIncremental, memory.stack,
			32, 32, NAMES, SYMBOLS, 1024, 17, memory.staticSize,
		};
		the = fxCloneMachine(&creation, root, "device", &block);
	}
	if (!the)
		hostDie(1, "the machine does not fit its block");
	hostMachine = the;
	hostMarkStack(the);
	hostMeasure(the, "boot");
	hostRun(the, (txString)hostMain());
	hostLoop(the);
	hostMeasure(the, "exit");
	return 0;
}

/*
 * The modules: a plan names them, XS compiles them in the root machine, names and all, as the SDK's compiler and linker do
 * on their way to flash. The plan's lines, in which names hold no space:
 *   module <name> <file>   in the order they are linked
 *   preload <name>
 *   main <name>
 */
#include "host.h"

#define MAXIMUM 512

extern void fxRemapIDs(txMachine* the, txByte* codeBuffer, txSize codeSize, txID* theIDs);

typedef struct {
	char* name;
	char* file;
} Module;

static Module hostModules[MAXIMUM];
static int hostModuleCount = 0;
static char* hostPreloads[MAXIMUM];
static int hostPreloadCount = 0;
static char* hostMainModule = "main";
static txScript hostScripts[MAXIMUM];
txPreparation hostPreparation;

const char* hostMain(void)
{
	return hostMainModule;
}

void hostReadPlan(const char* path)
{
	char line[2048], word[16], name[512], file[1024];
	FILE* stream = fopen(path, "r");
	if (!stream)
		hostDie(HOST_EXIT_USAGE, "cannot read the plan %s", path);
	while (fgets(line, sizeof(line), stream)) {
		int count = sscanf(line, "%15s %511s %1023s", word, name, file);
		if (count == 3 && !strcmp(word, "module") && hostModuleCount < MAXIMUM) {
			hostModules[hostModuleCount].name = strdup(name);
			hostModules[hostModuleCount++].file = strdup(file);
		}
		else if (count == 2 && !strcmp(word, "preload") && hostPreloadCount < MAXIMUM)
			hostPreloads[hostPreloadCount++] = strdup(name);
		else if (count == 2 && !strcmp(word, "main"))
			hostMainModule = strdup(name);
		else if (count > 0)
			hostDie(HOST_EXIT_USAGE, "not understood in the plan: %s", line);
	}
	fclose(stream);
}

static txScript* hostParse(txMachine* the, Module* module, txUnsigned flags)
{
	txParser parserOf;
	txParser* parser = &parserOf;
	txParserJump jump;
	txScript* script = C_NULL;
	txString map = C_NULL;
	FILE* stream = C_NULL;
	char path[1100];
	fxInitializeParser(parser, the, the->parserBufferSize, the->parserTableModulo);
	parser->firstJump = &jump;
	if (c_setjmp(jump.jmp_buf) == 0) {
		stream = fopen(module->file, "r");
		if (!stream)
			hostDie(HOST_EXIT_USAGE, "module %s: cannot read %s", module->name, module->file);
		parser->path = fxNewParserSymbol(parser, module->file);
		fxParserTree(parser, stream, (txGetter)fgetc, flags, &map);
		fclose(stream);
		stream = C_NULL;
		/* Lines are those of the TypeScript source. */
		snprintf(path, sizeof(path), "%s.map", module->file);
		if (map && (stream = fopen(path, "r"))) {
			txString source = C_NULL;
			fxParserSourceMap(parser, stream, (txGetter)fgetc, flags, &source);
			fclose(stream);
			stream = C_NULL;
			if (source)
				parser->path = fxNewParserSymbol(parser, source);
		}
		fxParserHoist(parser);
		fxParserBind(parser);
		script = fxParserCode(parser);
	}
	if (stream)
		fclose(stream);
	if (parser->errorCount)
		script = C_NULL;
	fxTerminateParser(parser);
	return script;
}

/* The names that the bytecode uses become keys of the root machine. */
static void hostLink(txMachine* the, txScript* script)
{
	txByte* p = script->symbolsBuffer;
	txID count, i;
	txID* IDs;
	if (!p)
		return;
	mxDecodeID(p, count);
	IDs = calloc(count, sizeof(txID));
	if (!IDs)
		abort();
	IDs[0] = XS_NO_ID;
	for (i = 1; i < count; i++) {
		IDs[i] = fxNewNameC(the, (txString)p);
		p += mxStringLength((char*)p) + 1;
	}
	fxRemapIDs(the, script->codeBuffer, script->codeSize, IDs);
	free(IDs);
	script->symbolsBuffer = C_NULL;
	script->symbolsSize = 0;
}

/* Bytecode as it would be in flash, where nothing tells of lines. */
static txSize hostSize(txMachine* the, Module* module)
{
	txScript* script = hostParse(the, module, 0);
	txSize size = script ? script->codeSize : 0;
	if (script)
		fxDeleteScript(script);
	return size;
}

void hostCompile(txMachine* root)
{
	HostText json = { C_NULL, 0, 0 };
	int i;
	hostTextAdd(&json, "[{");
	for (i = 0; i < hostModuleCount; i++) {
		Module* module = &hostModules[i];
		txScript* script = hostParse(root, module, mxDebugFlag);
		if (!script)
			hostDie(HOST_EXIT_ABORT, "module %s does not compile (%s)", module->name, module->file);
		hostLink(root, script);
		hostScripts[i] = *script;
		hostScripts[i].path = module->name;
		fxNewNameC(root, module->name);
		hostTextAdd(&json, "%s", i ? "," : "");
		hostTextQuote(&json, module->name);
		hostTextAdd(&json, ":%d", (int)hostSize(root, module));
	}
	hostTextAdd(&json, "}]");
	hostPreparation.scripts = hostScripts;
	hostPreparation.scriptCount = hostModuleCount;
	hostPreparation.main = hostMainModule;
	root->preparation = &hostPreparation;
	if (hostParentFd() >= 0)
		hostParentSend("tell", "bytecode", json.data);
	free(json.data);
}

void hostPreload(txMachine* root)
{
	int i;
	for (i = 0; i < hostPreloadCount; i++) {
		fxBeginHost(root);
		{
			txMachine* the = root;
			mxTry(the) {
				mxPushStringC(hostPreloads[i]);
				fxAwaitImport(the, XS_IMPORT_NAMESPACE);
				mxPop();
			}
			mxCatch(the) {
				char words[600];
				snprintf(words, sizeof(words), "preloading %s", hostPreloads[i]);
				hostUncaught(the, words);
			}
		}
		fxEndHost(root);
		fxCollect(root, XS_COMPACT_FLAG);
	}
}

/*
 * Memory as a device gives it to XS: one block, chunks from its one end and slots from the other, or two parts of fixed
 * size. The root machine stands for flash and takes what it needs.
 */
#include "host.h"

/*
 * A slot is twice as wide with 64-bit pointers, so the block is too, and a byte of chunks counts twice: what fits is what fits
 * a device, but for the larger heads of chunks.
 */
#define WIDTH ((txSize)(sizeof(void*) / 4))
#define STACK_MARK 0xA5
/* So many slots that nothing was written to are beyond what was used. */
#define UNTOUCHED 16

void fxCreateMachinePlatform(txMachine* the)
{
	the->block = the->context;
	the->context = C_NULL;
}

void fxDeleteMachinePlatform(txMachine* the)
{
}

void hostBlockFor(HostMemory* memory, HostBlock* block)
{
	txSize size;
	block->fixed = memory->staticSize == 0;
	if (block->fixed)
		size = WIDTH * (memory->chunkInitial + (txSize)sizeof(txBlock)) + (memory->heapInitial + memory->stack) * (txSize)sizeof(txSlot);
	else
		size = memory->staticSize * WIDTH;
	block->start = c_malloc(size);
	if (!block->start)
		hostDie(1, "no memory for a block of %d bytes", (int)size);
	block->end = block->start + size;
	block->chunks = block->chunksPeak = block->start;
	block->slots = block->slotsPeak = block->end;
}

/* Whether what chunks and slots have by now, and that much more of each, is no more than the block. */
static txBoolean hostHasRoom(HostBlock* block, txSize chunks, txSize slots)
{
	return WIDTH * (block->chunks + chunks - block->start) <= block->slots - slots - block->start;
}

static txBoolean hostTakeChunks(HostBlock* block, txSize size)
{
	if (!hostHasRoom(block, size, 0))
		return 0;
	block->chunks += size;
	if (block->chunksPeak < block->chunks)
		block->chunksPeak = block->chunks;
	return 1;
}

void* fxAllocateChunks(txMachine* the, txSize size)
{
	HostBlock* block = the->block;
	txBlock* first = the->firstBlock;
	txByte* result;
	txSize more;
	if (!block)
		return c_malloc(size);
	if (!first) {
		result = block->chunks;
		return hostTakeChunks(block, size) ? result : C_NULL;
	}
	/* XS asks for a block of its own; here the one there is grows, by what its free end lacks. */
	more = size - (txSize)sizeof(txBlock) - (txSize)(first->limit - first->current);
	if (more < 0 || !hostTakeChunks(block, more))
		return C_NULL;
	/* XS will add `size` to the limit when it is given the limit's own address. */
	first->limit = block->chunks - size;
	the->maximumChunksSize += more - size;
	return first->limit;
}

void fxFreeChunks(txMachine* the, void* chunks)
{
	if (!the->block)
		c_free(chunks);
}

static txSlot* hostTakeSlots(HostBlock* block, txSize size)
{
	if (!hostHasRoom(block, 0, size))
		return C_NULL;
	block->slots -= size;
	if (block->slotsPeak > block->slots)
		block->slotsPeak = block->slots;
	return (txSlot*)block->slots;
}

txSlot* fxAllocateSlots(txMachine* the, txSize count)
{
	HostBlock* block = the->block;
	txSize size = count * (txSize)sizeof(txSlot);
	txBlock* first = the->firstBlock;
	txSlot* result;
	if (!block)
		return c_malloc(size);
	result = hostTakeSlots(block, size);
	if (!result && first && !block->fixed) {
		/* The chunks give back what they do not use. */
		fxCollect(the, XS_COMPACT_FLAG | XS_ORGANIC_FLAG);
		the->maximumChunksSize -= (txSize)(first->limit - first->current);
		first->limit = first->current;
		block->chunks = first->current;
		result = hostTakeSlots(block, size);
	}
	return result;
}

void fxFreeSlots(txMachine* the, void* slots)
{
	if (!the->block)
		c_free(slots);
}

/* The stack's free part is filled, so that it can be seen later how far it was used. */
void hostMarkStack(txMachine* the)
{
	c_memset(the->stackBottom, STACK_MARK, (the->stack - the->stackBottom) * sizeof(txSlot));
}

static txBoolean hostIsMarked(txSlot* slot)
{
	const txU1* byte = (const txU1*)slot;
	size_t i;
	for (i = 0; i < sizeof(txSlot); i++)
		if (byte[i] != STACK_MARK)
			return 0;
	return 1;
}

/* From the top, for matching a regular expression borrows the other end. */
static txSize hostStackPeak(txMachine* the)
{
	txSlot* slot = the->stackTop;
	txSlot* deepest = slot;
	txSize untouched = 0;
	while (slot > the->stackBottom && untouched < UNTOUCHED) {
		slot--;
		if (hostIsMarked(slot))
			untouched++;
		else {
			untouched = 0;
			deepest = slot;
		}
	}
	return (txSize)(the->stackTop - deepest);
}

void hostFigures(txMachine* the, HostFigures* figures)
{
	HostBlock* block = the->block;
	figures->slots = the->currentHeapCount;
	figures->slotsPeak = the->peakHeapCount;
	figures->chunks = the->currentChunksSize;
	figures->chunksPeak = the->peakChunksSize;
	figures->stack = hostStackPeak(the);
	figures->stackSize = (txSize)(the->stackTop - the->stackBottom);
	figures->block = (txSize)(block->end - block->start) / WIDTH;
	figures->blockPeak = (txSize)((block->chunksPeak - block->start) + (block->end - block->slotsPeak) / WIDTH);
	figures->tables = (txSize)(((the->keyCount - the->keyOffset) + the->nameModulo + the->symbolModulo + the->aliasCount)
		* sizeof(void*));
}

/*
 * Makes of the root machine what the SDK's linker makes of it: memory that cannot be written. What the language lets a
 * program replace (an object that is not frozen, a `let` that functions share) is copied on the first write; the rest
 * throws when it is written, or stays as it is.
 */
#include "host.h"

/* No property of the instance can be written or deleted, none added. */
static void hostPetrify(txSlot* instance)
{
	txSlot* property;
	for (property = instance->next; property; property = property->next) {
		if (property->kind != XS_ACCESSOR_KIND)
			property->flag |= XS_DONT_SET_FLAG;
		property->flag |= XS_DONT_DELETE_FLAG;
	}
	instance->flag |= XS_DONT_PATCH_FLAG;
}

static txBoolean hostIsFunction(txSlot* internal)
{
	switch (internal->kind) {
	case XS_CALLBACK_KIND:
	case XS_CALLBACK_X_KIND:
	case XS_CODE_KIND:
	case XS_CODE_X_KIND:
		return 1;
	default:
		return 0;
	}
}

/* Kinds whose content is in chunks or hash tables: there is no copying of those on a write. */
static txBoolean hostCannotBeCopied(txSlot* internal)
{
	switch (internal->kind) {
	case XS_MAP_KIND:
	case XS_SET_KIND:
	case XS_WEAK_MAP_KIND:
	case XS_WEAK_SET_KIND:
	case XS_WEAK_REF_KIND:
	case XS_ARRAY_BUFFER_KIND:
	case XS_DATA_VIEW_KIND:
	case XS_TYPED_ARRAY_KIND:
	case XS_PROMISE_KIND:
	case XS_PROXY_KIND:
	case XS_REGEXP_KIND:
		return 1;
	default:
		return internal->kind == XS_CLOSURE_KIND && internal->value.closure->kind == XS_FINALIZATION_REGISTRY_KIND;
	}
}

static void hostPetrifyAsLinked(txMachine* the, txSlot* instance)
{
	txSlot* internal = instance->next;
	if (!internal || !(internal->flag & XS_INTERNAL_FLAG))
		return;
	if (internal->ID == XS_ENVIRONMENT_BEHAVIOR || hostCannotBeCopied(internal)) {
		hostPetrify(instance);
		return;
	}
	if (!hostIsFunction(internal))
		return;
	hostPetrify(instance);
	if (instance->flag & XS_CAN_CONSTRUCT_FLAG) {
		txSlot* property;
		for (property = internal->next; property; property = property->next) {
			if (property->ID == mxID(_prototype) && property->kind == XS_REFERENCE_KIND) {
				hostPetrify(property->value.reference);
				return;
			}
		}
	}
}

typedef void (*Visit)(txMachine* the, txSlot* slot);

static void hostEachSlot(txMachine* the, Visit visit)
{
	txSlot* heap;
	for (heap = the->firstHeap; heap; heap = heap->next) {
		txSlot* slot = heap + 1;
		txSlot* limit = heap->value.reference;
		for (; slot < limit; slot++)
			visit(the, slot);
	}
}

static void hostPetrifySlot(txMachine* the, txSlot* slot)
{
	if (slot->kind == XS_INSTANCE_KIND)
		hostPetrifyAsLinked(the, slot);
	else if (slot->kind == XS_CLOSURE_KIND) {
		/* A variable that holds a function is a constant. */
		txSlot* closure = slot->value.closure;
		if (closure->kind == XS_REFERENCE_KIND && closure->value.reference->next
			&& hostIsFunction(closure->value.reference->next))
			closure->flag |= XS_DONT_SET_FLAG;
	}
}

/* The language's own prototypes and namespaces: what has a slot among the intrinsics. */
static void hostPetrifyBuiltIns(txMachine* the)
{
	txInteger index;
	for (index = 0; index < mxEmptyCodeStackIndex; index++) {
		txSlot* slot = &the->stackTop[-1 - index];
		if (index == mxGlobalStackIndex || index == mxProgramStackIndex || index == mxHostsStackIndex)
			continue;
		if (slot->kind == XS_REFERENCE_KIND)
			hostPetrify(slot->value.reference);
	}
}

void hostFreeze(txMachine* the)
{
	fxCollect(the, XS_COMPACT_FLAG);
	hostPetrifyBuiltIns(the);
	hostEachSlot(the, hostPetrifySlot);
}

static txID hostAliases;

static void hostForgetAlias(txMachine* the, txSlot* slot)
{
	if (slot->kind == XS_CLOSURE_KIND && !(slot->value.closure->flag & XS_DONT_SET_FLAG))
		slot->value.closure->ID = XS_NO_ID;
}

static txBoolean hostIsFrozen(txMachine* the, txSlot* instance)
{
	txSlot* property;
	if (!(instance->flag & XS_DONT_PATCH_FLAG))
		return 0;
	for (property = instance->next; property; property = property->next) {
		if (property->kind == XS_ARRAY_KIND) {
			txSlot* item = property->value.array.address;
			txInteger length = (txInteger)fxGetIndexSize(the, property);
			for (; length > 0; length--, item++)
				if ((item->kind != XS_ACCESSOR_KIND && !(item->flag & XS_DONT_SET_FLAG)) || !(item->flag & XS_DONT_DELETE_FLAG))
					return 0;
		}
		else if (!(property->flag & XS_INTERNAL_FLAG) && ((property->kind != XS_ACCESSOR_KIND
			&& !(property->flag & XS_DONT_SET_FLAG)) || !(property->flag & XS_DONT_DELETE_FLAG)))
			return 0;
	}
	return 1;
}

static void hostNumberAlias(txMachine* the, txSlot* slot)
{
	if (slot->kind == XS_INSTANCE_KIND)
		slot->ID = hostIsFrozen(the, slot) ? XS_NO_ID : ++hostAliases;
	else if (slot->kind == XS_CLOSURE_KIND) {
		txSlot* closure = slot->value.closure;
		if (!(closure->flag & XS_DONT_SET_FLAG) && closure->ID == XS_NO_ID)
			closure->ID = ++hostAliases;
	}
}

/*
 * What is in flash does not move. Without that mark, a copied string or a running function would be taken for a chunk of
 * the machine that collects its garbage, and be moved with those.
 */
static void hostFixSlot(txMachine* the, txSlot* slot)
{
	switch (slot->kind) {
	case XS_STRING_KIND:
		slot->kind = XS_STRING_X_KIND;
		break;
	case XS_BIGINT_KIND:
		slot->kind = XS_BIGINT_X_KIND;
		break;
	case XS_KEY_KIND:
		slot->kind = XS_KEY_X_KIND;
		break;
	case XS_CODE_KIND:
		slot->kind = XS_CODE_X_KIND;
		break;
	case XS_ARRAY_KIND:
		{
			txSlot* item = slot->value.array.address;
			txInteger length = item ? (txInteger)fxGetIndexSize(the, slot) : 0;
			for (; length > 0; length--, item++)
				hostFixSlot(the, item);
		}
		break;
	}
}

/*
 * fxShareMachine numbers what can be copied on a write from 0, which is also its mark for what cannot: the first would be
 * written in place. So it is numbered again, from 1 as the linker does.
 */
void hostShare(txMachine* the)
{
	txSlot* slot;
	fxShareMachine(the);
	hostEachSlot(the, hostFixSlot);
	for (slot = the->stack; slot < the->stackTop; slot++)
		hostFixSlot(the, slot);
	hostAliases = 0;
	hostEachSlot(the, hostForgetAlias);
	hostEachSlot(the, hostNumberAlias);
	the->aliasCount = hostAliases + 1;
}

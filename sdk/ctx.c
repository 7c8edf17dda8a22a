/*
 * A call's own memory, what failed in it, and the check that a function is used in its place.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctx.h"

#define CHUNK_BYTES 4000u /* with malloc's own a little under a page */

struct ctx_chunk {
	struct ctx_chunk *next;
	size_t used, room;
	_Alignas(max_align_t) char bytes[];
};

#define CHUNK_ROOM (CHUNK_BYTES - sizeof(struct ctx_chunk))
#define CHUNKS_IDLE                                                                                                    \
	64u /* that are kept for the next calls: malloc would look for them, and give them back to the machine */

/* ---- Memory ------------------------------------------------------------------------------------------------------ */

static struct ctx_chunk *
chunk_new(struct ctx_chunk *next, size_t room)
{
	struct ctx_chunk *chunk = room == CHUNK_ROOM ? hospes_runtime.idle_chunks : NULL;

	if (chunk != NULL) {
		hospes_runtime.idle_chunks = chunk->next;
		hospes_runtime.idle_chunks_n--;
	} else {
		chunk = malloc(sizeof(*chunk) + room);
	}
	if (chunk == NULL)
		return NULL;
	chunk->next = next;
	chunk->used = 0;
	chunk->room = room;
	return chunk;
}

/* A tool that looks for what is used after its end has to see that end. */
#ifndef __SANITIZE_ADDRESS__
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#endif

static void
chunk_free(struct ctx_chunk *chunk)
{
#ifndef __SANITIZE_ADDRESS__
	if (chunk->room == CHUNK_ROOM && hospes_runtime.idle_chunks_n < CHUNKS_IDLE) {
		chunk->next = hospes_runtime.idle_chunks;
		hospes_runtime.idle_chunks = chunk;
		hospes_runtime.idle_chunks_n++;
		return;
	}
#endif
	free(chunk);
}

size_t
ctx_idle(void)
{
	return hospes_runtime.idle_chunks_n * CHUNK_BYTES;
}

void
ctx_rest(void)
{
	struct ctx_chunk *chunk;

	while ((chunk = hospes_runtime.idle_chunks) != NULL) {
		hospes_runtime.idle_chunks = chunk->next;
		free(chunk);
	}
	hospes_runtime.idle_chunks_n = 0;
}

/* The context lies in its own first chunk, so that a short call costs one malloc. */
struct hospes_ctx *
ctx_new(uint64_t handle)
{
	struct ctx_chunk *chunk = chunk_new(NULL, CHUNK_ROOM);
	struct hospes_ctx *ctx;

	if (chunk == NULL)
		return NULL;
	ctx = (struct hospes_ctx *)(void *)chunk->bytes;
	memset(ctx, 0, sizeof(*ctx));
	chunk->used = (sizeof(*ctx) + _Alignof(max_align_t) - 1) & ~(_Alignof(max_align_t) - 1);
	ctx->handle = handle;
	ctx->confidence = 1;
	ctx->chunks = chunk;
	return ctx;
}

void
ctx_free(struct hospes_ctx **ctx)
{
	struct ctx_chunk *chunk, *next;

	if (*ctx == NULL)
		return;
	for (struct hospes_value *value = (*ctx)->values; value != NULL; value = value->next)
		value_drop(value);
	json_decref((*ctx)->partial);
	for (struct ahead *ahead = (*ctx)->ahead_first, *after; ahead != NULL; ahead = after) {
		after = ahead->next;
		free(ahead);
	}
	free((*ctx)->ops);
	free((*ctx)->scratch);
	for (chunk = (*ctx)->chunks; chunk != NULL; chunk = next) {
		next = chunk->next;
		chunk_free(chunk);
	}
	*ctx = NULL;
}

void *
ctx_alloc(struct hospes_ctx *ctx, size_t size)
{
	struct ctx_chunk *chunk = ctx->chunks;
	size_t need = (size + _Alignof(max_align_t) - 1) & ~(_Alignof(max_align_t) - 1);
	void *ret;

	if (need < size)
		return NULL;
	if (need > CHUNK_BYTES / 4) {
		/* A chunk of its own, behind the one that still has room. */
		struct ctx_chunk *own = chunk_new(chunk->next, need);

		if (own == NULL)
			return NULL;
		own->used = need;
		chunk->next = own;
		return own->bytes;
	}
	if (need > chunk->room - chunk->used) {
		chunk = chunk_new(chunk, CHUNK_ROOM);
		if (chunk == NULL)
			return NULL;
		ctx->chunks = chunk;
	}
	ret = chunk->bytes + chunk->used;
	chunk->used += need;
	return ret;
}

void *
ctx_scratch(struct hospes_ctx *ctx, size_t size)
{
	if (size > ctx->scratch_room) {
		size_t room = size < 256 ? 256 : size + size / 2;
		void *grown = realloc(ctx->scratch, room);

		if (grown == NULL)
			return NULL;
		ctx->scratch = grown;
		ctx->scratch_room = room;
	}
	return ctx->scratch;
}

char *
ctx_copy(struct hospes_ctx *ctx, const void *bytes, size_t len)
{
	char *copy = len == SIZE_MAX ? NULL : ctx_alloc(ctx, len + 1);

	if (copy == NULL)
		return NULL;
	if (len > 0)
		memcpy(copy, bytes, len);
	copy[len] = '\0';
	return copy;
}

char *
ctx_vformat(struct hospes_ctx *ctx, const char *format, va_list args)
{
	va_list again;
	char *text;
	int len;

	va_copy(again, args);
	len = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (len < 0)
		return NULL;
	text = ctx_alloc(ctx, (size_t)len + 1);
	if (text != NULL)
		(void)vsnprintf(text, (size_t)len + 1, format, args);
	return text;
}

/* ---- What failed ------------------------------------------------------------------------------------------------- */

void
ctx_note_failure(struct hospes_ctx *ctx, int status, const char *sentence)
{
	struct ctx_failure *failure;

	ctx->failed = status;
	for (failure = ctx->failures; failure != NULL; failure = failure->next) {
		if (failure->status == status) {
			failure->sentence = sentence;
			return;
		}
	}
	failure = ctx_alloc(ctx, sizeof(*failure));
	if (failure == NULL)
		return;
	*failure = (struct ctx_failure){.status = status, .sentence = sentence, .next = ctx->failures};
	ctx->failures = failure;
}

void
ctx_vfail(struct hospes_ctx *ctx, int status, const char *format, va_list args)
{
	const char *sentence = ctx_vformat(ctx, format, args);

	ctx_note_failure(ctx, status, sentence != NULL ? sentence : "no memory was left to say why");
}

int
ctx_fail(struct hospes_ctx *ctx, int status, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	ctx_vfail(ctx, status, format, args);
	va_end(args);
	return status;
}

const char *
ctx_sentence(const struct hospes_ctx *ctx, int status)
{
	for (const struct ctx_failure *failure = ctx->failures; failure != NULL; failure = failure->next) {
		if (failure->status == status)
			return failure->sentence;
	}
	return NULL;
}

/* ---- Used in its place? ------------------------------------------------------------------------------------------ */

static int
ctx_check_current(const struct hospes_ctx *ctx, const char *function)
{
	if (ctx == hospes_runtime.current)
		return 0;
	return ctx_fail(hospes_runtime.current, HOSPES_EWRONGPLACE,
	    "%s was given %s; give it the context that this handler was called with", function,
	    ctx == NULL ? "no context" : "the context of another call");
}

int
ctx_check(const struct hospes_ctx *ctx, const char *function)
{
	return hospes_runtime.current == NULL ? HOSPES_EWRONGPLACE : ctx_check_current(ctx, function);
}

int
ctx_check_op(const struct hospes_ctx *ctx, const char *function)
{
	if (hospes_runtime.current != NULL)
		return ctx_check_current(ctx, function);
	hospes_rt_not_in_call(function);
	return HOSPES_ENOTINCALL;
}

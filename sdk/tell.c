/*
 * Telling those who watch: log lines and progress.  Neither has an ordinal: a replay does not repeat them.
 *
 * Both leave at once and do not wait for others as ops do.  The line that matters most is the last one before a call
 * loops, is killed for its memory or crashes, and whoever kills a cell does not ask it for what it still had to say; and
 * progress that waits until the work is done is none.  It costs a system call a line, and lines are bounded.
 */

#include <stdio.h>
#include <string.h>

#include "ctx.h"

/* A line, one byte more to see whether the cut falls into a character, and the zero. */
#define TELL_ROOM (WIRE_LOG_MAX + 2)

/* Formats one line of at most WIRE_LOG_MAX bytes; a longer one is cut between characters.  Returns its length. */
static size_t __attribute__((format(printf, 2, 0))) tell_format(char line[TELL_ROOM], const char *format, va_list args)
{
	int len = vsnprintf(line, TELL_ROOM, format, args);
	size_t end = len < 0 ? 0 : (size_t)len;

	if (end <= WIRE_LOG_MAX)
		return end;
	end = WIRE_LOG_MAX;
	while (end > WIRE_LOG_MAX - 4 && ((unsigned char)line[end] & 0xc0) == 0x80)
		end--;
	return end;
}

static void
tell_line(hospes_ctx *ctx, enum hospes_level level, const char *line, size_t len)
{
	static const char last[] = "this call has logged 64 KiB; its further lines are dropped";
	struct iovec part = {(void *)line, len};

	if (ctx->logged > CTX_LOG_MOST)
		return;
	ctx->logged += len;
	if (ctx->logged > CTX_LOG_MOST) {
		part = (struct iovec){(void *)last, sizeof(last) - 1};
		level = HOSPES_WARN;
	}
	(void)runtime_send(ctx, WIRE_LOG, WIRE_NO_ORDINAL, (int32_t)level, &part, 1);
	runtime_flush();
}

void
tell_refused(struct hospes_ctx *ctx, const char *name)
{
	char line[128];
	int len =
	    snprintf(line, sizeof(line), WIRE_REFUSED "%s (a cell has no files, network, processes, timers or new code)", name);

	tell_line(ctx, HOSPES_WARN, line, (size_t)len);
}

void
hospes_log(hospes_ctx *ctx, enum hospes_level level, const char *format, ...)
{
	char line[TELL_ROOM];
	va_list args;
	size_t len;

	if (ctx_check(ctx, "hospes_log") != 0 || ctx->logged > CTX_LOG_MOST)
		return;
	va_start(args, format);
	len = tell_format(line, format, args);
	va_end(args);
	if (level < HOSPES_DEBUG || level > HOSPES_ERROR)
		level = HOSPES_INFO;
	tell_line(ctx, level, line, len);
}

void
hospes_progress(hospes_ctx *ctx, double done, const char *format, ...)
{
	char line[TELL_ROOM];
	struct iovec parts[] = {{.iov_base = &done, .iov_len = sizeof(done)}, {.iov_base = line}};
	va_list args;

	if (ctx_check(ctx, "hospes_progress") != 0)
		return;
	/* Written so that a NaN is "nobody knows". */
	done = done > 1 ? 1 : done >= 0 ? done : -1;
	if (format != NULL) {
		va_start(args, format);
		parts[1].iov_len = tell_format(line, format, args);
		va_end(args);
	}
	(void)runtime_send(ctx, WIRE_PROGRESS, WIRE_NO_ORDINAL, 0, parts, 2);
	runtime_flush();
}

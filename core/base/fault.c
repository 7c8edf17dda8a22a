/*
 * Faults: setting and passing them on, and what the statuses are called.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/fault.h"
#include "base/util.h"

/* A sentence that was cut in the middle of a character would make the whole reply that carries it invalid. */
static void
cut_at_character(char *text, size_t len)
{
	while (len > 0 && ((unsigned char)text[len - 1] & 0xc0) == 0x80)
		len--;
	if (len > 0 && (unsigned char)text[len - 1] >= 0xc0)
		len--;
	text[len] = '\0';
}

/* What it quotes may be cut in the middle of a character (%.60s), or have been no text from the start. */
static void
make_text(char *text)
{
	if (utf8_valid(text, strlen(text)))
		return;
	for (char *c = text; *c != '\0'; c++)
		if ((unsigned char)*c >= 0x80)
			*c = '?';
}

int
fault_setv(struct fault *fault, int status, const char *format, va_list args)
{
	char text[FAULT_TEXT]; /* the arguments may point into the fault itself */
	int len;

	if (fault == NULL)
		return status;
	len = vsnprintf(text, sizeof text, format, args);
	if (len < 0)
		text[0] = '\0';
	else if ((size_t)len >= sizeof text)
		cut_at_character(text, sizeof text - 1);
	make_text(text);
	fault->status = status;
	memcpy(fault->text, text, sizeof text);
	return status;
}

int
fault_set(struct fault *fault, int status, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fault_setv(fault, status, format, args);
	va_end(args);
	return status;
}

static int
status_of_errno(int error)
{
	switch (error) {
	case ENOSPC:
	case EDQUOT:
		return HOSPES_EDISK;
	case ENOMEM:
		return HOSPES_ENOMEM;
	default:
		return HOSPES_EIO;
	}
}

int
fault_errno(struct fault *fault, int error, const char *format, ...)
{
	char what[FAULT_TEXT], reason[128];
	va_list args;

	va_start(args, format);
	if (vsnprintf(what, sizeof what, format, args) < 0)
		what[0] = '\0';
	va_end(args);
	return fault_set(fault, status_of_errno(error), "%s: %s", what, strerror_r(error, reason, sizeof reason));
}

int
fault_prefix(struct fault *fault, const char *format, ...)
{
	char what[FAULT_TEXT];
	va_list args;

	if (fault == NULL)
		return HOSPES_EBUG; /* the status is not known here; whoever allows NULL keeps it */
	va_start(args, format);
	if (vsnprintf(what, sizeof what, format, args) < 0)
		what[0] = '\0';
	va_end(args);
	return fault_set(fault, fault->status, "%s: %s", what, fault->text);
}

static const struct {
	int number;
	const char *name;
} statuses[] = {
#define STATUS_ROW(symbol, number, name) {number, name},
    HOSPES_STATUSES(STATUS_ROW)
#undef STATUS_ROW
};

const char *
status_name(int status)
{
	if (status == HOSPES_OK)
		return "ok";
	for (size_t i = 0; i < ARRAY_LEN(statuses); i++)
		if (statuses[i].number == status)
			return statuses[i].name;
	return "unknown";
}

int
status_number(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(statuses); i++)
		if (strcmp(statuses[i].name, name) == 0)
			return statuses[i].number;
	return 0;
}

const char *
status_hint(int status)
{
	switch (status) {
	case HOSPES_ENOAGENT:
		return "`hospes agents` lists what is active; a new plugin goes into a plugin folder";
	case HOSPES_ENORUN:
		return "`hospes ps --all` lists the runs that are known";
	case HOSPES_ENOVERSION:
		return "`hospes versions NAME` lists the versions in the store";
	case HOSPES_EPOISON:
		return "`hospes show RUN` tells how its cell ended; `hospes test` runs the plugin with its cases";
	case HOSPES_ESTUCK:
		return "split the computation, or let it yield by an op now and then";
	case HOSPES_ENONDET:
		return "`hospes test` finds what differs between two executions of the handler";
	case HOSPES_EPERM:
		return "a plugin needs what it declares in its notes, and a grant under `grants` in the configuration";
	case HOSPES_EDEADLINE:
		return "give the run more time (--wall, `run.wall`), or do less";
	case HOSPES_EDEPTH:
		return "raise `run.depth` in the configuration, or call nearer the root";
	case HOSPES_EBUDGET:
		return "give the run a larger budget (--calls, `run.calls`), or share it out differently";
	case HOSPES_EBUSY:
	case HOSPES_ERATE:
		return "try again later, or raise the limit in the configuration";
	case HOSPES_EGROUND:
		return "`hospes show RUN` tells which claims failed and why; `grounding` in the configuration says who "
		       "is checked";
	case HOSPES_EDEADLOCK:
		return "break the circle: raise what they wait for (`limits`, `cells.per_version`, `cells.fibers`), or "
		       "ask for less at once";
	case HOSPES_EREJECTED:
		return "`hospes show RUN` and `hospes reviews --all` tell who decided, and why";
	case HOSPES_EUNKNOWN:
		return "look at the other side before doing it again";
	case HOSPES_EABI:
		return "build the plugin against the SDK of this host";
	case HOSPES_EVERSION:
		return "give the changed plugin a new version number";
	case HOSPES_EFOLDER:
		return "take the write permission of group and others away from the folder";
	case HOSPES_EINUSE:
		return "stop the other host, or use another state directory";
	case HOSPES_EDISK:
		return "make room on the disk that holds the state directory, then start the host again";
	case HOSPES_EDAMAGED:
		return "put the state directory back from a backup; nothing was changed";
	case HOSPES_ESANDBOX:
		return "`hospes doctor` tells which layer is missing and why";
	case HOSPES_ENOHOST:
		return "start one with `hospes dev`, or name its socket with --socket";
	default:
		return "";
	}
}

/* What all proofs share: telling a row, surviving a signal; see proof.h. */

#include "cell/guest/proof.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cell/guest/fatal.h"

void
proof_open(struct proof *proof, const struct wire_setup *setup, const struct sandbox_profile *profile,
    const struct wire_page *page)
{
	*proof = (struct proof){.kind = (enum proof_kind)setup->proof,
	    .told = json_array(),
	    .setup = setup,
	    .profile = profile,
	    .parent = getppid(),
	    .abstract_fd = -1};
	/* Without a root of our own it is where the host says. */
	snprintf(proof->bait, sizeof(proof->bait), "%.*s", (int)sizeof(proof->bait) - 1, page->report);
}

void
proof_tell(struct proof *proof, enum try_id id, bool refused, const char *format, ...)
{
	char name[96], found[256];
	va_list args;

	va_start(args, format);
	vsnprintf(found, sizeof(found), format, args);
	va_end(args);
	snprintf(name, sizeof(name), "%s.%s", tries[id].layer, tries[id].name);
	json_array_append_new(
	    proof->told, json_pack("{s:s s:b s:s}", "name", name, "refused", refused, "found", found));
}

void
proof_tell_error(struct proof *proof, enum try_id id, long rc, int error, int expected, int or_this)
{
	bool refused = rc < 0 && (expected == 0 || error == expected || error == or_this);
	const char *name = strerrorname_np(error);

	proof_tell(proof, id, refused, "%s", rc >= 0 ? "it worked" : name == NULL ? "an unknown error" : name);
}

void
proof_tell_call(struct proof *proof, enum try_id id, long rc, int error)
{
	proof_tell_error(proof, id, rc, error, 0, 0);
}

/* ---- Signals ----------------------------------------------------------------------------------------------------- */

static sigjmp_buf back;

static void
on_signal(int number, siginfo_t *info, void *context)
{
	if (number != SIGSYS || !fatal_refuse(info, context))
		siglongjmp(back, number);
}

int
proof_caught(void (*act)(void *arg), void *arg)
{
	static bool installed;
	struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK};
	int caught;

	/* While serving this is refused, and not needed any more. */
	if (!installed) {
		sigaction(SIGSEGV, &action, NULL);
		sigaction(SIGSYS, &action, NULL);
		installed = true;
	}
	caught = sigsetjmp(back, 1);
	if (caught == 0)
		act(arg);
	return caught;
}

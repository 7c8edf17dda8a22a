/*
 * Damage that LMDB does not notice by itself.
 *
 * LMDB trusts its file: a page that says that its entries lie where nothing is mapped is followed there, and an assertion
 * of its own ends in abort().  Both are made a sentence that says what to do.  A fault of memory outside of LMDB's calls is
 * left to whoever handled it before.
 */

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "base/log.h"
#include "store/state.h"

/* A handler is told nothing, so these are nobody's. */
static _Thread_local volatile sig_atomic_t inside;
static struct sigaction before_segv, before_bus;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static const char sentence[] =
    "error: damaged: the store (store/data.mdb in the state directory) has a page that makes no sense\n"
    "hint: restore the state directory from a backup, or, when the journal is there from its beginning, move the "
    "store's "
    "folder away and start again\n";

void
store_enter(void)
{
	inside = 1;
}

void
store_leave(void)
{
	inside = 0;
}

static void
on_fault(int sig)
{
	if (inside)
		_exit(write(STDERR_FILENO, sentence, sizeof sentence - 1) < 0 ? 2 : 1);
	/* Happens again at once, and is whose it was. */
	sigaction(sig, sig == SIGBUS ? &before_bus : &before_segv, NULL);
}

static void
install(void)
{
	struct sigaction action = {.sa_handler = on_fault, .sa_flags = SA_ONSTACK};

	sigemptyset(&action.sa_mask);
	sigaction(SIGSEGV, &action, &before_segv);
	sigaction(SIGBUS, &action, &before_bus);
}

static void
on_assert(MDB_env *env, const char *message)
{
	(void)env;
	log_error("the host stops: its store is damaged; restore the state directory from a backup",
	    LOG_S("code", status_name(HOSPES_EDAMAGED)), LOG_S("reason", message));
	_exit(1);
}

int
store_guard(MDB_env *env)
{
	pthread_once(&once, install);
	return mdb_env_set_assert(env, on_assert);
}

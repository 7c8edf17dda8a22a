/*
 * Damage that LMDB does not notice by itself.
 *
 * LMDB trusts its file: a page that says that its entries lie where there is no map is followed there, and an assertion of
 * its own ends in abort().  Both are made a sentence that says what to do.  A fault of memory anywhere else is left to
 * whoever handled it before.
 */

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "store/state.h"

#define REACH ((uintptr_t)4 << 30) /* an entry says with 32 bits how large it is */
#define MAPS  8u

/* A handler is told nothing but the address. */
static struct {
	_Atomic uintptr_t from, to;
} maps[MAPS];
static struct sigaction before_segv, before_bus;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static const char sentence[] =
    "error: damaged: the store (store/data.mdb in the state directory) has a page that makes no sense\n"
    "hint: restore the state directory from a backup, or, when the journal is there from its beginning, move the "
    "store's "
    "folder away and start again\n";

static void
on_fault(int sig, siginfo_t *info, void *context)
{
	uintptr_t at = (uintptr_t)info->si_addr;

	(void)context;
	for (size_t i = 0; i < MAPS; i++)
		if (at >= atomic_load(&maps[i].from) && at < atomic_load(&maps[i].to)) {
			if (write(STDERR_FILENO, sentence, sizeof sentence - 1) < 0)
				_exit(2);
			_exit(1);
		}
	/* Happens again at once, and is whose it was. */
	sigaction(sig, sig == SIGBUS ? &before_bus : &before_segv, NULL);
}

static void
install(void)
{
	struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};

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
	MDB_envinfo info;
	int rc = mdb_env_info(env, &info);

	if (rc == MDB_SUCCESS)
		rc = mdb_env_set_assert(env, on_assert);
	if (rc != MDB_SUCCESS)
		return rc;
	pthread_once(&once, install);
	for (size_t i = 0; i < MAPS; i++) {
		uintptr_t none = 0;

		if (!atomic_compare_exchange_strong(&maps[i].to, &none, 1))
			continue;
		atomic_store(&maps[i].from, (uintptr_t)info.me_mapaddr);
		atomic_store(&maps[i].to, (uintptr_t)info.me_mapaddr + info.me_mapsize + REACH);
		break;
	}
	return MDB_SUCCESS;
}

void
store_unguard(MDB_env *env)
{
	MDB_envinfo info;

	if (mdb_env_info(env, &info) != MDB_SUCCESS)
		return;
	for (size_t i = 0; i < MAPS; i++)
		if (atomic_load(&maps[i].from) == (uintptr_t)info.me_mapaddr && atomic_load(&maps[i].from) != 0) {
			atomic_store(&maps[i].from, 0);
			atomic_store(&maps[i].to, 0);
			break;
		}
}

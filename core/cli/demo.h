/*
 * hospes demo: a tour of what the host promises, each scene with a host of its own and a verdict from its journal.
 *
 *   demo.c      the table of scenes and the command     demo_host.c  a scene's host, its runs, what the journal says of them
 *   demo_*.c    one scene a file
 *
 * A scene plays with agents that come with Hospes or, where one is given, with the user's own .so in the leading part.
 */

#ifndef CLI_DEMO_H
#define CLI_DEMO_H

#include <sys/types.h>

#include "base/buf.h"
#include "cli/client.h"
#include "cli/command.h"
#include "cli/private_host.h"

#define DEMO_FILES 8 /* plugins of one scene */

struct demo {
	const struct cli *cli;
	const char *so;      /* the user's own plugin, or NULL */
	char *name, *semver; /* what its notes say */
	json_t *input;       /* for it */
	const char *question;
	const char *sources; /* a folder or file of documents */
	struct private_host_options options;
	const char *files[DEMO_FILES + 2];
	char *made[DEMO_FILES];
	struct private_host *host;
	struct client *client;
	bool host_killed; /* by demo_kill_host, and not started again */
};

/*
 * Plays: says on stdout what it does (demo_say) and ends with the verdict, one line, in `verdict`.  0: the promise was kept;
 * HOSPES_EFAILED: it was not, and the verdict says what was found; anything else: it could not be played, see the fault.
 */
typedef int demo_play(struct demo *d, struct buf *verdict, struct fault *fault);
demo_play demo_kill, demo_crash, demo_loop, demo_lie, demo_swap, demo_break_in, demo_budget, demo_review, demo_poll;

void demo_say(const struct demo *d, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- demo_host.c ---- */

/* A host with all installed plugins, the user's own and, from lib/hospes/demo, those named (NULL at the end).  `config` is the
 * text of its configuration, "" for none. */
int demo_start(struct demo *d, const char *const *plugins, const char *config, struct fault *fault);
void demo_stop(struct demo *d);
void demo_breathe(void); /* a moment between two looks */

/* The path of a plugin that came with Hospes for the tour; allocated. */
char *demo_plugin(const char *name);

/* Copies bytes into the folder of the host as NAME.so and waits until that version is active. */
int demo_drop(struct demo *d, const char *name, const char *semver, const void *bytes, size_t len, struct fault *fault);

/* Loads the documents into the space "demo". */
int demo_load(struct demo *d, struct fault *fault);

/* Runs `plugin` (taken over: input, sources, and what else `more` has of a request) to its end.  `seen` is told the run
 * as it has started, then each event as it comes, and may do something about it; NULL: nobody looks.  *run is the run as the
 * API shows it. */
typedef void demo_seen(struct demo *d, const json_t *event, void *arg);
int demo_run(struct demo *d, const char *plugin, json_t *input, json_t *more, demo_seen *seen, void *arg, json_t **run,
    struct fault *fault);

/* kill -9 of the host, from a `demo_seen`: demo_run starts it again and goes on.  False: it could not be hit. */
bool demo_kill_host(struct demo *d);
int demo_start_again(struct demo *d, struct fault *fault); /* the same for who waits for its run otherwise */

/* Every record of a run; new reference. */
int demo_journal(struct demo *d, const json_t *run, json_t **ret, struct fault *fault);

/* The first record where `key` is `value`, borrowed; how many there are. */
const json_t *demo_record(const json_t *records, const char *key, const char *value);
size_t demo_count(const json_t *records, const char *key, const char *value);

/* How many ops were asked for a second time: that have two outcomes, or an effect that was begun twice. */
size_t demo_repeated(const json_t *records);

/* A request's "sources": the space of demo_load. */
json_t *demo_sources(void);

/* Sends a signal to one cell of a plugin; its pid, 0 when it had none. */
pid_t demo_signal_cell(struct demo *d, const char *plugin, int signal);

#endif

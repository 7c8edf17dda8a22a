/* hospes memory load: files and folders become documents of a space. */

#include "config.h"

#include <string.h>

#include "base/clock.h"
#include "base/util.h"
#include "cli/client.h"
#include "cli/memory.h"
#include "cli/sources.h"

#define TELL_EACH_NS (100 * NS_PER_MS)

struct loading {
	int64_t began_ns, told_ns;
};

static double
megabytes(uint64_t bytes)
{
	return (double)bytes / 1e6;
}

static void
tell(const struct source_counts *now, void *arg)
{
	struct loading *l = arg;
	int64_t at = clock_mono_ns();
	double seconds = (double)(at - l->began_ns) / (double)NS_PER_S;

	if (at - l->told_ns < TELL_EACH_NS)
		return;
	l->told_ns = at;
	fprintf(stderr, "\r%zu of %zu files, %.1f of %.1f MB, %.0f MB/s\033[K", now->files, now->of_files,
	    megabytes(now->bytes), megabytes(now->of_bytes), seconds > 0 ? megabytes(now->bytes) / seconds : 0);
}

static void
summary(const struct cli *cli, struct source_set *s, const char *space, double seconds)
{
	size_t n = source_set_count(s), skipped = source_set_skipped(s);
	uint64_t bytes = source_set_bytes(s);

	if (cli->json) {
		json_t *all = json_pack("{s:s, s:I, s:I, s:I, s:I, s:f}", "space", space, "documents", (json_int_t)n,
		    "new", (json_int_t)source_set_sent(s), "bytes", (json_int_t)bytes, "skipped", (json_int_t)skipped,
		    "seconds", seconds);

		cli_json(cli, all);
		json_decref(all);
		return;
	}
	printf("%zu document%s, %zu of them new, %.1f MB in %.1f s (%.0f MB/s)", n, n == 1 ? "" : "s",
	    source_set_sent(s), megabytes(bytes), seconds, megabytes(bytes) / seconds);
	if (skipped > 0)
		printf(", %zu skipped", skipped);
	putchar('\n');
}

int
memory_load_command(struct cli *cli)
{
	bool live = cli->err_terminal && !cli->json;
	struct loading loading = {.began_ns = clock_mono_ns()};
	struct source_progress progress = {.tell = tell, .arg = &loading};
	_cleanup_(client_close) struct client *client = NULL;
	_cleanup_(source_set_free) struct source_set *s = NULL;
	struct fault fault;
	int rc = client_open(&client, cli->socket, &fault);

	if (rc == 0)
		rc = source_set_load(
		    &s, cli->args + 1, cli->n_args - 1, client, cli->args[0], live ? &progress : NULL, &fault);
	if (live)
		fputs("\r\033[K", stderr);
	if (rc != 0)
		return cli_fail(cli, &fault);
	source_set_tell(s, stderr);
	summary(cli, s, cli->args[0], (double)(clock_mono_ns() - loading.began_ns) / (double)NS_PER_S);
	return CLI_OK;
}

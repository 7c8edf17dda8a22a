/* Scene: a liar changes a word in a quote.  Its brief is refused, and both texts are shown. */

#include "config.h"

#include <string.h>

#include "base/json.h"
#include "base/util.h"
#include "cli/demo.h"
#include "cli/text.h"

#define SHOWN 100 /* columns of each text */

/* The first finding that has both texts. */
static const json_t *
first_lie(const json_t *findings)
{
	const json_t *finding;
	size_t i;

	json_array_foreach(findings, i, finding)
	{
		if (cli_text(finding, "quote")[0] != '\0' && cli_text(finding, "found")[0] != '\0')
			return finding;
	}
	return NULL;
}

/* The place where two texts part, with what stands before and after it. */
static char *
around(const char *text, size_t parting)
{
	size_t from = parting > SHOWN / 2 ? parting - SHOWN / 2 : 0;

	while (from > 0 && text[from - 1] != ' ')
		from--;
	return text_shortened(text + from, SHOWN);
}

static int
judge(struct demo *d, const json_t *run, const json_t *records, struct buf *verdict)
{
	const json_t *refusal = demo_record(records, "guard", "grounding"), *lie;
	_cleanup_(free_p) char *said = NULL, *found = NULL;

	if (refusal == NULL) {
		buf_printf(verdict, "nothing was refused; the run ended as %s", cli_text(run, "status"));
		return d->so != NULL && strcmp(cli_text(run, "status"), "ok") == 0 ? 0 : HOSPES_EFAILED;
	}
	lie = first_lie(json_object_get(refusal, "body"));
	if (lie != NULL) {
		_cleanup_(free_p) char *quote = text_in_a_line(cli_text(lie, "quote"));
		_cleanup_(free_p) char *truth = text_in_a_line(cli_text(lie, "found"));
		size_t parting = 0;

		while (quote[parting] != '\0' && quote[parting] == truth[parting])
			parting++;
		said = around(quote, parting);
		found = around(truth, parting);
		demo_say(d, "the agent quotes: %s", said);
		demo_say(d, "%s has: %s",
		    cli_text(lie, "document")[0] != '\0' ? cli_text(lie, "document") : "the document", found);
	}
	buf_printf(verdict, "refused as %s: %.*s", cli_text(run, "status"),
	    (int)strcspn(cli_text(refusal, "message"), ";"), cli_text(refusal, "message"));
	return json_object_get(run, "result") == NULL && (lie != NULL || d->so != NULL) ? 0 : HOSPES_EFAILED;
}

int
demo_lie(struct demo *d, struct buf *verdict, struct fault *fault)
{
	static const char *const plugins[] = {"demo-liar", NULL};
	_cleanup_(json_p) json_t *run = NULL, *records = NULL;
	_cleanup_(free_p) char *config =
	    d->so == NULL ? xstrdup("") : xasprintf("grounding: { %s: { checks = [ \"quotes\" ]; }; };\n", d->name);
	int rc = demo_start(d, d->so != NULL ? NULL : plugins, config, fault);

	if (rc == 0)
		rc = demo_load(d, fault);
	if (rc != 0)
		return rc;
	if (d->so == NULL) {
		demo_say(d, "write 99.0.0 is dropped: it composes the brief, and changes a word in the last quote");
		json_decref(d->input);
		d->input = json_pack("{s:s}", "question", d->question);
	}
	rc = demo_run(d, d->so != NULL ? d->name : "supervisor", json_incref(d->input),
	    json_pack("{s:[s]}", "sources", "demo"), NULL, NULL, &run, fault);
	if (rc == 0)
		rc = demo_journal(d, run, &records, fault);
	return rc != 0 ? rc : judge(d, run, records, verdict);
}

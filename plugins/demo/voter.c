/*
 * demo-voter-1 to -5 and demo-chair: who votes in the scene of the poll, built from this file with what each is like.
 *
 *   1  says yes                          4  never answers
 *   2  thinks before it says no          5  abstains
 *   3  crashes                           the chair is for the first of what it is asked about
 */

#include <hospes.h>

#ifndef WHO
#define WHO  0
#define NAME "demo-chair"
#endif

#define MS INT64_C(1000000)

static int *volatile nowhere;

static int
vote(hospes_ctx *ctx)
{
	json_t *options = json_object_get(hospes_json(hospes_input(ctx)), "options");
	json_t *choice = json_array_get(options, WHO == 2 ? 1 : 0);
	int rc = 0;

	if (WHO == 2)
		rc = hospes_sleep(ctx, 2000 * MS);
	if (WHO == 3)
		*nowhere = 1;
	if (WHO == 4)
		rc = hospes_sleep(ctx, 3600 * 1000 * MS);
	if (rc != 0)
		return rc;
	return hospes_reply(ctx, json_pack("{s:O}", "choice", WHO == 5 ? json_null() : choice));
}

HOSPES_AGENT(NAME, "1.0.0", "Votes in the tour", vote)

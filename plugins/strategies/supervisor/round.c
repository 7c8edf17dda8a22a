/* One fan-out over tasks: findings are taken in as they come, what failed is kept for another try. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/need.h"
#include "supervisor.h"

#define NAMES_TOLD 3 /* documents of a failed task */

static json_t *
input_of(const struct work *work, const struct task *task, bool terms)
{
	json_t *digests = json_array(), *input, *list;
	const char *term;
	json_t *yes;

	for (size_t i = 0; i < task->n; i++)
		json_array_append_new(digests, json_string(task->sources[i]->digest));
	input = json_pack("{s:s s:o s:I}", "question", work->text, "documents", digests, "most",
	    (json_int_t)(work->points + work->points / 2));
	if (!terms || json_object_size(work->terms) == 0)
		return input;
	list = json_array();
	json_object_foreach(work->terms, term, yes) json_array_append_new(list, json_string(term));
	json_object_set_new(input, "terms", list);
	return input;
}

/* The same place found twice counts once: the better one, or the later one, who knew more. */
static void
take_finding(struct work *work, json_t *finding)
{
	double covers = json_number_value(json_object_get(finding, "covers"));
	const char *digest = json_string_value(json_object_get(finding, "digest"));
	const json_t *there;
	char place[128];
	size_t at;

	if (digest == NULL || !json_is_string(json_object_get(finding, "quote")))
		return;
	snprintf(place, sizeof(place), "%.64s %lld", digest,
	    (long long)json_integer_value(json_object_get(finding, "from")));
	if (covers > work->coverage)
		work->coverage = covers;
	there = json_object_get(work->seen, place);
	if (there == NULL) {
		json_object_set_new(work->seen, place, json_integer((json_int_t)json_array_size(work->findings)));
		json_array_append(work->findings, finding);
		return;
	}
	at = (size_t)json_integer_value(there);
	if (json_number_value(json_object_get(finding, "score")) >=
	    json_number_value(json_object_get(json_array_get(work->findings, at), "score")))
		json_array_set(work->findings, at, finding);
}

static void
take_answer(struct work *work, const struct task *task, const hospes_answer *answer)
{
	const json_t *reply = hospes_json(answer->value), *findings = json_object_get(reply, "findings");
	const json_t *terms = json_object_get(reply, "terms"), *term;
	size_t i;

	for (i = 0; i < json_array_size(findings); i++)
		take_finding(work, json_array_get(findings, i));
	for (i = 0; (term = json_array_get(terms, i)) != NULL; i++)
		if (json_is_string(term))
			json_object_set_new(work->terms, json_string_value(term), json_true());
	work->documents += task->n;
}

static void
take_failure(struct work *work, struct task *task, const hospes_answer *answer)
{
	task->failed = answer;
	work->again = need(realloc(work->again, (work->again_n + task->n) * sizeof(*work->again)));
	memcpy(work->again + work->again_n, task->sources, task->n * sizeof(*work->again));
	work->again_n += task->n;
}

int
round_run(struct work *work, struct task *tasks, size_t n, bool terms)
{
	hospes_group *group = hospes_group_new(work->ctx, hospes_config_int(work->ctx, "at_once"));
	const hospes_answer *answer;
	size_t got = 0;

	for (size_t i = 0; i < n; i++)
		hospes_group_add(group, "cap:find.passages",
		    hospes_value_json(work->ctx, input_of(work, &tasks[i], terms)), &tasks[i]);
	while ((answer = hospes_group_next(group)) != NULL) {
		struct task *task = answer->tag;

		if (answer->status == 0)
			take_answer(work, task, answer);
		else
			take_failure(work, task, answer);
		got++;
		hospes_progress(work->ctx, 0.8 * (double)got / (double)n, "%zu of %zu groups", got, n);
	}
	return got < n ? hospes_status(work->ctx) : 0; /* cancelled, or out of time */
}

/* "GPL-2, BSD, Artistic and 3 more" */
static void
tell_names(const struct task *task, char *out, size_t room)
{
	size_t len = 0;

	for (size_t i = 0; i < task->n && i < NAMES_TOLD && len < room; i++)
		len +=
		    (size_t)snprintf(out + len, room - len, "%s%.100s", i > 0 ? ", " : "", task->sources[i]->document);
	if (task->n > NAMES_TOLD && len < room)
		snprintf(out + len, room - len, " and %zu more", task->n - NAMES_TOLD);
}

void
task_gave_up(struct work *work, const struct task *task)
{
	const hospes_answer *answer = task->failed;
	char names[512] = "", who[640];

	tell_names(task, names, sizeof(names));
	snprintf(who, sizeof(who), "%s for %s", answer->who, names);
	hospes_partial(work->ctx, answer);
	hospes_log(work->ctx, HOSPES_WARN, "%s: %s", who, answer->message);
	json_array_append_new(work->failed, json_pack("{s:s s:s s:s}", "who", who, "code",
						hospes_status_name(answer->status), "message", answer->message));
}

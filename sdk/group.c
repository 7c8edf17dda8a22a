/*
 * Groups: a bounded fan-out that shares out the budget.
 *
 * Adding only queues.  Members start in the order in which they were added while fewer than `at_once` are open, when
 * hospes_group_next is entered and when it has taken an answer.  Both are points in the handler's own order, so a replay
 * starts the same ones.
 *
 * Each member tells the host how many have not been started yet, itself included, and gets that part of the calls that are
 * left to the caller: the first cannot use up what the last needs, and what one leaves over those after it get.  That is
 * why none starts at the add: nobody knows then how many there will be.
 */

#include <string.h>

#include "ctx.h"

struct member {
	struct member *next;
	const char *target;
	const struct hospes_value *input;
	hospes_options options;
	void *tag;
};

struct hospes_group {
	struct hospes_ctx *ctx;
	struct hospes_group *next; /* of the call */
	size_t at_once;
	struct member *pending, **pending_last;
	uint32_t pending_n;
	struct hospes_op **open; /* those whose answers were not taken yet */
	size_t open_n, open_room;
};

hospes_group *
hospes_group_new(hospes_ctx *ctx, int64_t at_once)
{
	struct hospes_group *group;

	if (ctx_check_op(ctx, "hospes_group_new") != 0)
		return NULL;
	group = ctx_alloc(ctx, sizeof(*group));
	if (group == NULL) {
		(void)ctx_fail(ctx, HOSPES_ENOMEM, "no memory is left in the cell for a group");
		return NULL;
	}
	*group = (struct hospes_group){.ctx = ctx, .next = ctx->groups};
	group->at_once = at_once > 0 && at_once < INT32_MAX ? (size_t)at_once : INT32_MAX;
	group->pending_last = &group->pending;
	ctx->groups = group;
	return group;
}

/* Is it a group of the running call?  The pointer is not looked into.  0 or a status. */
static int
group_check(const struct hospes_group *group, const char *function)
{
	struct hospes_ctx *ctx = hospes_runtime.current;

	if (ctx == NULL)
		return ctx_check_op(NULL, function);
	for (const struct hospes_group *mine = ctx->groups; mine != NULL; mine = mine->next) {
		if (mine == group)
			return 0;
	}
	return ctx_fail(ctx, HOSPES_EWRONGPLACE, "%s was given what is no group of this call", function);
}

static bool
group_reserve(struct hospes_group *group)
{
	size_t room = group->open_room == 0 ? 16 : group->open_room * 2;
	struct hospes_op **open;

	if (group->open_n < group->open_room)
		return true;
	open = ctx_alloc(group->ctx, room * sizeof(*open));
	if (open == NULL)
		return false;
	if (group->open_n > 0)
		memcpy(open, group->open, group->open_n * sizeof(*open));
	group->open = open;
	group->open_room = room;
	return true;
}

/* How many share what is left.  The host takes no greater number. */
static uint32_t
group_sharers(const struct hospes_group *group)
{
	return group->pending_n < WIRE_SHARERS_MAX ? group->pending_n : WIRE_SHARERS_MAX;
}

/* Starts pending members while there is room; 0 or HOSPES_ENOMEM. */
static int
group_start(struct hospes_group *group)
{
	while (group->pending != NULL && group->open_n < group->at_once) {
		struct member *member = group->pending;
		struct hospes_op *op;

		if (!group_reserve(group))
			return ctx_fail(group->ctx, HOSPES_ENOMEM, "no memory is left in the cell for the group");
		op = call_start(group->ctx, member->target, member->input, &member->options, group_sharers(group));
		if (op == NULL)
			return HOSPES_ENOMEM;
		op->answer.tag = member->tag;
		group->open[group->open_n++] = op;
		group->pending = member->next;
		group->pending_n--;
		if (group->pending == NULL)
			group->pending_last = &group->pending;
	}
	return 0;
}

/* The options as they stand now, with texts of their own; false when out of memory. */
static bool
group_keep_options(struct hospes_ctx *ctx, const hospes_options *given, hospes_options *kept)
{
	const char **texts[] = {&kept->version, &kept->key, &kept->effect};

	*kept = (hospes_options){.size = sizeof(*kept)};
	if (given == NULL)
		return true;
	memcpy(kept, given, given->size < sizeof(*kept) ? given->size : sizeof(*kept));
	kept->size = given->size < sizeof(size_t) ? given->size : sizeof(*kept);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (*texts[i] == NULL)
			continue;
		*texts[i] = ctx_copy(ctx, *texts[i], strlen(*texts[i]));
		if (*texts[i] == NULL)
			return false;
	}
	return true;
}

int
hospes_group_add_with(
    hospes_group *group, const char *target, const hospes_value *input, const hospes_options *options, void *tag)
{
	struct member *member;
	struct hospes_ctx *ctx;
	int rc = group_check(group, "hospes_group_add");

	if (rc != 0)
		return rc;
	ctx = group->ctx;
	if (target == NULL || target[0] == '\0')
		return ctx_fail(
		    ctx, HOSPES_EINPUT, "hospes_group_add was given no target; expected a name or \"cap:NAME\"");
	member = ctx_alloc(ctx, sizeof(*member));
	if (member != NULL) {
		*member = (struct member){.target = ctx_copy(ctx, target, strlen(target)), .input = input, .tag = tag};
		if (member->target == NULL || !group_keep_options(ctx, options, &member->options))
			member = NULL;
	}
	if (member == NULL)
		return ctx_fail(ctx, HOSPES_ENOMEM, "no memory is left in the cell for the group");
	*group->pending_last = member;
	group->pending_last = &member->next;
	group->pending_n++;
	return 0;
}

int
hospes_group_add(hospes_group *group, const char *target, const hospes_value *input, void *tag)
{
	return hospes_group_add_with(group, target, input, NULL, tag);
}

int
hospes_group_add_all(hospes_group *group, const char *capability, const hospes_value *input)
{
	const char *const *names;
	size_t n;
	int rc = group_check(group, "hospes_group_add_all");

	if (rc == 0)
		rc = hospes_find(hospes_runtime.current, capability, &n, &names);
	if (rc != 0)
		return rc;
	for (size_t i = 0; i < n; i++) {
		rc = hospes_group_add(group, names[i], input, NULL);
		if (rc != 0)
			return rc;
	}
	return (int)n;
}

const hospes_answer *
hospes_group_next(hospes_group *group)
{
	struct hospes_op *op;
	int first;

	if (group_check(group, "hospes_group_next") != 0)
		return NULL;
	if (group_start(group) != 0) {
		group->ctx->stopped = HOSPES_ENOMEM;
		return NULL;
	}
	if (group->open_n == 0)
		return NULL;
	first = wait_any(group->ctx, group->open_n, group->open);
	if (first < 0) {
		/* NULL means "all are in" to the handler.  They are not, so whatever it makes of them must not count. */
		if (group->ctx->stopped == 0)
			group->ctx->stopped = first;
		return NULL;
	}
	op = group->open[first];
	group->open_n--;
	memmove(group->open + first, group->open + first + 1, (group->open_n - (size_t)first) * sizeof(*group->open));
	if (group_start(group) != 0) {
		group->ctx->stopped = HOSPES_ENOMEM;
		return NULL;
	}
	return &op->answer;
}

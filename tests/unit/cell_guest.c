/* What cells do in the world of cell_world.h. */

#include "cell_world.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"

unsigned
guests(void)
{
	return world.n_guests - 1;
}

struct guest *
guest(unsigned i)
{
	assert_true(i + 1 < world.n_guests);
	return &world.guests[i + 1];
}

void
guest_bytes(struct guest *g, const void *data, size_t len)
{
	const uint8_t *at = data;

	while (len > 0) {
		ssize_t n = send(g->control, at, len, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EAGAIN) {
			world_turn();
			continue;
		}
		assert_true(n > 0);
		at += n;
		len -= (size_t)n;
	}
}

void
guest_send(
    struct guest *g, uint16_t type, uint64_t call, uint32_t ordinal, int32_t status, const void *data, size_t len)
{
	struct wire_frame head = {
	    .length = (uint32_t)len, .type = type, .call = call, .ordinal = ordinal, .status = status};
	_cleanup_(buf_free) struct buf frame = {0};

	buf_append(&frame, &head, sizeof(head));
	buf_append(&frame, data, len);
	guest_bytes(g, frame.data, frame.len);
}

void
guest_hello(struct guest *g)
{
	struct wire_hello hello = {WIRE_VERSION, LAYERS_REQUIRED};

	guest_send(g, WIRE_HELLO, 0, WIRE_NO_ORDINAL, 0, &hello, sizeof(hello));
}

void
guest_ready(struct guest *g)
{
	struct wire_hello hello = {WIRE_VERSION, LAYERS_REQUIRED};

	guest_hello(g);
	guest_send(g, WIRE_READY, 0, WIRE_NO_ORDINAL, 0, &hello, sizeof(hello));
	world_turn();
}

void
guest_op(struct guest *g, uint64_t call, uint32_t ordinal, uint16_t kind, uint8_t flags, const char *target,
    const char *input)
{
	struct wire_op op = {.kind = kind, .flags = flags, .target_len = (uint16_t)strlen(target)};
	_cleanup_(buf_free) struct buf body = {0};

	buf_append(&body, &op, sizeof(op));
	buf_appends(&body, target);
	buf_appends(&body, input);
	guest_send(g, WIRE_OP, call, ordinal, 0, body.data, body.len);
}

void
guest_reply(struct guest *g, uint64_t call, int32_t status, const char *value)
{
	struct wire_reply reply = {.confidence = 1};
	_cleanup_(buf_free) struct buf body = {0};

	buf_append(&body, &reply, sizeof(reply));
	buf_appends(&body, value);
	guest_send(g, WIRE_REPLY, call, WIRE_NO_ORDINAL, status, body.data, body.len);
}

void
guest_close(struct guest *g)
{
	if (g->dead)
		return;
	g->dead = true;
	close_p(&g->log);
	close_p(&g->control);
	close_p(&g->plugin);
	if (g->page != NULL)
		munmap(g->page, sizeof(*g->page));
	close_p(&g->page_fd);
	close_p(&g->status);
}

void
guest_die(struct guest *g, int wait_status)
{
	struct spawn_status status = {.wait_status = wait_status, .ended = 1};

	assert_int_equal(write(g->status, &status, sizeof(status)), sizeof(status));
	guest_close(g);
	world_turn();
}

bool
guest_hears(struct guest *g, struct wire_frame *head, char *body, size_t size)
{
	_cleanup_(free_p) char *all = NULL;

	if (recv(g->control, head, sizeof(*head), MSG_DONTWAIT) != sizeof(*head))
		return false;
	all = xmalloc(head->length + 1);
	for (size_t have = 0; have < head->length;) {
		ssize_t n = recv(g->control, all + have, head->length - have, MSG_DONTWAIT);

		if (n < 0)
			world_turn();
		else
			have += (size_t)n;
	}
	all[head->length] = '\0';
	if (body != NULL)
		memcpy(body, all, head->length < size ? head->length + 1 : size);
	return true;
}

unsigned
guest_hears_all(struct guest *g, uint16_t type, uint64_t *handles, unsigned max)
{
	struct wire_frame head;
	unsigned n = 0;

	while (guest_hears(g, &head, NULL, 0))
		if (head.type == type && n < max)
			handles[n++] = head.call;
	return n;
}

void
guest_begins(struct guest *g, uint64_t *handles, unsigned n)
{
	guest_ready(g);
	assert_int_equal(guest_hears_all(g, WIRE_START, handles, n), n);
}

struct guest *
guest_with_call(unsigned *i, uint64_t *handle)
{
	struct guest *g;

	*i = world_submit("{\"a\":1}");
	g = guest(guests() - 1);
	guest_begins(g, handle, 1);
	return g;
}

struct guest *
guest_with_calls(unsigned n, uint64_t *handles)
{
	struct guest *g;

	for (unsigned i = 0; i < n; i++)
		(void)world_submit("1");
	g = guest(guests() - 1);
	guest_begins(g, handles, n);
	return g;
}

void
guest_waits(struct guest *g, uint64_t handle)
{
	guest_op(g, handle, 0, WIRE_OP_CALL, WIRE_OP_WAITS, "other", "1");
	world_turn();
}

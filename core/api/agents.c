/*
 * Plugins: what is active, which versions there are, and the three commands that change them.
 */

#include "config.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>

#include <event2/buffer.h>

#include "api/serve.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/util.h"

#define WHY_MAX 1024 /* bytes of a reason */

/* Cells of a version, and the layers that all of them have; what the probe had where there is no cell.  `pids`, where it is
 * wanted, gets those of the first cells. */
static unsigned
cells_and_layers(const struct api *a, const struct version *v, uint32_t *layers, json_t *pids)
{
	struct cell_info info[16];
	unsigned n = cells_of(a->cells, v->object, info, ARRAY_LEN(info));

	*layers = n > 0 ? UINT32_MAX : cells_layers(a->cells);
	for (unsigned i = 0; i < n && i < ARRAY_LEN(info); i++) {
		*layers &= info[i].layers;
		if (info[i].pid > 0)
			json_array_append_new(pids, json_integer(info[i].pid));
	}
	return n;
}

struct listing {
	const struct api *api;
	json_t *out;
};

static int
add_agent(const struct version *v, void *arg)
{
	struct listing *l = arg;
	json_t *capabilities, *pids;
	uint32_t layers;
	unsigned cells;

	if (v->state != VERSION_ACTIVE)
		return 0;
	pids = json_array();
	cells = cells_and_layers(l->api, v, &layers, pids);
	capabilities = json_array();
	for (char **c = v->capabilities; c != NULL && *c != NULL; c++)
		json_array_append_new(capabilities, json_string(*c));
	json_array_append_new(
	    l->out, json_pack("{s:s, s:s, s:s, s:s, s:o, s:s, s:I, s:o, s:o}", "name", v->name, "version", v->semver, "kind",
			plugin_kind_name(v->kind), "summary", v->summary != NULL ? v->summary : "", "capabilities",
			capabilities, "state", version_state_name(v->state), "cells", (json_int_t)cells, "pids", pids, "sandbox",
			host_layers(layers)));
	return 0;
}

void
handle_agents(struct exchange *x)
{
	struct listing l = {.api = x->api, .out = json_array()};

	registry_walk(x->api->registry, NULL, add_agent, &l);
	reply_durable(x, 200, l.out);
}

static json_t *
version_json(const struct api *a, const struct version *v)
{
	char since[CLOCK_TEXT];
	uint32_t layers;

	clock_format(v->since_real_ns, since);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I}", "name", v->name, "version", v->semver,
	    "object", v->object_hex, "kind", plugin_kind_name(v->kind), "state", version_state_name(v->state), "since",
	    since, "by", v->by != NULL ? v->by : "", "why", v->why != NULL ? v->why : "", "cells",
	    (json_int_t)cells_and_layers(a, v, &layers, NULL));
}

static int
add_version(const struct version *v, void *arg)
{
	struct listing *l = arg;

	json_array_append_new(l->out, version_json(l->api, v));
	return 0;
}

static int
check_name(const char *name, struct fault *fault)
{
	if (plugin_name_valid(name))
		return 0;
	return fault_set(fault, HOSPES_EINPUT,
	    "a plugin's name is a letter and at most 63 letters, digits and hyphens, all lower case; found %.80s",
	    utf8_valid(name, strlen(name)) ? name : "bytes that are no text");
}

void
handle_versions(struct exchange *x)
{
	struct listing l = {.api = x->api};
	const char *name = exchange_query(x, "name");
	struct fault fault;

	if (name != NULL && check_name(name, &fault) != 0) {
		reply_fault(x, &fault);
		return;
	}
	l.out = json_array();
	registry_walk(x->api->registry, name, add_version, &l);
	reply_durable(x, 200, l.out);
}

/* Members "version" and "why" of a command's body.  *semver stays NULL when there is none and it is not `needed`. */
static int
read_command(const struct exchange *x, bool needed, const char **semver, const char **why, struct fault *fault)
{
	const json_t *version = json_object_get(x->body, "version"), *reason = json_object_get(x->body, "why");
	const char *key;
	json_t *value;

	json_object_foreach(
	    x->body, key, value) if (strcmp(key, "version") != 0 && strcmp(key, "why") != 0) return fault_set(fault,
	    HOSPES_EINPUT, "the request has a member %.60s; it takes version and why", key);
	if (version != NULL && !json_is_null(version)) {
		if (!json_is_string(version) || !semver_valid(json_string_value(version)))
			return fault_set(
			    fault, HOSPES_EINPUT, "version has to be a semantic version such as \"1.2.0\"");
		*semver = json_string_value(version);
	} else if (needed) {
		return fault_set(fault, HOSPES_EINPUT, "version is missing: name the version, such as \"1.2.0\"");
	}
	if (reason != NULL && !json_is_null(reason)) {
		if (!json_is_string(reason) || json_string_length(reason) > WHY_MAX)
			return fault_set(fault, HOSPES_EINPUT, "why has to be a text of at most %d bytes", WHY_MAX);
		*why = json_string_value(reason);
	}
	return check_name(x->name, fault);
}

void
handle_rollback(struct exchange *x)
{
	const struct version *now = NULL;
	const char *semver = NULL, *why = NULL;
	struct fault fault;

	if (read_command(x, false, &semver, &why, &fault) != 0 ||
	    registry_rollback(x->api->registry, x->name, semver, x->client, why, &now, &fault) != 0) {
		reply_fault(x, &fault);
		return;
	}
	reply_durable(x, 200, version_json(x->api, now));
}

void
handle_withdraw(struct exchange *x)
{
	const char *semver = NULL, *why = NULL;
	struct version *v;
	struct fault fault;

	if (read_command(x, true, &semver, &why, &fault) != 0 ||
	    registry_withdraw(x->api->registry, x->name, semver, x->client, why, &fault) != 0) {
		reply_fault(x, &fault);
		return;
	}
	v = registry_version(x->api->registry, x->name, semver);
	reply_durable(x, 200, v != NULL ? version_json(x->api, v) : json_object());
}

static void
installed(const struct version *v, const struct fault *fault, void *arg)
{
	struct exchange *x = arg;

	if (!exchange_paid(x))
		return;
	if (v == NULL)
		reply_fault(x, fault);
	else
		reply_durable(x, 200,
		    json_pack("{s:s, s:s, s:s, s:s}", "name", v->name, "version", v->semver, "object", v->object_hex,
			"state", version_state_name(v->state)));
}

/* The body as a file that nobody else can reach. */
static int
body_file(struct exchange *x, int *ret, struct fault *fault)
{
	struct evbuffer *in = evhttp_request_get_input_buffer(x->req);
	_cleanup_(close_p) int fd = memfd_create("plugin", MFD_CLOEXEC);

	if (evbuffer_get_length(in) == 0)
		return fault_set(fault, HOSPES_EBADPLUGIN, "the body is empty; it has to be the bytes of a .so file");
	if (fd < 0)
		return fault_errno(fault, errno, "memory for the file could not be had");
	while (evbuffer_get_length(in) > 0) {
		struct evbuffer_iovec part;
		int rc;

		if (evbuffer_peek(in, -1, NULL, &part, 1) < 1)
			return fault_set(fault, HOSPES_EBUG, "the body of the request has no bytes");
		rc = fd_write_all(fd, part.iov_base, part.iov_len);
		if (rc != 0)
			return fault_errno(fault, -rc, "the file could not be kept in memory");
		evbuffer_drain(in, part.iov_len);
	}
	if (lseek(fd, 0, SEEK_SET) != 0)
		return fault_errno(fault, errno, "the file in memory could not be rewound");
	*ret = fd;
	fd = -1;
	return 0;
}

void
handle_install(struct exchange *x)
{
	struct fault fault;
	int fd = -1;

	if (body_file(x, &fd, &fault) != 0) {
		reply_fault(x, &fault);
		return;
	}
	exchange_owe(x);
	registry_install(x->api->registry, fd, x->client, installed, x);
}

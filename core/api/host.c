/* GET /v1/host: which host this is, and how well its cells are closed in. */

#include "config.h"

#include <unistd.h>

#include "api/serve.h"
#include "base/clock.h"
#include "base/util.h"

static json_t *
layer_names(uint32_t layers)
{
	json_t *names = json_array();

	for (unsigned bit = 0; bit < 32; bit++)
		if (layers & (UINT32_C(1) << bit))
			json_array_append_new(names, json_string(sandbox_layer_name((enum sandbox_layer)(1 << bit))));
	return names;
}

json_t *
host_layers(uint32_t layers)
{
	uint32_t missing = LAYERS_REQUIRED & ~layers;

	return json_pack("{s:o, s:b, s:o*}", "layers", layer_names(layers), "degraded", missing != 0, "missing",
	    missing != 0 ? layer_names(missing) : NULL);
}

void
handle_host(struct exchange *x)
{
	const struct api *a = x->api;
	const struct policy *p = a->policy;
	json_t *dirs = json_array();

	for (char **dir = p->plugin_dirs; dir != NULL && *dir != NULL; dir++)
		json_array_append_new(dirs, json_string(*dir));
	reply_durable(x, 200,
	    json_pack("{s:s, s:i, s:b, s:s, s:s, s:o, s:o, s:I, s:I, s:I, s:I}", "version", PACKAGE_VERSION, "pid",
		(int)getpid(), "ready", !registry_settling(a->registry), "socket", a->socket_path, "state_dir",
		p->state_dir, "plugin_dirs", dirs, "sandbox", host_layers(cells_layers(a->cells)), "runs_open",
		(json_int_t)runs_open_count(a->runs), "runs_resuming", (json_int_t)runs_resuming_count(a->runs),
		"syncs", (json_int_t)(a->journal == NULL ? 0 : journal_syncs(a->journal)), "uptime_s",
		(json_int_t)((clock_mono_ns() - a->started_mono_ns) / NS_PER_S)));
}

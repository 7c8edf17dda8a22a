/*
 * The plugin's configuration, and who this call is.  The host has put the defaults of the notes in already.
 */

#include "ctx.h"

static json_t *
config_get(hospes_ctx *ctx, const char *function, const char *name)
{
	if (ctx_check(ctx, function) != 0 || name == NULL)
		return NULL;
	return json_object_get(hospes_json(ctx->config), name);
}

int64_t
hospes_config_int(hospes_ctx *ctx, const char *name)
{
	return json_integer_value(config_get(ctx, "hospes_config_int", name));
}

double
hospes_config_real(hospes_ctx *ctx, const char *name)
{
	return json_number_value(config_get(ctx, "hospes_config_real", name));
}

bool
hospes_config_bool(hospes_ctx *ctx, const char *name)
{
	return json_is_true(config_get(ctx, "hospes_config_bool", name));
}

const char *
hospes_config_text(hospes_ctx *ctx, const char *name)
{
	return json_string_value(config_get(ctx, "hospes_config_text", name));
}

const char *
hospes_run_id(hospes_ctx *ctx)
{
	return ctx_check(ctx, "hospes_run_id") == 0 ? ctx->run_id : NULL;
}

const char *
hospes_call_path(hospes_ctx *ctx)
{
	return ctx_check(ctx, "hospes_call_path") == 0 ? ctx->path : NULL;
}

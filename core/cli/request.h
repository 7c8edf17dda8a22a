/* The request for a run, made of the command line of `hospes run`. */

#ifndef CLI_REQUEST_H
#define CLI_REQUEST_H

#include "cli/command.h"

/* {"plugin", "version"?, "config"?, "budget"?, "sources"?} of the options, a new reference.  bad_input: a usage error. */
int request_options(const struct cli *cli, json_t **ret, struct fault *fault);

/* Reads what --in or --input say into "input". */
int request_input(const struct cli *cli, json_t *request, struct fault *fault);

/* --set, --calls and --wall into "config" and "budget".  bad_input: a usage error. */
int request_limits(const struct cli *cli, json_t *request, struct fault *fault);

/* PLUGIN.KEY=VALUE into {"PLUGIN": {"KEY": VALUE}}; VALUE is JSON, or else a text. */
int request_setting(json_t *config, const char *setting, struct fault *fault);

#endif

/* The request for a run, made of the command line of `hospes run`. */

#ifndef CLI_REQUEST_H
#define CLI_REQUEST_H

#include "cli/command.h"

/* {"plugin", "input", "version"?, "config"?, "budget"?}: a new reference. */
int request_make(const struct cli *cli, json_t **ret, struct fault *fault);

/* PLUGIN.KEY=VALUE into {"PLUGIN": {"KEY": VALUE}}; VALUE is JSON, or else a text. */
int request_setting(json_t *config, const char *setting, struct fault *fault);

#endif

/* What the command line of hospesd says; it goes over the configuration. */

#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>

#include "policy/policy.h"

#define PLUGIN_DIRS_MAX 16

struct options {
	const char *config, *state, *socket;
	const char *backup, *restore; /* folders */
	const char *plugins[PLUGIN_DIRS_MAX + 1];
	unsigned n_plugins;
	bool dev, degraded, scripted, doctor;
	int ready_fd; /* -1: none */
};

/* -1: go on; else the exit status, after usage or version were printed. */
int options_read(int argc, char **argv, struct options *ret);

/* The file to read: the one named, else the installed one where there is one (then *allocated is to be freed), else NULL. */
const char *options_config(const struct options *o, char **allocated);

char *options_absolute(const char *path); /* allocated */

void options_apply(const struct options *o, struct policy *policy);

#endif

/*
 * Loading the plugin: dlopen, the check of what it exports, its init hook, and sealing.
 */

#ifndef CELL_PLUGIN_H
#define CELL_PLUGIN_H

#include "base/fault.h"
#include "cell/guest/seal.h"
#include "cell/guest/symbols.h"
#include "hospes.h"

struct loaded {
	void *handle;
	struct hospes_plugin plugin; /* as this host knows it: members that the plugin's ABI lacks are zero */
	struct seal seal;
	struct symbols symbols;
};

/* Loads the file at WIRE_FD_PLUGIN.  Faults: load_failed, missing_symbol, abi_mismatch, not_in_call. */
int plugin_load(struct loaded *ret, struct fault *fault);

/* Runs the init hook. */
int plugin_init(const struct loaded *loaded, struct fault *fault);

#endif

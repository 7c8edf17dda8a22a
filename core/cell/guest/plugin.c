/* See plugin.h. */

#include "cell/guest/plugin.h"

#include <dlfcn.h>
#include <link.h>
#include <string.h>
#include <unistd.h>

#include "base/util.h"
#include "runtime.h"
#include "wire.h"

#define PLUGIN_PATH "/proc/self/fd/4"
static_assert(WIRE_FD_PLUGIN == 4, "PLUGIN_PATH");

/* What every plugin has, however old: the members of 1.0. */
#define SIZE_1_0 (offsetof(struct hospes_plugin, bid) + sizeof(hospes_handler *))

static int
not_in_call(struct fault *fault, const char *when)
{
	const char *complaint = hospes_rt_complaint();

	if (complaint == NULL)
		return 0;
	return fault_set(fault, HOSPES_ENOTINCALL,
	    "expected no time, random number or other op %s, found %s: ask for it in the handler", when, complaint);
}

/* The loader's sentence starts with the path that we gave, which says nothing to anybody. */
static int
refused_by_loader(struct fault *fault)
{
	const char *text = dlerror(), *found;

	if (text == NULL)
		text = "no reason given";
	if (strncmp(text, PLUGIN_PATH ": ", sizeof(PLUGIN_PATH ": ") - 1) == 0)
		text += sizeof(PLUGIN_PATH ": ") - 1;
	if (strstr(text, "undefined symbol") != NULL)
		return fault_set(fault, HOSPES_ESYMBOL,
		    "expected every symbol that the plugin uses in its libraries, found %s; link it with what it uses",
		    text);
	found = strstr(text, "version `HOSPES_");
	if (found != NULL)
		return fault_set(fault, HOSPES_EABI,
		    "libhospes: expected a symbol version up to HOSPES_%d.%d, found %s; install a newer host or build "
		    "against "
		    "this SDK",
		    HOSPES_ABI_MAJOR, HOSPES_ABI_MINOR, found);
	return fault_set(fault, HOSPES_ELOAD, "expected a plugin that the dynamic loader takes, found: %s", text);
}

static uintptr_t
segment_end(const struct link_map *map)
{
	const ElfW(Ehdr) *head = (const void *)map->l_addr;
	const ElfW(Phdr) *ph = (const void *)(map->l_addr + head->e_phoff);
	uintptr_t end = map->l_addr;

	for (unsigned i = 0; i < head->e_phnum; i++)
		if (ph[i].p_type == PT_LOAD && map->l_addr + ph[i].p_vaddr + ph[i].p_memsz > end)
			end = map->l_addr + ph[i].p_vaddr + ph[i].p_memsz;
	return end;
}

static int
check_abi(const struct hospes_plugin *found, struct fault *fault)
{
	if (found->magic != HOSPES_PLUGIN_MAGIC)
		return fault_set(fault, HOSPES_EABI,
		    "hospes_plugin_v1.magic: expected %#llx, found %#llx; declare it with the "
		    "macros of hospes.h",
		    (unsigned long long)HOSPES_PLUGIN_MAGIC, (unsigned long long)found->magic);
	if (found->abi_major != HOSPES_ABI_MAJOR)
		return fault_set(fault, HOSPES_EABI,
		    "hospes_plugin_v1.abi_major: expected %d, found %u; build it again with this "
		    "host's SDK",
		    HOSPES_ABI_MAJOR, found->abi_major);
	if (found->abi_minor > HOSPES_ABI_MINOR)
		return fault_set(fault, HOSPES_EABI,
		    "hospes_plugin_v1.abi_minor: expected at most %d, found %u; install a newer host or build against "
		    "this SDK",
		    HOSPES_ABI_MINOR, found->abi_minor);
	if (found->size < SIZE_1_0)
		return fault_set(fault, HOSPES_EABI,
		    "hospes_plugin_v1.size: expected at least %zu, found %u; declare it with "
		    "the macros of hospes.h",
		    SIZE_1_0, found->size);
	if (found->handler == NULL)
		return fault_set(fault, HOSPES_EABI, "hospes_plugin_v1.handler: expected a function, found NULL");
	return 0;
}

static int
take_symbol(struct loaded *loaded, const struct link_map *map, uintptr_t end, struct fault *fault)
{
	const void *symbol = dlsym(loaded->handle, "hospes_plugin_v1");
	uintptr_t at = (uintptr_t)symbol;
	size_t size;

	/* dlsym also finds what a library of the plugin exports. */
	if (symbol == NULL || at < map->l_addr || at > end || end - at < SIZE_1_0)
		return fault_set(fault, HOSPES_ESYMBOL,
		    "expected the plugin to export hospes_plugin_v1, found none; declare it with HOSPES_AGENT, "
		    "HOSPES_STRATEGY, "
		    "HOSPES_CHECK or HOSPES_TOOL");
	memcpy(&loaded->plugin, symbol, SIZE_1_0);
	if (check_abi(&loaded->plugin, fault) != 0)
		return fault->status;
	size = loaded->plugin.size < sizeof(loaded->plugin) ? loaded->plugin.size : sizeof(loaded->plugin);
	if (end - at < size)
		size = SIZE_1_0;
	memcpy(&loaded->plugin, symbol, size);
	return 0;
}

int
plugin_load(struct loaded *ret, struct fault *fault)
{
	struct loaded loaded = {.handle = dlopen(PLUGIN_PATH, RTLD_NOW | RTLD_LOCAL)};
	struct link_map *map = NULL;
	uintptr_t end;
	int rc;

	if (loaded.handle == NULL) {
		rc = not_in_call(fault, "while it is loaded");
		return rc != 0 ? rc : refused_by_loader(fault);
	}
	if (dlinfo(loaded.handle, RTLD_DI_LINKMAP, &map) != 0 || seal_find(&loaded.seal, map) != 0)
		return fault_set(
		    fault, HOSPES_ELOAD, "expected the plugin's segments among those of the process, found none");
	end = segment_end(map);
	rc = take_symbol(&loaded, map, end, fault);
	if (rc != 0)
		return rc;
	symbols_open(&loaded.symbols, WIRE_FD_PLUGIN, map->l_addr, end);
	*ret = loaded;
	return not_in_call(fault, "while it is loaded");
}

int
plugin_init(const struct loaded *loaded, struct fault *fault)
{
	int rc;

	hospes_rt_set_phase(HOSPES_RT_INIT);
	rc = loaded->plugin.init == NULL ? 0 : loaded->plugin.init();
	if (not_in_call(fault, "in its init hook") != 0)
		return fault->status;
	if (rc != 0)
		return fault_set(
		    fault, HOSPES_ELOAD, "expected its init hook to return 0, found %d (%s)", rc, status_name(rc));
	return 0;
}

/* See inspector.h: libraries, imports, the exported symbol; notes.c and object.c do the rest. */

#include "cell/inspect/inspector.h"

#include <string.h>

#include "base/json.h"
#include "base/util.h"
#include "cell/inspect/imports.h"
#include "cell/inspect/notes.h"
#include "cell/inspect/object.h"
#include "hospes.h"

/* A plugin with more than this is not looked at symbol by symbol. */
#define RELOCATIONS_MAX 1000000

/* What every plugin has, however old: the members of 1.0. */
#define PLUGIN_SIZE_1_0 (offsetof(struct hospes_plugin, bid) + sizeof(hospes_handler *))

/* Relocations that the loader may be asked for: none that runs code (IRELATIVE), none of thread-local storage. */
static bool
relocation_known(uint32_t type)
{
#if defined(__x86_64__)
	return type == R_X86_64_NONE || type == R_X86_64_64 || type == R_X86_64_GLOB_DAT ||
	       type == R_X86_64_JUMP_SLOT || type == R_X86_64_RELATIVE || type == R_X86_64_SIZE64;
#elif defined(__aarch64__)
	return type == R_AARCH64_NONE || type == R_AARCH64_ABS64 || type == R_AARCH64_GLOB_DAT ||
	       type == R_AARCH64_JUMP_SLOT || type == R_AARCH64_RELATIVE;
#else
#error "add the relocations of this machine"
#endif
}

static int
read_needed(const struct object *object, json_t *needed, struct fault *fault)
{
	for (size_t i = 0; i < object->segments_n; i++) {
		const Elf64_Phdr *ph = &object->segments[i];
		Elf64_Dyn dyn;

		for (uint64_t at = 0; ph->p_type == PT_DYNAMIC && at + sizeof(dyn) <= ph->p_filesz; at += sizeof(dyn)) {
			const char *name;

			memcpy(&dyn, object->data + ph->p_offset + at, sizeof(dyn));
			if (dyn.d_tag == DT_NULL)
				break;
			if (dyn.d_tag != DT_NEEDED)
				continue;
			name = object_string(object, dyn.d_un.d_val);
			if (name == NULL || !utf8_valid(name, strlen(name)))
				return fault_set(fault, HOSPES_EBADPLUGIN, "expected names of libraries, found none");
			if (!imports_library(name))
				return fault_set(fault, HOSPES_EIMPORT,
				    "expected libhospes, libjansson, the C and C++ libraries and no other, found "
				    "%.200s; link what it needs "
				    "of that statically",
				    name);
			json_array_append_new(needed, json_string(name));
		}
	}
	return 0;
}

static int
check_version(const char *name, const char *version, struct fault *fault)
{
	unsigned major, minor;
	char rest;

	if (strncmp(name, "hospes_", 7) != 0 || version == NULL)
		return 0;
	if (sscanf(version, "HOSPES_%u.%u%c", &major, &minor, &rest) != 2)
		return fault_set(
		    fault, HOSPES_EIMPORT, "expected functions of hospes.h, found %.100s of %.60s", name, version);
	if (major != HOSPES_ABI_MAJOR || minor > HOSPES_ABI_MINOR)
		return fault_set(fault, HOSPES_EABI,
		    "symbol version of %.100s: expected up to HOSPES_%d.%d, found HOSPES_%u.%u; install a newer host "
		    "or build with "
		    "this host's SDK",
		    name, HOSPES_ABI_MAJOR, HOSPES_ABI_MINOR, major, minor);
	return 0;
}

static int
check_import(const struct object *object, uint64_t index, json_t *imports, struct fault *fault)
{
	const char *name, *advice;
	Elf64_Sym symbol;

	if (!object_symbol(object, index, &symbol) || (name = object_string(object, symbol.st_name)) == NULL)
		return fault_set(fault, HOSPES_EBADPLUGIN, "expected a symbol at place %llu of its table, found none",
		    (unsigned long long)index);
	if (ELF64_ST_TYPE(symbol.st_info) == STT_GNU_IFUNC || ELF64_ST_TYPE(symbol.st_info) == STT_TLS)
		return fault_set(fault, HOSPES_EBADPLUGIN, "expected functions and data, found %.100s, which is %s",
		    name, ELF64_ST_TYPE(symbol.st_info) == STT_TLS ? "thread-local" : "an indirect function");
	if (symbol.st_shndx != SHN_UNDEF || index == 0)
		return 0;
	if (!imports_symbol(name)) {
		advice = imports_advice(name);
		return fault_set(fault, HOSPES_EIMPORT, "expected imports that a cell allows, found %.200s%s%s", name,
		    advice == NULL ? "" : "; ", advice == NULL ? "" : advice);
	}
	if (check_version(name, object_version(object, index), fault) != 0)
		return fault->status;
	if (json_object_get(imports, name) == NULL)
		json_object_set_new(imports, name, json_true());
	return 0;
}

/* The loader looks up what relocations name, whatever the symbol table's size says. */
static int
check_relocations(const struct object *object, unsigned which, json_t *imports, struct fault *fault)
{
	uint64_t size = object->relocations[which].size, at = object->relocations[which].at;
	size_t each = object->relocations[which].addend ? sizeof(Elf64_Rela) : sizeof(Elf64_Rel);
	const uint8_t *p = size == 0 ? NULL : object_at(object, at, size);
	int rc = 0;

	if (size == 0)
		return 0;
	if (p == NULL || size / each > RELOCATIONS_MAX)
		return fault_set(fault, HOSPES_EBADPLUGIN, "expected at most %d relocations in a segment, found %llu",
		    RELOCATIONS_MAX, (unsigned long long)(size / each));
	for (uint64_t i = 0; i < size / each && rc == 0; i++) {
		Elf64_Rel relocation; /* the start of a Rela */

		memcpy(&relocation, p + i * each, sizeof(relocation));
		if (!relocation_known((uint32_t)ELF64_R_TYPE(relocation.r_info)))
			return fault_set(fault, HOSPES_EBADPLUGIN,
			    "expected plain relocations, found type %u (an indirect function or thread-local storage); "
			    "compile with -fPIC "
			    "and without those",
			    (unsigned)ELF64_R_TYPE(relocation.r_info));
		rc = check_import(object, ELF64_R_SYM(relocation.r_info), imports, fault);
	}
	return rc;
}

static int
check_symbols(const struct object *object, json_t *imports, struct fault *fault)
{
	uint64_t count, exported = 0;
	Elf64_Sym symbol;
	const char *name;
	int rc;

	if (!object_symbol_count(object, &count) || count > RELOCATIONS_MAX)
		return fault_set(
		    fault, HOSPES_EBADPLUGIN, "expected a hash table of symbols, found none that makes sense");
	for (uint64_t i = 1; i < count; i++) {
		rc = check_import(object, i, imports, fault);
		if (rc != 0)
			return rc;
		object_symbol(object, i, &symbol);
		name = object_string(object, symbol.st_name);
		if (symbol.st_shndx != SHN_UNDEF && strcmp(name, "hospes_plugin_v1") == 0)
			exported = i;
	}
	if (exported == 0)
		return fault_set(fault, HOSPES_ESYMBOL,
		    "expected it to export hospes_plugin_v1, found no such symbol; declare the plugin with "
		    "HOSPES_AGENT, "
		    "HOSPES_STRATEGY, HOSPES_CHECK or HOSPES_TOOL");
	object_symbol(object, exported, &symbol);
	if (ELF64_ST_TYPE(symbol.st_info) != STT_OBJECT || symbol.st_size < PLUGIN_SIZE_1_0 ||
	    object_at(object, symbol.st_value, PLUGIN_SIZE_1_0) == NULL)
		return fault_set(fault, HOSPES_ESYMBOL,
		    "expected hospes_plugin_v1 to be data of at least %zu bytes, found %llu bytes of type %u; declare "
		    "it with the "
		    "macros of hospes.h",
		    PLUGIN_SIZE_1_0, (unsigned long long)symbol.st_size, ELF64_ST_TYPE(symbol.st_info));
	return 0;
}

static json_t *
keys_of(json_t *object)
{
	json_t *list = json_array(), *value;
	const char *key;

	json_object_foreach(object, key, value) json_array_append_new(list, json_string(key));
	return list;
}

static json_t *
inspect_opened(const struct object *object, struct fault *fault)
{
	_cleanup_(json_p) json_t *needed = json_array(), *imports = json_object();
	json_t *notes;
	int rc;

	/* The notes first: a library that is no plugin should be told that, not that it uses malloc. */
	notes = notes_read(object, fault);
	if (notes == NULL)
		return NULL;
	rc = read_needed(object, needed, fault);
	for (unsigned i = 0; i < ARRAY_LEN(object->relocations) && rc == 0; i++)
		rc = check_relocations(object, i, imports, fault);
	if (rc == 0)
		rc = check_symbols(object, imports, fault);
	if (rc != 0) {
		json_decref(notes);
		return NULL;
	}
	return json_pack("{s:o s:o s:O}", "notes", notes, "imports", keys_of(imports), "needed", needed);
}

/* `claims` may be NULL. */
static json_t *
inspect(const void *data, size_t size, json_t **claims, struct fault *fault)
{
	_cleanup_(object_close) struct object object = {.size = 0};
	json_t *found = object_open(&object, data, size, fault) == 0 ? inspect_opened(&object, fault) : NULL;

	if (found == NULL && claims != NULL)
		*claims = notes_claims(&object);
	return found;
}

json_t *
inspect_object(const void *data, size_t size, struct fault *fault)
{
	return inspect(data, size, NULL, fault);
}

json_t *
inspect_refusal(const struct fault *fault)
{
	json_t *answer =
	    json_pack("{s:b s:s s:s}", "ok", 0, "code", status_name(fault->status), "message", fault->text);

	/* A sentence may quote bytes of the file that are not UTF-8. */
	return answer != NULL ? answer
			      : json_pack("{s:b s:s s:s}", "ok", 0, "code", status_name(fault->status), "message",
				    "expected names in UTF-8, found other bytes");
}

json_t *
inspect_answer(const void *data, size_t size)
{
	struct fault fault = {.status = HOSPES_EBUG, .text = "no memory for the answer"};
	_cleanup_(json_p) json_t *claims = NULL;
	json_t *found = inspect(data, size, &claims, &fault), *refusal;

	if (found == NULL) {
		refusal = inspect_refusal(&fault);
		json_object_update(refusal, claims);
		return refusal;
	}
	json_object_set_new(found, "ok", json_true());
	return found;
}

/*
 * The inspector against files that are no plugins: cut short, changed, made for another machine, importing what they may
 * not.  It answers every one of them with a fault, and survives every one of them.
 */

#include "cmocka_all.h"

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/fd.h"
#include "base/json.h"
#include "cell/inspect/imports.h"
#include "cell/inspect/inspector.h"
#include "cell/inspect/notes.h"

#define FIXTURE(name) "tests/unit/guest-" name ".so"
#define FLIPS         10000

static void
load(const char *path, struct buf *ret)
{
	struct fault fault;

	if (fd_read_file(path, ret, INSPECT_FILE_MAX, &fault) != 0)
		fail_msg("%s", fault.text);
}

/* The bytes are copied to memory of exactly that size, so that a read past the end is seen by sanitizers. */
static int
status_of(const void *data, size_t len, struct fault *fault)
{
	_cleanup_(free_p) void *copy = xmalloc(len == 0 ? 1 : len);
	_cleanup_(json_p) json_t *found = NULL;

	memcpy(copy, data, len);
	fault->status = 0;
	fault->text[0] = '\0';
	found = inspect_object(copy, len, fault);
	assert_true((found == NULL) == (fault->status != 0));
	return fault->status;
}

static void
refused(const void *data, size_t len, int status, const char *says)
{
	struct fault fault;

	if (status_of(data, len, &fault) != status || strstr(fault.text, says) == NULL)
		fail_msg("expected %s and \"%s\", found %s: %s", status_name(status), says, status_name(fault.status),
		    fault.text);
}

static void
refused_file(const char *path, int status, const char *says)
{
	_cleanup_(buf_free) struct buf b = {0};

	load(path, &b);
	refused(b.data, b.len, status, says);
}

static void
test_good(void **state)
{
	_cleanup_(buf_free) struct buf b = {0};
	_cleanup_(json_p) json_t *answer = NULL;
	json_t *notes;

	(void)state;
	load(FIXTURE("good"), &b);
	answer = inspect_answer(b.data, b.len);
	notes = json_object_get(answer, "notes");
	assert_true(json_is_true(json_object_get(answer, "ok")));
	assert_string_equal(json_string_value(json_object_get(notes, "name")), "guest");
	assert_string_equal(json_string_value(json_object_get(notes, "version")), "1.2.3-rc.1");
	assert_int_equal(json_array_size(json_object_get(notes, "needs")), 2);
	assert_int_equal(json_integer_value(json_object_get(notes, "memory_mib")), 64);
	assert_int_equal(json_integer_value(
			     json_object_get(json_object_get(json_object_get(notes, "config"), "at_once"), "default")),
	    4);
	assert_true(json_is_object(json_object_get(notes, "input")));
	assert_false(json_is_true(json_object_get(notes, "state_cell")));
	assert_true(json_array_size(json_object_get(answer, "imports")) > 5);
}

static void
test_no_plugins(void **state)
{
	(void)state;
	refused("", 0, HOSPES_EBADPLUGIN, "empty file");
	refused("hello, world\n", 13, HOSPES_EBADPLUGIN, "not ELF");
	refused("\x7f"
		"ELF",
	    4, HOSPES_EBADPLUGIN, "incomplete");
	refused_file("core/cell/hospes-inspect", HOSPES_EBADPLUGIN, "found a program");
	refused_file("tests/unit/test_inspector.o", HOSPES_EBADPLUGIN, "-shared");
}

static void
test_refused_plugins(void **state)
{
	(void)state;
	refused_file(FIXTURE("import"), HOSPES_EIMPORT, "found fopen; a plugin has no files");
	refused_file(FIXTURE("tls"), HOSPES_EBADPLUGIN, "thread-local");
	refused_file(FIXTURE("ifunc"), HOSPES_EBADPLUGIN, "indirect function");
	refused_file(FIXTURE("rpath"), HOSPES_EBADPLUGIN, "RUNPATH");
	refused_file(FIXTURE("execstack"), HOSPES_EBADPLUGIN, "executable");
	refused_file(FIXTURE("abi"), HOSPES_EABI, "abi major: expected 1, found 2");
	refused_file(FIXTURE("symbol"), HOSPES_ESYMBOL, "hospes_plugin_v1");
	refused_file(FIXTURE("note"), HOSPES_EBADPLUGIN, "colour=green");
	refused_file(FIXTURE("needed"), HOSPES_EIMPORT, "found libz.so.1");
}

/* Who it says that it is, for the log: where the object is no good, where a note after that is no good, and nothing where nothing
 * can be read. */
static void
test_claims(void **state)
{
	static const struct {
		const char *file, *name;
	} files[] = {{FIXTURE("rpath"), "guest"}, {FIXTURE("execstack"), "guest"}, {FIXTURE("import"), "guest"},
	    {FIXTURE("note"), "guest"}, {"core/cell/hospes-inspect", NULL}, {"tests/unit/test_inspector.o", NULL}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		_cleanup_(buf_free) struct buf b = {0};
		_cleanup_(json_p) json_t *answer = NULL;
		const char *name, *version;

		load(files[i].file, &b);
		answer = inspect_answer(b.data, b.len);
		name = json_string_value(json_object_get(answer, "name"));
		version = json_string_value(json_object_get(answer, "version"));
		assert_false(json_is_true(json_object_get(answer, "ok")));
		if (files[i].name == NULL) {
			assert_null(name);
			continue;
		}
		assert_string_equal(name, files[i].name);
		assert_string_equal(version, "1.2.3-rc.1");
	}
}

static void
test_wrong_machine(void **state)
{
	_cleanup_(buf_free) struct buf b = {0};
	Elf64_Ehdr *head;

	(void)state;
	load(FIXTURE("good"), &b);
	head = (Elf64_Ehdr *)(void *)b.data;
	head->e_machine = EM_S390;
	refused(b.data, b.len, HOSPES_EMACHINE, "machine 22");
	head->e_ident[EI_CLASS] = ELFCLASS32;
	refused(b.data, b.len, HOSPES_EMACHINE, "32-bit");
	head->e_ident[EI_CLASS] = ELFCLASS64;
	head->e_ident[EI_DATA] = ELFDATA2MSB;
	refused(b.data, b.len, HOSPES_EMACHINE, "big-endian");
}

/* However much of a copy is there, it is told as incomplete: the host waits for the rest. */
static void
test_truncated(void **state)
{
	_cleanup_(buf_free) struct buf b = {0};
	struct fault fault;

	(void)state;
	load(FIXTURE("good"), &b);
	for (size_t len = 4; len < b.len; len += len < 1024 ? 1 : 97)
		if (status_of(b.data, len, &fault) != HOSPES_EBADPLUGIN || strncmp(fault.text, "incomplete", 10) != 0)
			fail_msg("%zu of %zu bytes: %s: %s", len, b.len, status_name(fault.status), fault.text);
	refused(b.data, b.len - 1, HOSPES_EBADPLUGIN, "incomplete");
}

static void
test_flipped(void **state)
{
	_cleanup_(buf_free) struct buf b = {0};
	const char *given = getenv("SEED");
	unsigned seed = given != NULL ? (unsigned)strtoul(given, NULL, 10) : 0;
	struct fault fault;

	(void)state;
	if (given == NULL)
		assert_int_equal(getrandom(&seed, sizeof(seed), 0), sizeof(seed));
	print_message("# SEED=%u\n", seed);
	srandom(seed);
	load(FIXTURE("good"), &b);
	for (unsigned i = 0; i < FLIPS; i++) {
		size_t at[4];
		uint8_t was[4];
		/* Half of them where the headers and tables are, since most of a file is code. */
		size_t range = i % 2 == 0 ? b.len : 4096 < b.len ? 4096 : b.len;

		for (unsigned k = 0; k < 4; k++) {
			at[k] = (size_t)random() % range;
			was[k] = b.data[at[k]];
			b.data[at[k]] = (uint8_t)(k % 2 == 0 ? (unsigned)random() : was[k] ^ 1u << random() % 8);
		}
		(void)status_of(b.data, b.len, &fault);
		for (unsigned k = 4; k-- > 0;)
			b.data[at[k]] = was[k];
	}
	assert_int_equal(status_of(b.data, b.len, &fault), 0);
}

static int
note(const char *text, struct fault *fault)
{
	_cleanup_(json_p) json_t *notes =
	    json_pack("{s:{} s:[] s:[] s:[] s:{}}", " seen", "capabilities", "needs", "subscribes", "config");

	fault->status = 0;
	return notes_take(notes, text, fault);
}

static void
test_notes(void **state)
{
	static const char *const good[] = {"kind=strategy", "name=a", "name=a-1", "version=0.0.0",
	    "version=1.2.3-a.1+b.02", "abi=1.0", "summary=", "summary=Zählt", "capability=count.words",
	    "needs=call:wordcount", "needs=call:cap:read.*", "needs=call:*", "needs=http:https://example.org/*",
	    "needs=memory:sources", "needs=memory:*", "needs=memory:house-*", "config=n:int:-3", "config=r:real:1e3",
	    "config=b:bool:false", "config=t:text:", "config=t:text:a:b", "config=f:file:", "config=f:file:a_B-1.txt",
	    "input={\"type\": \"object\"}", "memory=1", "recursion=0", "price_micros=5", "state=cell", "effect=pure",
	    "license=MIT OR Apache-2.0", "subscribes=run.*"};
	static const char *const bad[] = {"kind=Agent", "kind", "=", "", "name=", "name=A", "name=1a", "name=a_b",
	    "name=a\n", "name=../a", "name=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	    "version=1", "version=1.2", "version=1.2.3.4", "version=01.2.3", "version=1.2.3-", "version=1.2.3-01",
	    "version=1.2.3+", "version=v1.2.3", "abi=1", "abi=1.0.0", "abi=x", "summary=a\nb",
	    "capability=", "capability=.a", "capability=a..b", "capability=a.*", "needs=call",
	    "needs=call:", "needs=call:A", "needs=file:/etc", "needs=memory:", "needs=memory:A", "needs=memory:a/b",
	    "needs=memory:1a", "needs=http:", "needs=http:a b", "config=n:int", "config=n:int:", "config=n:int:1x",
	    "config=n:int: 1", "config=n:int:99999999999999999999", "config=r:real:nan", "config=r:real:inf",
	    "config=b:bool:yes", "config=N:int:1", "config=:int:1", "config=n:number:1", "config=f:file:a/b",
	    "config=f:file:.a", "config=f:file:..", "input={", "input={\"colour\": 1}", "output=[]", "memory=0",
	    "memory=-1", "memory=1x", "memory=99999999", "recursion=", "price_micros=1.5", "state=", "state=host",
	    "effect=dear", "colour=green", "kin=agent", "kind =agent"};
	struct fault fault;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		if (note(good[i], &fault) != 0)
			fail_msg("%s: %s", good[i], fault.text);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (note(bad[i], &fault) != HOSPES_EBADPLUGIN)
			fail_msg("%s was taken", bad[i]);
	assert_int_equal(note("abi=2.0", &fault), HOSPES_EABI);
	assert_int_equal(note("abi=1.99", &fault), HOSPES_EABI);
}

static void
test_imports(void **state)
{
	static const char *const good[] = {"strlen", "memcpy", "__memcpy_chk", "__printf_chk", "__isoc99_sscanf",
	    "sinf", "sqrtl", "__exp_finite", "json_pack", "hospes_call", "time", "rand", "_Znwm", "__udivti3",
	    "__floatuntidf", "_ZNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEE9_M_createERmm",
	    "_ZTVN10__cxxabiv120__si_class_type_infoE", "_ZSt20__throw_length_errorPKc", "__cxa_throw",
	    "_Unwind_Resume", "putc_unlocked", "__stack_chk_fail"};
	static const char *const bad[] = {"", "fopen", "fdopen", "popen", "open", "strtok", "localtime", "strerror",
	    "system", "dlopen", "dlsym", "pthread_create", "pthread_mutex_lock", "__tls_get_addr",
	    "__emutls_get_address", "syscall", "__getauxval", "__getpid", "getpid", "exit", "_exit", "clock", "signal",
	    "sigaction", "hospes_rt_open", "hospes_rt_current", "json_load_file", "json_dumpfd", "json_set_alloc_funcs",
	    "_ZNSt13random_device9_M_getvalEv", "_ZNSt6thread4joinEv", "_ZNSt6chrono3_V212system_clock3nowEv",
	    "_ZNSt14basic_ofstreamIcSt11char_traitsIcEEC1Ev", "_ZNSt10filesystem6statusERKNS_7__cxx114pathE",
	    "_ZN3foo3barEv", "__cxa_thread_atexit", "setlocale", "environ", "iconv_open", "mmap", "mprotect",
	    "__libc_start_main", "stdin", "__isoc99_fopen", "fopen_unlocked", "__fopen_chk"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		if (!imports_symbol(good[i]))
			fail_msg("%s was refused", good[i]);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (imports_symbol(bad[i]))
			fail_msg("\"%s\" was allowed", bad[i]);
	assert_true(imports_library("libstdc++.so.6"));
	assert_true(imports_library("ld-linux-x86-64.so.2"));
	assert_false(imports_library("libz.so.1"));
	assert_false(imports_library("ld-linux/../evil.so"));
	assert_false(imports_library("/tmp/libc.so.6"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_good),
	    cmocka_unit_test(test_no_plugins),
	    cmocka_unit_test(test_refused_plugins),
	    cmocka_unit_test(test_claims),
	    cmocka_unit_test(test_wrong_machine),
	    cmocka_unit_test(test_truncated),
	    cmocka_unit_test(test_flipped),
	    cmocka_unit_test(test_notes),
	    cmocka_unit_test(test_imports),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

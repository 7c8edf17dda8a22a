/* See notes.h.  Every key is known, checked and given its type here: the rest of the host trusts what comes out. */

#include "cell/inspect/notes.h"

#include <errno.h>
#include <gelf.h>
#include <math.h>
#include <string.h>

#include "base/buf.h"
#include "base/fd.h"
#include "base/json.h"
#include "base/util.h"
#include "hospes.h"

#define NOTES_MAX   512
#define NOTE_MAX    (64 * KIB)
#define SEGMENT_MAX (256 * KIB)
#define NAME_MAX_   63
#define LOWER       "abcdefghijklmnopqrstuvwxyz"
#define DIGITS      "0123456789"

#define MEMORY_MIB_MAX   65536
#define RECURSION_MAX    100
#define PRICE_MICROS_MAX INT64_C(1000000000000)

static bool
consists_of(const char *text, const char *characters)
{
	return text[strspn(text, characters)] == '\0';
}

/* [a-z][a-z0-9-]{0,63} */
static bool
is_name(const char *text)
{
	return strlen(text) <= NAME_MAX_ + 1 && text[0] >= 'a' && text[0] <= 'z' && consists_of(text, LOWER DIGITS "-");
}

/* The name of a space of memory; a "*" may stand anywhere in it. */
static bool
is_space(const char *text)
{
	return strlen(text) <= NAME_MAX_ + 1 && ((text[0] >= 'a' && text[0] <= 'z') || text[0] == '*') &&
	       consists_of(text, LOWER DIGITS "-*");
}

/* Words of [a-z0-9_-] with dots between; with `pattern` a "*" may stand anywhere in a word. */
static bool
is_dotted(const char *text, bool pattern)
{
	size_t len = strlen(text);

	return len > 0 && len <= 127 && consists_of(text, pattern ? LOWER DIGITS "_-.*" : LOWER DIGITS "_-.") &&
	       text[0] != '.' && text[len - 1] != '.' && strstr(text, "..") == NULL;
}

static bool
is_printable(const char *text, size_t max)
{
	for (const char *p = text; *p != '\0'; p++)
		if (*p <= ' ' || *p > '~' || *p == '"' || *p == '\\')
			return false;
	return *text != '\0' && strlen(text) <= max;
}

/* A number of a version: digits without a leading zero; returns what follows, or NULL. */
static const char *
skip_number(const char *text)
{
	size_t n = strspn(text, DIGITS);

	return n == 0 || n > 9 || (n > 1 && text[0] == '0') ? NULL : text + n;
}

/* Dot-separated identifiers up to one of `ends`; numbers of a pre-release have no leading zeros. */
static const char *
skip_identifiers(const char *text, const char *ends, bool strict)
{
	for (;;) {
		size_t n = strspn(text, LOWER "ABCDEFGHIJKLMNOPQRSTUVWXYZ" DIGITS "-");

		if (n == 0 || (strict && n > 1 && text[0] == '0' && strspn(text, DIGITS) == n))
			return NULL;
		text += n;
		if (*text == '\0' || strchr(ends, *text) != NULL)
			return text;
		if (*text++ != '.')
			return NULL;
	}
}

/* semver.org, 2.0.0 */
static bool
is_semver(const char *text)
{
	const char *p = strlen(text) > 64 ? NULL : skip_number(text);

	for (int i = 0; i < 2 && p != NULL; i++)
		p = *p == '.' ? skip_number(p + 1) : NULL;
	if (p != NULL && *p == '-')
		p = skip_identifiers(p + 1, "+", true);
	if (p != NULL && *p == '+')
		p = skip_identifiers(p + 1, "", false);
	return p != NULL && *p == '\0';
}

static bool
is_number(const char *text, int64_t max, int64_t *ret)
{
	char *end;

	if (*text == '\0' || !consists_of(text, DIGITS))
		return false;
	errno = 0;
	*ret = strtoll(text, &end, 10);
	return errno == 0 && *ret <= max;
}

/* ---- One function for each key: adds its value, or says what was expected ---- */

/* Control characters, in one byte or two, and those of Unicode that turn or hide text.  What is asked about is UTF-8. */
static bool
is_control(const char *text)
{
	const unsigned char *c = (const unsigned char *)text;

	if (c[0] < ' ' || c[0] == 0x7f)
		return true;
	if (c[0] == 0xc2)
		return c[1] < 0xa0;
	if (c[0] == 0xd8)
		return c[1] == 0x9c;
	if (c[0] == 0xef)
		return c[1] == 0xbb && c[2] == 0xbf;
	if (c[0] == 0xf3)
		return c[1] == 0xa0 && c[2] <= 0x81;
	if (c[0] == 0xe2 && c[1] == 0x80)
		return (c[2] >= 0x8b && c[2] <= 0x8f) || (c[2] >= 0xa8 && c[2] <= 0xae);
	return c[0] == 0xe2 && c[1] == 0x81 && c[2] >= 0xa0 && c[2] <= 0xaf;
}

typedef const char *note_taker(json_t *notes, const char *key, const char *value, struct fault *fault);

static const char *
take_text(json_t *notes, const char *key, const char *value, struct fault *fault)
{
	(void)fault;
	for (const char *p = value; *p != '\0'; p++)
		if (is_control(p))
			return "one line of text, without characters that control how it is shown";
	if (strlen(value) > 500)
		return "at most 500 bytes";
	json_object_set_new(notes, key, json_string(value));
	return NULL;
}

static const char *
take_kind(json_t *notes, const char *key, const char *value, struct fault *fault)
{
	if (strcmp(value, "agent") != 0 && strcmp(value, "strategy") != 0 && strcmp(value, "check") != 0 &&
	    strcmp(value, "tool") != 0)
		return "agent, strategy, check or tool";
	return take_text(notes, key, value, fault);
}

static const char *
take_name(json_t *notes, const char *key, const char *value, struct fault *fault)
{
	return is_name(value) ? take_text(notes, key, value, fault) : "[a-z][a-z0-9-]{0,63}";
}

static const char *
take_version(json_t *notes, const char *key, const char *value, struct fault *fault)
{
	return is_semver(value) ? take_text(notes, key, value, fault) : "a semantic version as 1.2.0";
}

static const char *
take_abi(json_t *notes, const char *key, const char *value, struct fault *fault)
{
	const char *dot = skip_number(value), *end = dot != NULL && *dot == '.' ? skip_number(dot + 1) : NULL;

	if (end == NULL || *end != '\0')
		return "MAJOR.MINOR";
	if (atol(value) != HOSPES_ABI_MAJOR) {
		fault_set(fault, HOSPES_EABI, "abi major: expected %d, found %ld; build it again with this host's SDK",
		    HOSPES_ABI_MAJOR, atol(value));
		return "";
	}
	if (atol(dot + 1) > HOSPES_ABI_MINOR) {
		fault_set(fault, HOSPES_EABI,
		    "abi minor: expected at most %d, found %ld; install a newer host or build with this host's SDK",
		    HOSPES_ABI_MINOR, atol(dot + 1));
		return "";
	}
	return take_text(notes, key, value, fault);
}

static const char *
append(json_t *notes, const char *list, const char *value)
{
	json_array_append_new(json_object_get(notes, list), json_string(value));
	return NULL;
}

static const char *
take_capability(json_t *notes, const char *key, const char *value, struct fault *fault)
{
	(void)key;
	(void)fault;
	return is_dotted(value, false) ? append(notes, "capabilities", value) : "words of [a-z0-9_-] with dots between";
}

static const char *
take_subscribes(json_t *notes, const char *key, const char *value, struct fault *fault)
{
	(void)key;
	(void)fault;
	return is_dotted(value, true) ? append(notes, "subscribes", value) : "a pattern of words with dots between";
}

static const char *
take_needs(json_t *notes, const char *key, const char *value, struct fault *fault)
{
	const char *what = strchr(value, ':');
	bool good = false;

	(void)key;
	(void)fault;
	if (strncmp(value, "call:cap:", 9) == 0)
		good = is_dotted(value + 9, true);
	else if (strncmp(value, "call:", 5) == 0)
		good = is_dotted(what + 1, true) && strchr(what, '.') == NULL;
	else if (strncmp(value, "http:", 5) == 0)
		good = is_printable(what + 1, 250);
	else if (strncmp(value, "memory:", 7) == 0)
		good = is_space(what + 1);
	return good ? append(notes, "needs", value) : "call:NAME, call:cap:PATTERN, http:PATTERN or memory:SPACE";
}

static json_t *
preset(const char *type, const char *text)
{
	char *end;

	errno = 0;
	if (strcmp(type, "text") == 0)
		return json_string(text);
	if (strcmp(type, "file") == 0)
		return *text == '\0' || fd_name_valid(text) ? json_string(text) : NULL;
	if (strcmp(type, "bool") == 0)
		return strcmp(text, "true") == 0 ? json_true() : strcmp(text, "false") == 0 ? json_false() : NULL;
	if (strcmp(type, "int") == 0) {
		long long number = strtoll(text, &end, 10);

		return *text == '\0' || *end != '\0' || errno != 0 || *text == ' ' ? NULL : json_integer(number);
	}
	if (strcmp(type, "real") == 0) {
		double number = strtod(text, &end);

		return *text == '\0' || *end != '\0' || *text == ' ' || !isfinite(number) ? NULL : json_real(number);
	}
	return NULL;
}

static const char *
take_config(json_t *notes, const char *key, const char *value, struct fault *fault)
{
	static const char *const expected =
	    "NAME:TYPE:DEFAULT, TYPE one of int, real, bool, text, file and DEFAULT of that type";
	json_t *config = json_object_get(notes, key), *start;
	char name[NAME_MAX_ + 2], type[8];
	const char *first = strchr(value, ':'), *second = first == NULL ? NULL : strchr(first + 1, ':');

	if (second == NULL || first - value > NAME_MAX_ || first == value || second - first > (ptrdiff_t)sizeof(type))
		return expected;
	snprintf(name, sizeof(name), "%.*s", (int)(first - value), value);
	snprintf(type, sizeof(type), "%.*s", (int)(second - first - 1), first + 1);
	if (name[0] < 'a' || name[0] > 'z' || !consists_of(name, LOWER DIGITS "_"))
		return "a NAME of [a-z][a-z0-9_]*";
	start = preset(type, second + 1);
	if (start == NULL)
		return expected;
	if (json_object_get(config, name) != NULL) {
		json_decref(start);
		fault_set(fault, HOSPES_EBADPLUGIN, "note config: expected each name once, found %s again", name);
		return "";
	}
	json_object_set_new(config, name, json_pack("{s:s s:o}", "type", type, "default", start));
	return NULL;
}

static const char *
take_schema(json_t *notes, const char *key, const char *value, struct fault *fault)
{
	_cleanup_(json_p) json_t *schema = json_read(value, strlen(value), key, fault);

	if (schema == NULL || schema_valid(schema, fault) != 0) {
		fault_prefix(fault, "note %s", key);
		fault->status = HOSPES_EBADPLUGIN;
		return "";
	}
	json_object_set(notes, key, schema);
	return NULL;
}

static const char *
take_memory(json_t *notes, const char *key, const char *value, struct fault *fault)
{
	int64_t n;

	(void)key;
	(void)fault;
	if (!is_number(value, MEMORY_MIB_MAX, &n) || n == 0)
		return "MiB, 1 to 65536";
	json_object_set_new(notes, "memory_mib", json_integer(n));
	return NULL;
}

static const char *
take_recursion(json_t *notes, const char *key, const char *value, struct fault *fault)
{
	int64_t n;

	(void)fault;
	if (!is_number(value, RECURSION_MAX, &n))
		return "0 to 100";
	json_object_set_new(notes, key, json_integer(n));
	return NULL;
}

static const char *
take_price(json_t *notes, const char *key, const char *value, struct fault *fault)
{
	int64_t n;

	(void)fault;
	if (!is_number(value, PRICE_MICROS_MAX, &n))
		return "micro-dollars, at most 1000000000000";
	json_object_set_new(notes, key, json_integer(n));
	return NULL;
}

static const char *
take_state(json_t *notes, const char *key, const char *value, struct fault *fault)
{
	(void)key;
	(void)fault;
	if (strcmp(value, "cell") != 0)
		return "cell";
	json_object_set_new(notes, "state_cell", json_true());
	return NULL;
}

static const char *
take_effect(json_t *notes, const char *key, const char *value, struct fault *fault)
{
	if (strcmp(value, "pure") != 0 && strcmp(value, "idempotent") != 0 && strcmp(value, "keyed") != 0 &&
	    strcmp(value, "costly") != 0 && strcmp(value, "once") != 0)
		return "pure, idempotent, keyed, costly or once";
	return take_text(notes, key, value, fault);
}

static const struct key {
	const char *name;
	bool required, repeatable;
	note_taker *take;
} keys[] = {
    {"kind", true, false, take_kind},
    {"name", true, false, take_name},
    {"version", true, false, take_version},
    {"abi", true, false, take_abi},
    {"summary", true, false, take_text},
    {"capability", false, true, take_capability},
    {"needs", false, true, take_needs},
    {"config", false, true, take_config},
    {"subscribes", false, true, take_subscribes},
    {"input", false, false, take_schema},
    {"output", false, false, take_schema},
    {"memory", false, false, take_memory},
    {"recursion", false, false, take_recursion},
    {"price_micros", false, false, take_price},
    {"state", false, false, take_state},
    {"effect", false, false, take_effect},
    {"license", false, false, take_text},
};

int
notes_take(json_t *notes, const char *text, struct fault *fault)
{
	const char *value = strchr(text, '='), *expected;
	json_t *seen = json_object_get(notes, " seen");

	for (size_t i = 0; value != NULL && i < ARRAY_LEN(keys); i++) {
		const struct key *key = &keys[i];

		if (strlen(key->name) != (size_t)(value - text) ||
		    strncmp(key->name, text, (size_t)(value - text)) != 0)
			continue;
		if (!key->repeatable && json_object_get(seen, key->name) != NULL)
			return fault_set(
			    fault, HOSPES_EBADPLUGIN, "note %s: expected it once, found it again", key->name);
		json_object_set_new(seen, key->name, json_true());
		expected = key->take(notes, key->name, value + 1, fault);
		if (expected == NULL)
			return 0;
		if (*expected == '\0')
			return fault->status;
		return fault_set(
		    fault, HOSPES_EBADPLUGIN, "note %s: expected %s, found \"%.200s\"", key->name, expected, value + 1);
	}
	return fault_set(fault, HOSPES_EBADPLUGIN,
	    "expected notes that hospes.h knows, found \"%.100s\"; it is misspelt or made for a newer host", text);
}

static int
take_segment(
    const struct object *object, const Elf64_Phdr *ph, size_t most, json_t *notes, unsigned *count, struct fault *fault)
{
	Elf_Data *data = elf_getdata_rawchunk(
	    object->elf, (int64_t)ph->p_offset, ph->p_filesz, ph->p_align == 8 ? ELF_T_NHDR8 : ELF_T_NHDR);
	size_t at = 0, next, name, desc;
	GElf_Nhdr head;
	bool ours = false;

	while (data != NULL && (next = gelf_getnote(data, at, &head, &name, &desc)) > 0) {
		const char *owner = (const char *)data->d_buf + name, *text = (const char *)data->d_buf + desc;
		int rc;

		at = next;
		if (head.n_namesz != sizeof("Hospes") || memcmp(owner, "Hospes", sizeof("Hospes")) != 0)
			continue;
		if (++*count > NOTES_MAX || head.n_descsz > NOTE_MAX)
			return fault_set(fault, HOSPES_EBADPLUGIN, "expected at most %d notes of %zu bytes, found more",
			    NOTES_MAX, (size_t)NOTE_MAX);
		if (head.n_type != HOSPES_NOTE_TYPE || head.n_descsz == 0 || text[head.n_descsz - 1] != '\0' ||
		    strlen(text) + 1 != head.n_descsz || !utf8_valid(text, head.n_descsz - 1))
			return fault_set(
			    fault, HOSPES_EBADPLUGIN, "expected each note to be a line of UTF-8, found another kind");
		if (ph->p_filesz > most)
			return fault_set(fault, HOSPES_EBADPLUGIN,
			    "expected notes of %zu KiB at most in all, found %llu bytes", most / KIB,
			    (unsigned long long)ph->p_filesz);
		ours = true;
		rc = notes_take(notes, text, fault);
		if (rc != 0)
			return rc;
	}
	/* What comes after a note that cannot be read would not be read either. */
	if (ours && at + sizeof(Elf64_Nhdr) <= ph->p_filesz)
		return fault_set(fault, HOSPES_EBADPLUGIN,
		    "expected notes to the end of their segment of %llu bytes, found something else at byte %zu",
		    (unsigned long long)ph->p_filesz, at);
	return 0;
}

static int
check_complete(json_t *notes, struct fault *fault)
{
	const json_t *seen = json_object_get(notes, " seen");

	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (keys[i].required && json_object_get(seen, keys[i].name) == NULL)
			return fault_set(fault, HOSPES_EBADPLUGIN,
			    "expected a note `%s`, found none; declare the plugin with HOSPES_AGENT, HOSPES_STRATEGY, "
			    "HOSPES_CHECK or "
			    "HOSPES_TOOL",
			    keys[i].name);
	return 0;
}

static json_t *
notes_none(void)
{
	return json_pack("{s:{} s:[] s:[] s:[] s:{} s:i s:i s:b}", " seen", "capabilities", "needs", "subscribes",
	    "config", "recursion", 0, "price_micros", 0, "state_cell", 0);
}

static int
take_segments(const struct object *object, size_t most, json_t *notes, unsigned *count, struct fault *fault)
{
	int rc = 0;

	for (size_t i = 0; i < object->segments_n && rc == 0; i++)
		if (object->segments[i].p_type == PT_NOTE)
			rc = take_segment(object, &object->segments[i], most, notes, count, fault);
	return rc;
}

json_t *
notes_claims(const struct object *object)
{
	_cleanup_(json_p) json_t *notes = notes_none();
	json_t *claims = json_object();
	unsigned count = 0;
	struct fault fault;

	/* What comes before a note that is no good was checked all the same.  It may be too much in all: a few of it are read. */
	if (object->elf != NULL && notes != NULL)
		(void)take_segments(object, SIZE_MAX, notes, &count, &fault);
	if (json_object_get(notes, "name") != NULL)
		json_object_set(claims, "name", json_object_get(notes, "name"));
	if (json_object_get(notes, "version") != NULL)
		json_object_set(claims, "version", json_object_get(notes, "version"));
	return claims;
}

json_t *
notes_read(const struct object *object, struct fault *fault)
{
	json_t *notes = notes_none();
	unsigned count = 0;
	int rc = notes == NULL ? fault_set(fault, HOSPES_ENOMEM, "no memory for the notes") : 0;

	if (rc == 0)
		rc = take_segments(object, SEGMENT_MAX, notes, &count, fault);
	if (rc == 0 && count == 0)
		rc = fault_set(fault, HOSPES_EBADPLUGIN,
		    "expected the notes of a plugin, found a library without; declare it with the macros of hospes.h");
	if (rc == 0)
		rc = check_complete(notes, fault);
	if (rc == 0) {
		json_object_del(notes, " seen");
		return notes;
	}
	json_decref(notes);
	return NULL;
}

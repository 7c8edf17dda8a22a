/*
 * See imports.h.
 *
 * Allowed is what computes the same twice and touches nothing: memory, strings, numbers, output to the log, the C++
 * run-time library without its threads, clocks and files, jansson, the SDK.  Time and random functions are allowed because
 * hospes-cell puts its own in their place (interpose.c).  Not allowed is what keeps a hidden buffer (strtok), since calls
 * are interleaved in one process, and what a cell could not do anyway: better told at installation than at run time.
 *
 * This is hygiene, not the wall: a plugin can contain any instruction.  The wall is the sandbox.
 */

#include "cell/inspect/imports.h"

#include <stddef.h>
#include <string.h>

#include "config.h"

#include "base/util.h"

static const char *const libraries[] = {
    "libhospes.so.1",
    "libjansson.so.4",
    "libc.so.6",
    "libm.so.6",
    "libgcc_s.so.1",
    "libstdc++.so.6",
#ifdef HOSPES_SANITIZERS
    "libasan.so.8",
    "libubsan.so.1",
#endif
};

/* Words separated by spaces, of one kind each. */
static const char *const allowed[] = {
    /* memory */
    "memcpy memmove memset memcmp memchr memrchr memmem mempcpy memccpy rawmemchr explicit_bzero bcmp bcopy bzero swab",
    "malloc calloc realloc reallocarray free posix_memalign aligned_alloc memalign malloc_usable_size",
    /* strings */
    "strlen strnlen strcpy strncpy stpcpy stpncpy strcat strncat strcmp strncmp strcasecmp strncasecmp strcasestr "
    "strchr "
    "strrchr strchrnul index rindex strstr strspn strcspn strpbrk strsep strtok_r __strtok_r strdup strndup __strdup "
    "strcoll strxfrm strverscmp strlcpy strlcat strerror_r __xpg_strerror_r strerrorname_np strerrordesc_np",
    "ffs ffsl ffsll",
    /* characters */
    "isalnum isalpha isascii isblank iscntrl isdigit isgraph islower isprint ispunct isspace isupper isxdigit tolower "
    "toupper toascii __ctype_b_loc __ctype_tolower_loc __ctype_toupper_loc __ctype_get_mb_cur_max",
    "iswalnum iswalpha iswblank iswcntrl iswctype iswdigit iswgraph iswlower iswprint iswpunct iswspace iswupper "
    "iswxdigit towlower towupper towctrans wctype wctrans btowc wctob mbrtowc mbrlen mbsinit mbsrtowcs mbsnrtowcs "
    "mbstowcs wcrtomb wcsrtombs wcsnrtombs wcstombs wcwidth wcswidth",
    "wcslen wcsnlen wcscpy wcsncpy wcscat wcsncat wcscmp wcsncmp wcscasecmp wcsncasecmp wcschr wcsrchr wcsstr wcsspn "
    "wcscspn wcspbrk wcstok wcsdup wcscoll wcsxfrm wcstol wcstoll wcstoul wcstoull wcstod wcstof wcstold wmemcpy "
    "wmemmove "
    "wmemset wmemcmp wmemchr",
    /* numbers */
    "strtol strtoll strtoul strtoull strtoimax strtoumax strtod strtof strtold atoi atol atoll atof abs labs llabs div "
    "ldiv lldiv imaxabs imaxdiv",
    /* the log, and streams in memory */
    "printf vprintf fprintf vfprintf sprintf vsprintf snprintf vsnprintf asprintf vasprintf puts putchar putc fputc "
    "fputs "
    "fwrite perror fflush stdout stderr sscanf vsscanf swprintf vswprintf swscanf",
    "open_memstream open_wmemstream fmemopen fclose fgets fgetc getc ungetc fread feof ferror clearerr fseek fseeko "
    "ftell "
    "ftello rewind getline getdelim fscanf",
    /* order and search */
    "qsort qsort_r bsearch lfind lsearch tsearch tfind tdelete twalk twalk_r tdestroy hcreate_r hsearch_r hdestroy_r "
    "insque remque regcomp regexec regfree regerror fnmatch",
    /* control */
    "abort __assert_fail __assert_perror_fail __assert __stack_chk_fail __stack_chk_guard __errno_location setjmp "
    "_setjmp "
    "__sigsetjmp longjmp _longjmp siglongjmp __cxa_atexit __cxa_finalize __gmon_start__ _ITM_registerTMCloneTable "
    "_ITM_deregisterTMCloneTable __libc_single_threaded getenv secure_getenv",
    /* calendar, from a given time */
    "gmtime_r localtime_r asctime_r ctime_r mktime timegm strftime strptime difftime",
    /* what hospes-cell puts its own in place of */
    "time gettimeofday clock_gettime timespec_get ftime getrandom getentropy arc4random arc4random_buf "
    "arc4random_uniform "
    "rand rand_r srand random srandom drand48 erand48 lrand48 nrand48 mrand48 jrand48 srand48 seed48 lcong48 sleep "
    "usleep "
    "nanosleep clock_nanosleep",
    /* C++ */
    "__gxx_personality_v0 __dynamic_cast __cxa_allocate_exception __cxa_free_exception __cxa_throw __cxa_rethrow "
    "__cxa_begin_catch __cxa_end_catch __cxa_get_exception_ptr __cxa_current_exception_type __cxa_guard_acquire "
    "__cxa_guard_release __cxa_guard_abort __cxa_pure_virtual __cxa_deleted_virtual __cxa_bad_cast __cxa_bad_typeid "
    "__cxa_throw_bad_array_new_length __cxa_throw_bad_array_length __cxa_demangle __cxa_call_unexpected "
    "__cxa_call_terminate __cxa_init_primary_exception __cxa_vec_new __cxa_vec_new2 __cxa_vec_new3 __cxa_vec_ctor "
    "__cxa_vec_dtor __cxa_vec_cctor __cxa_vec_cleanup __cxa_vec_delete __cxa_vec_delete2 __cxa_vec_delete3",
    "__gcc_personality_v0 jansson_version_str jansson_version_cmp",
};

/* libm, each also with the suffixes f and l. */
static const char *const mathematics[] = {
    "acos acosh asin asinh atan atan2 atanh cbrt ceil copysign cos cosh drem erf erfc exp exp10 exp2 expm1 fabs fdim "
    "finite "
    "floor fma fmax fmin fmod frexp hypot ilogb isinf isnan j0 j1 jn ldexp lgamma lgamma_r llogb llrint llround log "
    "log10 "
    "log1p log2 logb lrint lround modf nan nearbyint nextafter nextdown nexttoward nextup pow remainder remquo rint "
    "round "
    "roundeven scalb scalbln scalbn significand sin sincos sinh sqrt tan tanh tgamma trunc y0 y1 yn",
    "cabs cacos cacosh carg casin casinh catan catanh ccos ccosh cexp cimag clog clog10 conj cpow cproj creal csin "
    "csinh "
    "csqrt ctan ctanh",
    "__fpclassify __signbit __isnan __isinf __finite __issignaling __iseqsig",
};
static const char *const rounding[] = {"feclearexcept fegetenv fegetexceptflag fegetround feholdexcept feraiseexcept "
				       "fesetenv fesetexceptflag fesetround fetestexcept feupdateenv"};

/* jansson reads and writes files with these, or they change it for everybody. */
static const char *const jansson_refused[] = {
    "json_load_file json_dump_file json_loadfd json_dumpfd json_loadf json_dumpf "
    "json_set_alloc_funcs json_set_alloc_funcs2 json_object_seed"};

/* Mangled beginnings of namespace std, its run-time types, and new and delete. */
static const char *const cxx_prefixes[] = {"_ZNSt", "_ZNKSt", "_ZNVSt", "_ZSt", "_ZNSa", "_ZNKSa", "_ZNSs", "_ZNKSs",
    "_ZNSi", "_ZNSo", "_ZNSd", "_ZNKSi", "_ZNKSo", "_ZNKSd", "_ZTISt", "_ZTVSt", "_ZTSSt", "_ZTTSt",
    "_ZTVN10__cxxabiv1", "_ZTIN10__cxxabiv1", "_ZN10__cxxabiv1", "_ZN9__gnu_cxx", "_ZNK9__gnu_cxx", "_ZTVN9__gnu_cxx",
    "_ZTI", "_ZGVNSt", "_Znw", "_Zna", "_Zdl", "_Zda", "_ZTINSt", "_ZTVNSt", "_ZTTNSt", "_ZThn", "_ZTv0", "_ZTC"};
static const char *const cxx_refused[] = {"random_device", "thread", "chrono", "basic_ofstream", "basic_ifstream",
    "basic_fstream", "basic_filebuf", "__basic_file", "filesystem", "condition_variable", "__future_base",
    "timed_mutex", "once_flag", "call_once", "atomic_futex", "_Sp_locker", "latch", "barrier", "semaphore"};

static bool
in_words(const char *const *lists, size_t n, const char *name, size_t len)
{
	for (size_t i = 0; i < n; i++)
		for (const char *p = lists[i]; *p != '\0';) {
			size_t word = strcspn(p, " ");

			if (word == len && strncmp(p, name, len) == 0)
				return true;
			p += word + (p[word] == ' ');
		}
	return false;
}

static bool
starts(const char *name, const char *prefix)
{
	return strncmp(name, prefix, strlen(prefix)) == 0;
}

static bool
ends(const char *name, size_t len, const char *suffix)
{
	size_t n = strlen(suffix);

	return len > n && strncmp(name + len - n, suffix, n) == 0;
}

static bool
is_mathematics(const char *name, size_t len)
{
	if (in_words(mathematics, ARRAY_LEN(mathematics), name, len) ||
	    in_words(rounding, ARRAY_LEN(rounding), name, len))
		return true;
	if (len > 2 && (name[len - 1] == 'f' || name[len - 1] == 'l') &&
	    in_words(mathematics, ARRAY_LEN(mathematics), name, len - 1))
		return true;
	/* lgammaf_r, and what -ffast-math used to call: __exp_finite */
	if (in_words((const char *const[]){"lgammaf_r lgammal_r"}, 1, name, len))
		return true;
	return starts(name, "__") && ends(name, len, "_finite") &&
	       is_mathematics(name + 2, len - 2 - strlen("_finite"));
}

/* libgcc's arithmetic: __OPERATIONMODE, with the number of operands behind it. */
static bool
is_arithmetic(const char *name)
{
	static const char *const operations[] = {"__add", "__sub", "__mul", "__div", "__mod", "__udiv", "__umod",
	    "__neg", "__ash", "__lshr", "__popcount", "__clz", "__ctz", "__ffs", "__parity", "__bswap", "__powi",
	    "__abs", "__cmp", "__ucmp", "__eq", "__ne", "__lt", "__le", "__gt", "__ge", "__unord", "__float", "__fix",
	    "__extend", "__trunc"};
	static const char *const modes[] = {
	    "si", "di", "ti", "hf", "sf", "df", "xf", "tf", "hc", "sc", "dc", "xc", "tc"};
	size_t len = strlen(name);

	if (name[len - 1] >= '2' && name[len - 1] <= '4')
		len--;
	for (size_t i = 0; i < ARRAY_LEN(operations); i++)
		if (starts(name, operations[i]))
			for (size_t k = 0; k < ARRAY_LEN(modes); k++)
				if (ends(name, len, modes[k]))
					return true;
	return false;
}

static bool
is_cxx(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(cxx_refused); i++)
		if (strstr(name, cxx_refused[i]) != NULL)
			return false;
	for (size_t i = 0; i < ARRAY_LEN(cxx_prefixes); i++)
		if (starts(name, cxx_prefixes[i]))
			return true;
	return false;
}

/* The C library's second names for a function: checked (__printf_chk), of a newer standard, without locks. */
static bool
is_plain(const char *name, size_t len)
{
	if (in_words(allowed, ARRAY_LEN(allowed), name, len) || is_mathematics(name, len))
		return true;
	if (starts(name, "__isoc99_") || starts(name, "__isoc23_"))
		return is_plain(name + 9, len - 9);
	if (starts(name, "__") && len > 6 && ends(name, len, "_chk"))
		return is_plain(name + 2, len - 6);
	return ends(name, len, "_unlocked") && is_plain(name, len - strlen("_unlocked"));
}

bool
imports_library(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(libraries); i++)
		if (strcmp(libraries[i], name) == 0)
			return true;
	/* The loader itself, which has __tls_get_addr and the stack's guard value. */
	return starts(name, "ld-linux") && strchr(name, '/') == NULL;
}

bool
imports_symbol(const char *name)
{
	size_t len = strlen(name);

	if (len == 0)
		return false;
	if (starts(name, "hospes_"))
		return !starts(name, "hospes_rt_");
	if (starts(name, "json_"))
		return !in_words(jansson_refused, ARRAY_LEN(jansson_refused), name, len);
	if (starts(name, "_Unwind_"))
		return true;
#ifdef HOSPES_SANITIZERS
	if (starts(name, "__asan_") || starts(name, "__ubsan_") || starts(name, "__sanitizer_"))
		return true;
#endif
	return starts(name, "_Z") ? is_cxx(name) : is_plain(name, len) || is_arithmetic(name);
}

const char *
imports_advice(const char *name)
{
	static const struct {
		const char *words, *advice;
	} advices[] = {
	    {"strtok", "use strtok_r: calls are interleaved in one process"},
	    {"strerror", "use strerror_r: calls are interleaved in one process"},
	    {"gmtime localtime asctime ctime", "use the form that ends in _r: calls are interleaved in one process"},
	    {"fopen fopen64 fdopen freopen open open64 openat creat read json_load_file json_dump_file json_loadf "
	     "json_dumpf",
		"a plugin has no files: take what it needs as input"},
	    {"socket connect getaddrinfo gethostbyname curl_easy_init", "a plugin has no network: use hospes_http"},
	    {"popen system execve execvp fork vfork posix_spawn", "a plugin starts no processes: call an agent"},
	    {"pthread_create thrd_create", "a plugin starts no threads: use hospes_start and hospes_wait_any"},
	    {"pthread_mutex_lock pthread_mutex_unlock pthread_once",
		"a plugin has one thread, and a call that holds a lock while it waits would stop all others"},
	    {"__tls_get_addr", "a plugin has no thread-local storage: keep state in the call"},
	    {"exit _exit _Exit quick_exit", "return from the handler, with hospes_fail when it failed"},
	    {"clock times getrusage", "the time computed differs from one execution to the next: use hospes_now_ns"},
	};

	for (size_t i = 0; i < ARRAY_LEN(advices); i++)
		if (in_words(&advices[i].words, 1, name, strlen(name)))
			return advices[i].advice;
	return NULL;
}

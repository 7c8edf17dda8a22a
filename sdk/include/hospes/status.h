/*
 * Statuses: the one list of what can go wrong.
 *
 * A status is 0 for success or one of the negative numbers below.  The name in quotes is what users, clients and the
 * journal see (`error.code`); it never changes its meaning, and numbers are never used again.  The host and the SDK
 * share this list, so a status passes through agents, the wire and the API without translation.
 */

#ifndef HOSPES_STATUS_H
#define HOSPES_STATUS_H

/* clang-format off */
#define HOSPES_STATUSES(X) \
	/* what the caller gave */ \
	X(HOSPES_EINPUT,      -1, "bad_input")           /* input that is malformed or does not fit the schema */ \
	X(HOSPES_ETOOLARGE,   -2, "too_large")           /* a payload, a name or a count over its limit */ \
	X(HOSPES_ENOENT,      -3, "not_found")           /* the thing named does not exist */ \
	X(HOSPES_ENOAGENT,    -4, "no_such_agent")       /* no plugin of that name or capability is active */ \
	X(HOSPES_ENORUN,      -5, "no_such_run")         /* no run of that id is known */ \
	X(HOSPES_ENOVERSION,  -6, "no_such_version")     /* that version of the plugin is not in the store */ \
	X(HOSPES_ECONFLICT,   -7, "conflict")            /* the state is not what the request assumes */ \
	X(HOSPES_EERASED,     -8, "erased")              /* what is asked for was erased; that it was there is known */ \
	/* what a plugin did */ \
	X(HOSPES_EFAILED,    -20, "failed")              /* the handler said that it failed */ \
	X(HOSPES_EPOISON,    -21, "poison")              /* the call killed its cell, alone, a second time */ \
	X(HOSPES_ESTUCK,     -22, "stuck")               /* computed or kept silent past the watchdog's bound */ \
	X(HOSPES_ENONDET,    -23, "nondeterministic")    /* replay asked for something else than the record shows */ \
	X(HOSPES_ENOTINCALL, -24, "not_in_call")         /* a function that is an op was used outside a call */ \
	X(HOSPES_EWRONGPLACE,-25, "wrong_place")         /* an SDK function used where its tag forbids it */ \
	X(HOSPES_EPROTOCOL,  -26, "protocol_violation")  /* a frame that the phase table does not permit */ \
	X(HOSPES_EOUTPUT,    -27, "bad_output")          /* a reply that does not fit the plugin's own schema */ \
	X(HOSPES_ENOREPLY,   -28, "no_reply")            /* the handler returned 0 and had replied nothing */ \
	X(HOSPES_ELOAD,      -29, "load_failed")         /* dlopen or the init hook failed */ \
	/* what a guard refused */ \
	X(HOSPES_EPERM,      -40, "permission_denied")   /* not declared in the notes or not granted by the policy */ \
	X(HOSPES_EDEADLINE,  -41, "deadline_exceeded")   /* the time given is over */ \
	X(HOSPES_EDEPTH,     -42, "depth_exceeded")      /* a chain of agents longer than the limit */ \
	X(HOSPES_ECYCLE,     -43, "cycle")               /* an agent would call its own ancestor */ \
	X(HOSPES_EBUDGET,    -44, "budget_exceeded")     /* calls, money, tokens or time are used up */ \
	X(HOSPES_ECANCELLED, -45, "cancelled")           /* somebody who may stopped it */ \
	X(HOSPES_ERATE,      -46, "rate_limited")        /* more requests than the rate allows */ \
	X(HOSPES_EBUSY,      -47, "overloaded")          /* no slot, queue full, or the host is draining */ \
	X(HOSPES_EBREAKER,   -48, "breaker_open")        /* the target failed too often of late */ \
	X(HOSPES_EREPEATED,  -49, "repeated")            /* the same call once more after it had ended */ \
	X(HOSPES_EGROUND,    -50, "not_grounded")        /* a check found claims that their sources do not bear out */ \
	X(HOSPES_EDEADLOCK,  -51, "deadlock")            /* every call of the run waits for what only the run could give */ \
	X(HOSPES_EREJECTED,  -52, "rejected")            /* a human was asked, and said no */ \
	/* effects */ \
	X(HOSPES_EHTTP,      -60, "http_failed")         /* no HTTP answer: resolve, connect, TLS, time, size */ \
	X(HOSPES_EADDRESS,   -61, "address_refused")     /* a private address without a grant */ \
	X(HOSPES_EUNKNOWN,   -62, "outcome_unknown")     /* begun, and nobody can tell whether it took place */ \
	/* plugin files */ \
	X(HOSPES_EBADPLUGIN, -80, "bad_plugin")          /* not a plugin: truncated, text, no notes, bad notes */ \
	X(HOSPES_EMACHINE,   -81, "wrong_machine")       /* an ELF file for another machine */ \
	X(HOSPES_EABI,       -82, "abi_mismatch")        /* built for an ABI that this host does not offer */ \
	X(HOSPES_EIMPORT,    -83, "forbidden_import")    /* a symbol or library outside the allow-list */ \
	X(HOSPES_ESYMBOL,    -84, "missing_symbol")      /* hospes_plugin_v1 or a needed symbol is not there */ \
	X(HOSPES_EVERSION,   -85, "version_conflict")    /* the same name and version with other bytes */ \
	X(HOSPES_EWITHDRAWN, -86, "withdrawn")           /* the version was withdrawn by the operator */ \
	X(HOSPES_EFOLDER,    -87, "unsafe_folder")       /* a plugin folder that others may write to */ \
	/* the host itself */ \
	X(HOSPES_ECONFIG,   -100, "bad_config")          /* a key or value of the configuration */ \
	X(HOSPES_EINUSE,    -101, "in_use")              /* state directory or socket held by another host */ \
	X(HOSPES_EOWNER,    -102, "wrong_owner")         /* state directory owned by somebody else */ \
	X(HOSPES_EDISK,     -103, "disk_full")           /* no room to write the journal or the store */ \
	X(HOSPES_EIO,       -104, "io_error")            /* the operating system refused a read or write */ \
	X(HOSPES_EDAMAGED,  -105, "damaged")             /* the journal or store holds what cannot be right */ \
	X(HOSPES_ESANDBOX,  -106, "sandbox_missing")     /* a required layer of the sandbox is not to be had */ \
	X(HOSPES_ENOHOST,   -107, "no_host")             /* no host answers on the socket */ \
	X(HOSPES_ENOMEM,    -108, "out_of_memory")       /* the machine, or a cell, has no more */ \
	X(HOSPES_EBUG,      -109, "internal")            /* a bug of ours */ \
	X(HOSPES_ECUTOFF,   -110, "interrupted")         /* of no host since 0.3: what is open when a host ends goes on later */
/* clang-format on */

enum hospes_status {
	HOSPES_OK = 0,
#define HOSPES_STATUS_ENUM(symbol, number, name) symbol = number,
	HOSPES_STATUSES(HOSPES_STATUS_ENUM)
#undef HOSPES_STATUS_ENUM
};

#endif

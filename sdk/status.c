/*
 * The names of statuses.
 */

#include "ctx.h"

const char *
hospes_status_name(int status)
{
	switch (status) {
	case HOSPES_OK:
		return "ok";
#define STATUS_NAME(symbol, number, name)                                                                              \
	case symbol:                                                                                                   \
		return name;
		HOSPES_STATUSES(STATUS_NAME)
#undef STATUS_NAME
	default:
		return "unknown";
	}
}

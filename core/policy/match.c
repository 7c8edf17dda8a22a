/*
 * Does a pattern match?
 *
 * What is asked about comes from a plugin, so it is read the strict way: a host with characters that no host has, a path
 * that climbs, a port out of range match nothing.  Whoever asks has taken the URL apart already; what is refused here is
 * what a server or a resolver might read differently from us.
 */

#include "policy/match.h"
#include "policy/policy.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

/* Goes back to the last star only, which is enough for stars: no pattern takes more than pattern * text steps. */
bool
policy_match(const char *pattern, const char *text)
{
	const char *star = NULL, *resume = NULL;

	while (*text != '\0') {
		if (*pattern == '*') {
			star = ++pattern;
			resume = text;
		} else if (*pattern == *text) {
			pattern++;
			text++;
		} else if (star != NULL) {
			pattern = star;
			text = ++resume;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

static bool
is_host_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
	       c == '.';
}

static bool
is_address_char(char c)
{
	return (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || (c >= '0' && c <= '9') || c == ':' || c == '.';
}

/* Takes brackets and one trailing dot off; false when what is left cannot be a host: empty, empty labels, characters
 * that only the userinfo, an escape or another language's letters could have brought there. */
static bool
host_trim(const char **host, size_t *len)
{
	bool address = *len >= 2 && (*host)[0] == '[' && (*host)[*len - 1] == ']';

	if (address) {
		(*host)++;
		*len -= 2;
	} else if (memchr(*host, ':', *len) != NULL) {
		address = true;
	} else if (*len > 0 && (*host)[*len - 1] == '.') {
		(*len)--;
	}
	if (*len == 0 || *len > 253 || (!address && ((*host)[0] == '.' || (*host)[*len - 1] == '.')))
		return false;
	for (size_t i = 0; i < *len; i++) {
		if (address ? !is_address_char((*host)[i]) : !is_host_char((*host)[i]))
			return false;
		if (!address && i > 0 && (*host)[i] == '.' && (*host)[i - 1] == '.')
			return false;
	}
	return true;
}

static unsigned
scheme_port(const char *scheme, size_t len)
{
	if (len == 4 && strncasecmp(scheme, "http", len) == 0)
		return 80;
	if (len == 5 && strncasecmp(scheme, "https", len) == 0)
		return 443;
	return 0;
}

static bool
read_port(const char *text, size_t len, struct url_pattern *p)
{
	unsigned port = 0;

	if (len == 1 && text[0] == '*') {
		p->port_any = true;
		return true;
	}
	if (len == 0 || len > 5)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		port = port * 10 + (unsigned)(text[i] - '0');
	}
	if (port == 0 || port > 65535)
		return false;
	p->port = port;
	return true;
}

/* HOST[:PORT], `len` bytes. */
static bool
read_authority(const char *text, size_t len, struct url_pattern *p)
{
	size_t host_len = len;

	if (len > 0 && text[0] == '[') {
		const char *close = memchr(text, ']', len);

		if (close == NULL)
			return false;
		host_len = (size_t)(close + 1 - text);
	} else {
		const char *colon = memchr(text, ':', len);

		if (colon != NULL)
			host_len = (size_t)(colon - text);
	}
	if (host_len < len && (text[host_len] != ':' || !read_port(text + host_len + 1, len - host_len - 1, p)))
		return false;
	p->host = text;
	p->host_len = host_len;
	if (host_len == 1 && text[0] == '*') {
		p->host_any = true;
		return true;
	}
	if (host_len > 2 && text[0] == '*' && text[1] == '.') {
		p->host_below = true;
		p->host += 2;
		p->host_len -= 2;
	}
	return host_trim(&p->host, &p->host_len);
}

/*
 * Could a server take this path for one that lies elsewhere?  A segment "." or "..", also when dots, slashes or
 * backslashes are escaped, or when parameters (";") follow it; and any byte that has no business in a path.
 */
static bool
path_climbs(const char *path)
{
	size_t dots = 0, others = 0;

	for (const char *at = path;; at++) {
		char c = *at;

		if (c == '%' && (strncasecmp(at, "%2e", 3) == 0 || strncasecmp(at, "%2f", 3) == 0 ||
				    strncasecmp(at, "%5c", 3) == 0)) {
			c = at[1] == '5' ? '\\' : (at[2] == 'e' || at[2] == 'E') ? '.' : '/';
			at += 2;
		}
		if (c == '\0' || c == '/' || c == '\\' || c == '?' || c == '#' || c == ';') {
			if (others == 0 && (dots == 1 || dots == 2))
				return true;
			if (c == '\0' || c == '?' || c == '#')
				return false;
			dots = others = 0;
			continue;
		}
		if ((unsigned char)c <= 0x20 || c == 0x7f)
			return true;
		if (c == '.')
			dots++;
		else
			others++;
	}
}

bool
url_pattern_read(const char *pattern, struct url_pattern *ret)
{
	struct url_pattern p = {.path = ""};
	const char *after, *authority;
	size_t len;

	if (strcmp(pattern, "*") == 0) {
		p.any = true;
		*ret = p;
		return true;
	}
	after = strstr(pattern, "://");
	if (after == NULL)
		return false;
	p.scheme = pattern;
	p.scheme_len = (size_t)(after - pattern);
	p.port = scheme_port(p.scheme, p.scheme_len);
	if (p.port == 0)
		return false;
	authority = after + 3;
	len = strcspn(authority, "/");
	if (!read_authority(authority, len, &p))
		return false;
	p.path = authority + len;
	if (strpbrk(p.path, "?#*") != NULL || path_climbs(p.path))
		return false;
	*ret = p;
	return true;
}

static bool
path_below(const char *pattern, const char *path)
{
	size_t len = strlen(pattern);

	if (len == 0 || strcmp(pattern, "/") == 0)
		return true;
	if (path_climbs(path) || strncmp(pattern, path, len) != 0)
		return false;
	return pattern[len - 1] == '/' || path[len] == '\0' || path[len] == '/' || path[len] == '?' || path[len] == '#';
}

static bool
host_matches(const struct url_pattern *p, const char *host, size_t len)
{
	if (p->host_any)
		return true;
	if (!p->host_below)
		return len == p->host_len && strncasecmp(host, p->host, len) == 0;
	return len > p->host_len + 1 && host[len - p->host_len - 1] == '.' &&
	       strncasecmp(host + len - p->host_len, p->host, p->host_len) == 0;
}

bool
policy_http(const char *pattern, const char *scheme, const char *host, unsigned port, const char *path)
{
	struct url_pattern p;
	size_t host_len = strlen(host);

	if (!url_pattern_read(pattern, &p) || scheme_port(scheme, strlen(scheme)) == 0)
		return false;
	if (!host_trim(&host, &host_len) || port == 0 || port > 65535)
		return false;
	if (p.any)
		return true;
	if (strlen(scheme) != p.scheme_len || strncasecmp(scheme, p.scheme, p.scheme_len) != 0)
		return false;
	return host_matches(&p, host, host_len) && (p.port_any || p.port == port) && path_below(p.path, path);
}

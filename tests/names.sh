#!/bin/bash
# Sentences name commands, options and configuration keys: is each of them there?  Read from the sources.  TAP.
#
#   `hospes COMMAND`   a row of the table in core/cli/main.c
#   --option           of hospes or hospesd
#   `group.key`        a key of core/policy/keys.c; a key of a group is named with its group
#
# tests/names.sh [SOURCE-TREE]

set -u
tree=${1:-$(cd "$(dirname "$0")/.." && pwd)}
cd "$tree" || exit 2

commands=$(grep -ohE '\.name = "[a-z]+"' core/cli/main.c | cut -d'"' -f2)
options=$(grep -ohE '\{"[a-z-]+", (0|.[a-z].|no_argument|required_argument)' core/cli/main.c core/cli/memory.c core/cli/options.c \
    core/options.c | cut -d'"' -f2)
keys=$(grep -ohE '^	\{"[a-z_.]+", +KEY_' core/policy/keys.c | cut -d'"' -f2)
groups=$(printf '%s\n' plugins grants limits; grep '\.' <<<"$keys" | cut -d. -f1 | sort -u)

# FILE:LINE:STRING of every string that may be a sentence.
strings()
{
	find core -name '*.c' -exec grep -nHE '"[^"]* [^"]*"' {} + | grep -vE ':[[:space:]]*(/?\*|//)'
}

# named PATTERN: "FILE:LINE WORD" of all that match.
all=$(strings)
named()
{
	PATTERN=$1 perl -ne 'next unless /^([^:]*:[^:]*):(.*)$/;
	    my ($where, $text) = ($1, $2);
	    print "$where $1\n" while $text =~ /($ENV{PATTERN})/g' <<<"$all"
}

# strangers PATTERN LIST: those that are not in the list, without what surrounds the name.
strangers()
{
	named "$1" | while read -r where word; do
		name=$(sed -E 's/^[` "(]?(hospes |--)?//; s/`$//' <<<"$word")
		grep -qxF -- "$name" <<<"$2" || echo "# $where: $word"
	done
}

count=0
none()
{
	count=$((count + 1))
	if [ -z "$1" ]; then
		echo "ok $count - $2"
	else
		printf 'not ok %d - %s\n%s\n' "$count" "$2" "$1"
	fi
}

bare=$(grep '\.' <<<"$keys" | cut -d. -f2 | grep -vxF "$keys" | sort -u | paste -sd'|')
none "$(strangers '`hospes [a-z]+' "$commands")" "every command that a sentence names is there"
# those of useradd and of hospes-inspect are not ours to keep
none "$(strangers '[ "(]--[a-z][a-z-]+' "$options" | grep -vE 'core/cell/(inspect|spawner)/|--(system|no-create-home)$|core/cli/info')" \
    "every option"
none "$(strangers '`[a-z]+\.[a-z_]+`' "$keys")" "every key of a group"
none "$(named "\`($bare)\`" | sed 's/^/# /')" "and none without its group"
none "$(strangers '`(plugins|grants|limits)`' "$groups")" "every group"
[ "$(named '`hospes [a-z]+' | wc -l)" -gt 10 ] && [ "$(named '`[a-z]+\.[a-z_]+`' | wc -l)" -gt 2 ] ||
    echo "Bail out! it does not see the sentences"
echo "1..$count"

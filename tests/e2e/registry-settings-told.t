# What the configuration says of a plugin and the plugin's notes do not know is told at start, with its line, and not
# first by a run that fails.
. "$TESTS/lib.sh"
plan 10

# warned LINE TEXT...: is there a warning with this place and all these words?
warned()
{
	local found text
	found=$(grep 'level=warn' "$T/host.log" | grep -E "hospes.conf:$1( |\$)")
	shift
	[ -n "$found" ] || return 1
	for text in "$@"; do
		grep -qF -- "$text" <<<"$found" || return 1
	done
}

mkdir -p -m 0755 "$DROP"
drop survey
drop wordcount
host_start 'plugins: {
	survey: { at_once = "many"; };
	wordcount: { nope = 1; };
	ghost: { a = 1; };
};
grants: { phantom: { private = false; }; };'
# conf_write puts three lines before these
holds 'warned 5 survey at_once "type int"' "a value of the wrong type"
holds 'warned 6 wordcount nope "no setting"' "a setting that there is not"
holds 'warned 7 ghost "not there"' "a plugin that there is not"
holds 'warned 9 phantom "not there"' "in whatever group it is named"
is "$(grep -c 'hospes.conf:' "$T/host.log")" 4 "each once"
run wordcount '{"name": "a", "text": "one two"}';     fails_with bad_config "a run is refused for it"
                                         says 'no setting \"nope\"'

conf_write '




plugins: { wordcount: { never = 1; }; };'
kill -HUP "$HOST"
wait_for "logged 'configuration was read again'"
holds 'warned 9 wordcount never' "a reload is looked at too"
is "$(grep -c 'hospes.conf:' "$T/host.log")" 5 "and tells nothing else"
plugin wordcount-1.1 wordcount 1.1.0
holds "grep -F version=1.1.0 '$T/host.log' | grep -qF hospes.conf:9" "and so is a version that becomes active"

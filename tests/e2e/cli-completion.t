# Completion in bash offers what there is: commands and options as the program tells them, names, versions and runs as the
# host does; without a host it is silent.
. "$TESTS/lib.sh"
plan 35
mkdir -p "$T/work/folder"
touch "$T/work/input.json" "$T/work/one.so" "$T/work/two.so"
: >"$T/errors"

# completes 'hospes command line' 'words' "why": what is offered at the end of the line, in the order of the alphabet.
completes()
{
	local found
	found=$(
		cd "$T/work" || exit
		. "$STAGE/share/bash-completion/completions/hospes.bash"
		COMP_WORDS=()
		# As readline has it: a "=" is a word of its own.
		for word in $1; do
			case $word in
			--*=*) COMP_WORDS+=("${word%%=*}" = "${word#*=}") ;;
			*) COMP_WORDS+=("$word") ;;
			esac
		done
		[ "${1% }" = "$1" ] || COMP_WORDS+=("")
		COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
		_hospes hospes "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}" 2>>"$T/errors"
		printf '%s\n' "${COMPREPLY[@]}" | sort | tr '\n' ' '
	)
	is "${found% }" "$2" "$3"
}

conf_write # nobody listens yet
completes 'hospes run ' '' "without a host there is no name to offer"
completes 'hospes show ' '' "and no run"

host_start
plugin echo
plugin silent
drop echo-2
wait_for '[ "$(active echo)" = 2.0.0 ]'
run echo '{"a": 1}';                            ended=$id
run_start silent '{}';                          open=$id

completes 'hospes ro' 'rollback' "a command"
completes 'hospes ' "$({ hospes --help | sed -nE 's/^  ([a-z]+) .*/\1/p'; echo --help; echo --version; } | sort | tr '\n' ' ' | sed 's/ $//')" \
    "all commands"
completes 'hospes policy ' '--help check' "a family of one"
completes 'hospes policy check in' 'input.json' "and its file"
completes 'hospes rollback --' '--help --json --socket --to --why' "the options of a command"
completes 'hospes ps -' '--all --help --json --limit --socket -a -h -n' "the short ones too"
completes 'hospes run ' 'echo silent' "run: the names of the plugins"
completes 'hospes rollback e' 'echo' "rollback: those that fit"
completes 'hospes versions --json s' 'silent' "an option before does not count"
completes 'hospes run echo --version ' '1.0.0 2.0.0' "the versions of the plugin that was named"
completes 'hospes withdraw echo ' '1.0.0 2.0.0' "as an argument too"
completes 'hospes run echo --set s' 'silent.' "a plugin's configuration"
completes 'hospes show ' "$(printf '%s\n' "$ended" "$open" | sort | tr '\n' ' ' | sed 's/ $//')" "show: all runs"
completes 'hospes cancel ' "$open" "cancel: those in flight"
completes 'hospes resolve ' "$open" "resolve: the same"
completes "hospes resolve $open --outcome n" 'not-done' "what may be said of an effect"
completes "hospes resolve $open --outcome " 'done folder input.json not-done one.so two.so' "and files with its answer"
completes 'hospes review x-1 ' 'answer approve edit reject' "review: what may be said"
completes "hospes wait ${open:0:20}" "$open" "wait: by the first letters"
completes 'hospes run echo --in ' 'folder input.json one.so two.so' "files where a file is wanted"
completes 'hospes run echo --in=inp' 'input.json' "behind a = too"
completes 'hospes install ' 'folder one.so two.so' "install: plugins and folders"
completes 'hospes test one.so ' 'folder input.json one.so two.so' "test: cases"
completes 'hospes new ' 'agent strategy' "choices"
completes 'hospes show --socket /nowhere ' '' "the host that is named is asked, and no other"
completes 'hospes nonsense ' '' "nothing for what is no command"
completes 'hospes dev --st' '--state' "dev: the options of hospesd"

hospes memory put house rule --value '"no shoes"' >"$T/out" 2>&1
completes 'hospes memory re' 'reindex' "a command of a family"
completes 'hospes memory search --most' '--most --most-each' "its options"
completes 'hospes memory get ' 'house' "the spaces of the memory"
completes 'hospes memory forget house ' 'rule' "the keys of one"
completes 'hospes ask why --space ' 'house' "a space as the value of an option"
is "$(cat "$T/errors")" "" "and nothing was said on the way"
hospes cancel "$open" >"$T/out" 2>&1

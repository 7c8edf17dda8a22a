# Completion of the hospes command for bash.
#
# What there is to complete it asks: commands and options of `hospes --help`, names, versions, runs and spaces of the host.
# A host that does not answer within a second, or is not there, has nothing to offer, and nothing is said of that.
#
# What came from outside is reduced to letters, digits and a few signs before bash looks at it: compgen -W expands words.

# The command line so far: sets the variables of _hospes.  `--name=value` comes in three words and is taken as two.
_hospes_read()
{
	local i word
	words=()
	for ((i = 1; i <= COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		if [ "$word" = = ] && [[ ${COMP_WORDS[i - 1]} == --* ]]; then
			[ "$i" -lt "$COMP_CWORD" ] || words+=('')
			continue
		fi
		words+=("$word")
	done
	current=${words[${#words[@]} - 1]}
	unset 'words[${#words[@]}-1]'
}

# `hospes COMMAND... --help`.
_hospes_help()
{
	"$hospes" "$@" --help 2>/dev/null </dev/null
}

# Commands that a help text lists: "run", "memory load".
_hospes_commands()
{
	sed -nE '/^options:/q; s/^  ([a-z]+( [a-z]+)?)  .*/\1/p'
}

# Options of a help text: "--in FILE", "-a", "--all", one a line.
_hospes_options()
{
	sed -nE 's/^ +(--[a-z]+), (--[a-z]+)$/\1\n\2/p; t
	    s/^ +((-[a-zA-Z]), )?(--[a-z-]+( [A-Z][A-Za-z.=]*)?).*/\2\n\3/p' | grep .
}

# What the usage has in place of the arguments, in order: NAME, RUN, FILE.so, agent|strategy, PATH...
_hospes_places()
{
	sed -nE '1 {
	    s/^usage: hospes '"$1"'//
	    s/ \| .*//
	    :again
	    s/\[-[^][]*\]//
	    t again
	    s/\[OPTION[^][]*\](\.\.\.)?//g
	    s/--?[a-z-]+ [A-Z]+(\.\.\.)?//g
	    s/[][]//g
	    p
	}'
}

# Asks the host; what it says is cut down to the values of one member of each object.
_hospes_ask()
{
	local member=$1
	shift
	timeout 1 "$hospes" "$@" "${socket[@]}" --json 2>/dev/null </dev/null |
	    grep -oE "\"$member\": *\"[A-Za-z0-9._+/-]+\"" | sed -E 's/.*"([^"]+)"$/\1/'
}

_hospes_words()
{
	COMPREPLY+=($(compgen -W "$*" -- "$current"))
}

# Files whose names match a pattern, and folders to look for them in.
_hospes_files()
{
	local IFS=$'\n'
	compopt -o filenames 2>/dev/null
	COMPREPLY+=($(compgen -d -- "$current"))
	[ "$1" = / ] || COMPREPLY+=($(compgen -f -X "!$1" -- "$current"))
	# A folder is a file too.
	[ ${#COMPREPLY[@]} -eq 0 ] || COMPREPLY=($(printf '%s\n' "${COMPREPLY[@]}" | sort -u))
}

# What stands in one place of the usage, or is the value of an option.
_hospes_value()
{
	case ${1%...} in
	'RUN|DIGEST') _hospes_words $(_hospes_ask id ps --all) ;;
	NAME)
		case $2 in
		new) ;;
		--space) _hospes_words $(_hospes_ask space memory list) ;;
		*) _hospes_words $(_hospes_ask name agents) ;;
		esac
		;;
	RUN)
		case $2 in
		wait | cancel | resolve) _hospes_words $(_hospes_ask id ps) ;;
		*) _hospes_words $(_hospes_ask id ps --all) ;;
		esac
		;;
	CALL) _hospes_words $(_hospes_ask path ps) ;; # ps tells those that wait for a decision
	ID) _hospes_words $(_hospes_ask id reviews) ;;
	OUTCOME)
		_hospes_files '*'
		_hospes_words done not-done
		;;
	V | VERSION) [ ${#arguments[@]} -eq 0 ] || _hospes_words $(_hospes_ask version versions "${arguments[0]}") ;;
	SPACE) _hospes_words $(_hospes_ask space memory list) ;;
	KEY) [ ${#arguments[@]} -eq 0 ] || _hospes_words $(_hospes_ask key memory list "${arguments[0]}") ;;
	P.KEY=VALUE)
		compopt -o nospace 2>/dev/null
		_hospes_words $(_hospes_ask name agents | sed 's/$/./')
		;;
	FILE.so) _hospes_files '*.so' ;;
	FILE | PATH | CASE) _hospes_files '*' ;;
	DIR | FOLDER) _hospes_files / ;;
	*'|'*) _hospes_words ${1//|/ } ;;
	esac
}

# `hospes dev` takes the options of hospesd.
_hospes_hospesd()
{
	local beside
	beside=$(type -P -- "$hospes") && beside=${beside%/*}/../sbin/hospesd
	[ -x "$beside" ] || beside=hospesd
	"$beside" --help 2>/dev/null </dev/null
}

_hospes()
{
	local hospes=$1 current option= help command i word options places
	local -a words arguments=() socket=()
	COMPREPLY=()
	_hospes_read
	help=$(_hospes_help) || return 0
	if [ ${#words[@]} -eq 0 ]; then
		_hospes_words $(_hospes_commands <<<"$help") --help --version
		return 0
	fi
	command=${words[0]}
	grep -qx -- "$command" <<<"$(_hospes_commands <<<"$help")" || return 0
	help=$(_hospes_help "$command")
	words=("${words[@]:1}")
	# A family: its commands have two words, and what may stand in the place of the second is in the usage.
	if [ -n "$(_hospes_commands <<<"$help")" ]; then
		if [ ${#words[@]} -eq 0 ]; then
			_hospes_words $(_hospes_commands <<<"$help" | sed 's/^[a-z]* //') --help
			places=$(sed -nE 's/^usage: hospes [a-z]+ ([A-Z]+)$/\1/p' <<<"$help")
			[ -z "$places" ] || [[ $current == -* ]] || _hospes_value "$places" "$command"
			return 0
		fi
		grep -qx -- "$command ${words[0]}" <<<"$(_hospes_commands <<<"$help")" || return 0
		help=$(_hospes_help "$command" "${words[0]}")
		command+=" ${words[0]}"
		words=("${words[@]:1}")
	fi
	[ "$command" != dev ] || help=$(_hospes_hospesd)
	options=$(_hospes_options <<<"$help")

	# What is there already: arguments, and whether a value is due.
	for word in "${words[@]}"; do
		if [ -n "$option" ]; then
			[ "${option%% *}" != --socket ] || socket=(--socket "$word")
			option=
		elif [[ $word == -?* ]]; then
			option=$(grep -E -- "^$(sed 's/[^A-Za-z-]//g' <<<"$word") " <<<"$options")
		else
			arguments+=("$word")
		fi
	done
	if [ -n "$option" ]; then
		_hospes_value "${option#* }" "${option%% *}"
	elif [[ $current == -* ]]; then
		_hospes_words $(sed 's/ .*//' <<<"$options")
	else
		places=($(_hospes_places "$command" <<<"$help"))
		i=${#arguments[@]}
		# The last place may take any number.
		if [ "$i" -ge ${#places[@]} ] && [ ${#places[@]} -gt 0 ] && [[ ${places[-1]} == *... ]]; then
			i=$((${#places[@]} - 1))
		fi
		[ "$i" -ge ${#places[@]} ] || _hospes_value "${places[i]}" "$command"
	fi
}

complete -F _hospes hospes

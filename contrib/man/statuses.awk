# Prints the second file; where it says @statuses@, the statuses of the first (hospes/status.h), each with its line.
FNR == NR {
	if (split($0, part, /[(),"]+/) > 4 && part[2] ~ /^HOSPES_E/) {
		text = $0
		sub(/^.*\/\* /, "", text)
		sub(/ \*\/.*$/, "", text)
		list = list ".It Dv " part[2] "\n.Ql " part[5] " :\n" text "\n"
	}
	next
}
/^@statuses@$/ { printf "%s", list; next }
{ print }

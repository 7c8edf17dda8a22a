# Completion of the command, found there by the package bash-completion.
bashcompletiondir = $(datadir)/bash-completion/completions
dist_bashcompletion_DATA = contrib/completion/hospes.bash

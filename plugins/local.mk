# plugins, built against the installed SDK alone

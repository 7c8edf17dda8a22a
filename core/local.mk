# hospesd

# hospes-cell, hospes-inspect, hospes-spawner and the sandbox they share

// Halotrack keeps the history of a brand's Amazon search performance and ads
// on the owner's own machine, and says each week what changed.
package main

import (
	"os"
	_ "time/tzdata" // the image has no time zones of its own

	"halotrack.ai/halotrack/cli"
	"halotrack.ai/halotrack/internal/config"
)

func main() {
	program := cli.Program{Args: os.Args[1:], Settings: config.ReadEnv(), Stdout: os.Stdout, Stderr: os.Stderr}
	os.Exit(program.Run())
}

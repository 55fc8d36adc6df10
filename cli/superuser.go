package cli

import (
	"errors"

	"github.com/pocketbase/pocketbase/cmd"
	"github.com/pocketbase/pocketbase/core"
	"github.com/spf13/cobra"
)

// superuserCommand offers PocketBase's own commands for the people of the
// machine room. The data folder is opened when one of them runs.
func (p *Program) superuserCommand() *cobra.Command {
	// The commands keep the app they are given, so they get one that is
	// filled in before they run.
	late := &lateApp{}
	c := cmd.NewSuperuserCommand(late)
	c.Short = "Administrators of the machine room (/_/)"
	for _, sub := range c.Commands() {
		run := sub.RunE
		sub.RunE = func(c *cobra.Command, args []string) error {
			a, err := open(c.Context(), p.options())
			if err != nil {
				return configurationError(err)
			}
			late.App = a.App
			return errors.Join(run(c, args), a.Close())
		}
		if sub.Args == nil {
			sub.Args = cobra.ArbitraryArgs
		}
	}
	c.Args = wholeCommand
	return c
}

type lateApp struct{ core.App }

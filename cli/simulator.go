package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"os"

	"github.com/spf13/cobra"

	"halotrack.ai/halotrack/amazon/sim"
	"halotrack.ai/halotrack/internal/clock"
)

// truthWeeks is how many weeks of truth are written: all that history can
// reach.
const truthWeeks = 104

func (p *Program) simulatorCommand() *cobra.Command {
	var listen, truth, scenario string
	var seed int64
	var quiet bool
	c := &cobra.Command{
		Use:   "amazon-sim [--listen HOST] [--scenario FILE] [--seed N] [--quiet] [--truth FILE]",
		Short: "Run the simulated Amazon alone",
		RunE: func(c *cobra.Command, _ []string) error {
			if !isLoopback(listen) {
				return usageError{fmt.Errorf("--listen %q: the simulator lets everybody in, so it serves this machine alone; choose a loopback address", listen)}
			}
			hostile, err := readScenario(scenario)
			if err != nil {
				return err
			}
			return p.simulator(c.Context(), sim.Config{Host: listen, Seed: seed, Quiet: quiet, Clock: p.clock, Scenario: hostile}, truth)
		},
	}
	c.Flags().StringVar(&listen, "listen", "127.0.0.1", "loopback address to listen on")
	c.Flags().StringVar(&scenario, "scenario", "", "JSON or YAML file that says how Amazon misbehaves")
	c.Flags().Int64Var(&seed, "seed", 1, "which world is generated")
	c.Flags().BoolVar(&quiet, "quiet", false, "plant nothing: what changes from week to week is chance")
	c.Flags().StringVar(&truth, "truth", "", "file to write what is planted in the world to, as NDJSON")
	return c
}

// readScenario reads a scenario file; none for an empty path.
func readScenario(path string) (*sim.Scenario, error) {
	if path == "" {
		return nil, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, usageError{fmt.Errorf("--scenario: %w", err)}
	}
	s, err := sim.ParseScenario(text)
	if err != nil {
		return nil, usageError{fmt.Errorf("--scenario %s: %w", path, err)}
	}
	return s, nil
}

type simulatorLine struct {
	Env         map[string]string     `json:"env"`
	Documents   string                `json:"documents"`
	Connections []simulatorConnection `json:"connections"`
}

// simulatorConnection lets a script in, to both APIs with the same token.
type simulatorConnection struct {
	Account      string `json:"account"`
	Region       string `json:"region"`
	SellerID     string `json:"sellerId"`
	RefreshToken string `json:"refreshToken"`
}

// simulator serves until ctx ends. Where to reach it stands on one line.
func (p *Program) simulator(ctx context.Context, c sim.Config, truth string) (err error) {
	amazon, err := sim.Start(ctx, c)
	if err != nil {
		return fmt.Errorf("start the simulated Amazon: %w", err)
	}
	defer func() { err = errors.Join(err, amazon.Close()) }()
	if truth != "" {
		if err := writeTruth(truth, amazon.World(), clock.DayOf(p.clock.Now(), p.clock.Now().Location())); err != nil {
			return err
		}
	}
	line := simulatorLine{Env: maps.Clone(amazon.Env()), Documents: amazon.DocumentsURL()}
	line.Env["HALOTRACK_SPAPI_APP_ID"] = amazon.ApplicationID()
	for _, g := range amazon.Connections() {
		line.Env["HALOTRACK_LWA_CLIENT_ID"], line.Env["HALOTRACK_LWA_CLIENT_SECRET"] = g.ClientID, g.ClientSecret
		line.Connections = append(line.Connections, simulatorConnection{g.Account, string(g.Region), g.SellerID, g.JointRefreshToken})
	}
	if err := json.NewEncoder(p.Stdout).Encode(line); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func writeTruth(path string, world *sim.World, today clock.Day) error {
	f, err := os.Create(path)
	if err != nil {
		return usageError{fmt.Errorf("--truth: %w", err)}
	}
	w := bufio.NewWriter(f)
	err = encodeTruth(w, world.Truth(today.Week()-7*truthWeeks, today))
	if err = errors.Join(err, w.Flush(), f.Close()); err != nil {
		return fmt.Errorf("write the truth: %w", err)
	}
	return nil
}

func encodeTruth(w io.Writer, truths []sim.Truth) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	for _, t := range truths {
		if err := encoder.Encode(t); err != nil {
			return err
		}
	}
	return nil
}

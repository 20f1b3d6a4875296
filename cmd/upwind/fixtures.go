package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"upwind/fixtures"
)

// fixturesCommand writes the simulated city. The demo runs it as a process of its own, because it writes
// pictures with GDAL.
func fixturesCommand() *cobra.Command {
	var (
		dir  string
		seed uint64
	)
	c := &cobra.Command{
		Use:   "fixtures",
		Short: "write a simulated city with known truth, as files a user would hand in",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if dir == "" {
				return usageError{errors.New("name the folder to write with -o")}
			}
			bar := newBar("simulating")
			truth, err := fixtures.Generate(cmd.Context(), dir, seed, func(_ string, done, total int) { bar.set(int64(done), int64(total)) })
			bar.finish()
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s holds a city with %d true sources (seed %d)\n", dir, len(truth.Sources), seed)
			return err
		},
	}
	c.Flags().StringVarP(&dir, "out", "o", "", "folder to write")
	c.Flags().Uint64Var(&seed, "seed", 1, "of the city; the same seed gives the same bytes")
	return c
}

package main

import (
	"os"

	"github.com/spf13/cobra"

	"upwind/workers"
)

// jobCommand is the child a worker starts for one job; people do not call it.
func jobCommand() *cobra.Command {
	var (
		dir    string
		mb     int
		inside bool
	)
	c := &cobra.Command{
		Use:    "job",
		Short:  "do one job, read from standard input, in a folder (started by workers)",
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if code := workers.ChildMain(os.Args[1:], dir, mb, inside, workers.Engines); code != 0 {
				return exitError(code)
			}
			return nil
		},
	}
	c.Flags().StringVar(&dir, "dir", "", "the job's folder")
	c.Flags().IntVar(&mb, "memory-mb", workers.DefaultMemoryMB, "memory limit")
	c.Flags().BoolVar(&inside, "inside", false, "the sandbox is entered already")
	return c
}

package main

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"upwind"
	"upwind/bus"
)

// deadCommand lists the jobs that were given up, with the reason, and hands one in again.
func deadCommand() *cobra.Command {
	var (
		dir    string
		asJSON bool
		retry  string
	)
	c := &cobra.Command{
		Use:   "dead",
		Short: "list the jobs that were given up and why; --retry ID queues one again",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			h, err := needData(cmd.Context(), dir)
			if err != nil {
				return err
			}
			defer h.Close()
			if retry != "" {
				if err := h.bus.Jobs().Retry(cmd.Context(), retry); err != nil {
					return err
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "job %s is queued again\n", retry)
				return err
			}
			dead, err := h.bus.Jobs().Dead(cmd.Context())
			if err != nil {
				return err
			}
			if asJSON {
				if dead == nil {
					dead = []bus.DeadJob{}
				}
				return json.NewEncoder(cmd.OutOrStdout()).Encode(map[string]any{"version": upwind.SchemaVersion, "dead": dead})
			}
			for _, d := range dead {
				kind := "given up"
				if d.Refused {
					kind = "refused"
				}
				fmt.Fprintf(cmd.OutOrStdout(), "%s  %-8s  %s\n", d.ID, kind, d.Reason)
			}
			if len(dead) == 0 {
				fmt.Fprintln(cmd.OutOrStdout(), "no job was given up")
			}
			return nil
		},
	}
	dataFlag(c, &dir)
	c.Flags().BoolVar(&asJSON, "json", false, "one JSON document")
	c.Flags().StringVar(&retry, "retry", "", "queue this job again")
	return c
}

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"upwind"
	"upwind/bus"
)

func candidatesCommand() *cobra.Command {
	var (
		dir    string
		asJSON bool
	)
	c := &cobra.Command{
		Use:   "candidates",
		Short: "list the candidate targets, best first, each with its evidence",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			h, err := needData(cmd.Context(), dir)
			if err != nil {
				return err
			}
			defer h.Close()
			ctx, stop := context.WithCancel(cmd.Context())
			defer stop()
			view, err := bus.NewView(ctx, h.bus)
			if err != nil {
				return err
			}
			if err := view.CatchUp(ctx); err != nil {
				return err
			}
			all := view.Book().All()
			if asJSON {
				if all == nil {
					all = []upwind.Candidate{}
				}
				return json.NewEncoder(cmd.OutOrStdout()).Encode(map[string]any{"version": upwind.SchemaVersion, "candidates": all})
			}
			w := tabwriter.NewWriter(cmd.OutOrStdout(), 2, 4, 2, ' ', 0)
			fmt.Fprintln(w, "score\tkind\tclass\tprobability\tlon\tlat\tgrid\tevidence\tid")
			for _, c := range all {
				fmt.Fprintf(w, "%.2f\t%s\t%s\t%.2f\t%.5f\t%.5f\t%s\t%d\t%s\n",
					c.Score, c.Kind, c.Class, c.Probability, c.Lon, c.Lat, c.GridCode, len(c.Evidence), c.ID)
			}
			return w.Flush()
		},
	}
	dataFlag(c, &dir)
	c.Flags().BoolVar(&asJSON, "json", false, "one JSON document with the evidence")
	return c
}

package main

import (
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"upwind"
	"upwind/lidar/las"
)

// cloudDigest is the answer of `cloud hash` for one file.
type cloudDigest struct {
	Name         string   `json:"name"`
	Points       int64    `json:"points"`
	PointFormat  int      `json:"point_format"`
	MinorVersion int      `json:"minor_version"`
	ExtraBytes   int      `json:"extra_bytes"`
	SHA256       string   `json:"sha256"`
	Warnings     []string `json:"warnings,omitempty"`
}

func cloudHash(mb *int) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "hash FILE...",
		Short: "SHA-256 of the points themselves, whatever their compression: equal points, equal hash",
		Long: "hash prints, for each file, the SHA-256 over its points in file order, as documented at las.Digest: X, Y, Z as stored, intensity,\n" +
			"return number, number of returns, class, user data, point source, scan angle, then time, colour, near infrared and extra bytes\n" +
			"where the format has them. A LAS file and its LAZ have the same hash.",
		Args: needArgs(1, "the files"),
		RunE: func(cmd *cobra.Command, paths []string) error {
			if err := behindWalls(paths, nil, *mb); err != nil {
				return err
			}
			all := []cloudDigest{}
			err := eachFile(cmd, paths, func(path string) error {
				d, err := digestOf(cmd, path)
				if err != nil {
					return err
				}
				all = append(all, d)
				for _, w := range d.Warnings {
					fmt.Fprintf(cmd.ErrOrStderr(), "upwind: %s: %s\n", path, w)
				}
				if !asJSON {
					fmt.Fprintf(cmd.OutOrStdout(), "%s  %s\n", d.SHA256, path)
				}
				return nil
			})
			if asJSON {
				if jerr := json.NewEncoder(cmd.OutOrStdout()).Encode(map[string]any{"version": upwind.SchemaVersion, "files": all}); jerr != nil {
					return jerr
				}
			}
			return err
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "one JSON document, with counts and point format")
	return c
}

func digestOf(cmd *cobra.Command, path string) (cloudDigest, error) {
	r, err := openCloudFile(path)
	if err != nil {
		return cloudDigest{}, err
	}
	defer r.Close()
	sum, n, err := las.Digest(cmd.Context(), r.Reader)
	if err != nil {
		return cloudDigest{}, err
	}
	h := r.Header()
	return cloudDigest{Name: path, Points: n, PointFormat: int(h.Format), MinorVersion: int(h.Minor), ExtraBytes: h.ExtraBytes(),
		SHA256: hex.EncodeToString(sum[:]), Warnings: r.Warnings()}, nil
}

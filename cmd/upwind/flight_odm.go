package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"upwind"
	"upwind/ingest/nodeodm"
)

// odmFlags are those of `upwind flight` that send a flight to a NodeODM server.
type odmFlags struct {
	url, token, out string
}

func (o *odmFlags) add(p *pflag.FlagSet) {
	p.StringVar(&o.url, "nodeodm", "", "make an orthophoto of the pictures by the NodeODM server at this address, http://host:3000")
	p.StringVar(&o.token, "nodeodm-token", os.Getenv("NODEODM_TOKEN"), "its token, where it asks for one (or NODEODM_TOKEN)")
	p.StringVarP(&o.out, "output", "o", "", "folder for the orthophoto and the surface model")
}

// odmPause is between two questions to the server.
const odmPause = 5 * time.Second

// run checks the flight in a process of its own, behind walls, and sends its pictures, which are not looked into any more.
func (o *odmFlags) run(cmd *cobra.Command, folders []string) error {
	if len(folders) != 1 || o.out == "" {
		return usageError{errors.New("--nodeodm takes the pictures of one folder: name it, and with -o where the results go")}
	}
	if u, err := url.Parse(o.url); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return usageError{fmt.Errorf("--nodeodm: %q is no address, such as http://host:3000", o.url)}
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	check := exec.CommandContext(cmd.Context(), self, "flight", folders[0])
	check.Stdout, check.Stderr = cmd.OutOrStdout(), cmd.ErrOrStderr()
	if err := check.Run(); err != nil {
		return errors.New("the flight could not be checked: nothing was sent")
	}
	pictures, err := picturesOf(folders[0])
	if err != nil {
		return err
	}
	if err := os.MkdirAll(o.out, 0o755); err != nil {
		return upwind.Refuse(o.out, "", "the folder cannot be made: "+err.Error(), "name another with -o")
	}
	c := nodeodm.Client{URL: o.url, Token: o.token, HTTP: http.DefaultClient, Pause: odmPause}
	archive := filepath.Join(o.out, "all.zip")
	var b *bar
	at := nodeodm.Stage("")
	err = c.Run(cmd.Context(), filepath.Base(filepath.Clean(folders[0])), pictures, filepath.Join(o.out, "nodeodm.json"), archive, func(stage nodeodm.Stage, done, total int64) {
		if stage != at {
			if b != nil {
				b.finish()
			}
			b, at = newBar(string(stage)), stage
		}
		b.set(done, total)
	})
	if b != nil {
		b.finish()
	}
	if err != nil {
		return err
	}
	files, err := nodeodm.Unpack(archive, o.out)
	if err != nil {
		return err
	}
	if err := os.Remove(archive); err != nil {
		return err
	}
	for _, f := range files {
		fmt.Fprintln(cmd.OutOrStdout(), f)
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "next: upwind ingest %s\n", o.out)
	return err
}

// picturesOf are the pictures in a folder and below.
func picturesOf(folder string) (out []string, err error) {
	err = filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() && slices.Contains(flightEndings, strings.ToLower(filepath.Ext(path))) {
			out = append(out, path)
		}
		return err
	})
	return out, err
}

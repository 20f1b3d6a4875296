package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"upwind"
	"upwind/access"
)

// accountCommand looks after accounts from the machine itself, also for who is locked out of the page.
func accountCommand() *cobra.Command {
	c := &cobra.Command{Use: "account", Short: "who may sign in: list, put; for who is locked out of the page"}
	c.AddCommand(accountListCommand(), accountPutCommand())
	return c
}

func accountListCommand() *cobra.Command {
	var (
		dir    string
		asJSON bool
	)
	c := &cobra.Command{
		Use:   "list",
		Short: "every account with its roles and areas",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			h, err := needData(cmd.Context(), dir)
			if err != nil {
				return err
			}
			defer h.Close()
			all, err := (&office{bus: h.bus, store: h.store}).Accounts(cmd.Context())
			if err != nil {
				return err
			}
			for i := range all {
				all[i].Password = ""
			}
			if asJSON {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(map[string]any{"version": upwind.SchemaVersion, "accounts": append([]access.Account{}, all...)})
			}
			for _, a := range all {
				closed := ""
				if a.Disabled {
					closed = "  closed"
				}
				fmt.Fprintf(cmd.OutOrStdout(), "%s  %s  %v  %s%s\n", a.Login, a.Name, a.Roles, strings.Join(a.Areas, " "), closed)
			}
			if len(all) == 0 {
				fmt.Fprintln(cmd.OutOrStdout(), "there is no account; 'upwind run' prints a link that makes the first administrator")
			}
			return nil
		},
	}
	dataFlag(c, &dir)
	c.Flags().BoolVar(&asJSON, "json", false, "one JSON document")
	return c
}

func accountPutCommand() *cobra.Command {
	var (
		dir, name, officer string
		roles, areas       []string
		closed             bool
	)
	c := &cobra.Command{
		Use:   "put LOGIN",
		Short: "make or change an account; asks for the password, or reads it as one line (empty keeps the old one)",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			h, err := openData(cmd.Context(), dir)
			if err != nil {
				return err
			}
			defer h.Close()
			f := cmd.Flags()
			return putAccount(cmd.Context(), &office{bus: h.bus, store: h.store}, args[0], func(a *access.Account) error {
				if f.Changed("name") {
					a.Name = name
				}
				if f.Changed("officer") {
					a.OfficerID = officer
				}
				if f.Changed("area") {
					a.Areas = areas
				}
				if f.Changed("closed") {
					a.Disabled = closed
				}
				if f.Changed("role") {
					a.Roles = nil
					for _, r := range roles {
						a.Roles = append(a.Roles, access.Role(r))
					}
				}
				password, err := askPassword(cmd.InOrStdin(), cmd.ErrOrStderr())
				if err != nil || password == "" && a.Password != "" {
					return err
				}
				a.Password, err = access.HashPassword(password)
				return err
			}, cmd.OutOrStdout())
		},
	}
	dataFlag(c, &dir)
	f := c.Flags()
	f.StringVar(&name, "name", "", "of the person")
	f.StringSliceVar(&roles, "role", nil, "operator, analyst, inspector, administrator, wall; several with commas")
	f.StringSliceVar(&areas, "area", nil, "codes of counties, towns or cells, or * for the whole city")
	f.StringVar(&officer, "officer", "", "id of the grid's officer that an inspector is")
	f.BoolVar(&closed, "closed", false, "nobody signs in with it any more; --closed=false opens it again")
	return c
}

// putAccount changes an account, whose open sessions end by that.
func putAccount(ctx context.Context, o *office, login string, edit func(*access.Account) error, out io.Writer) error {
	login = access.Normal(login)
	a, revision, err := o.Account(ctx, login)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		a = access.NewAccount(login, time.Now())
		a.Name = login
	case err != nil:
		return err
	default:
		a.Epoch++
	}
	if err := edit(&a); err != nil {
		return err
	}
	if err := a.Validate(); err != nil {
		return err
	}
	if err := o.PutAccount(ctx, a, revision); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s is saved: %v, %s\n", a.Login, a.Roles, strings.Join(a.Areas, " "))
	return err
}

// askPassword asks at a terminal, without showing what is typed, and otherwise reads a line.
func askPassword(in io.Reader, prompt io.Writer) (string, error) {
	if f, ok := in.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		fmt.Fprint(prompt, "Password (empty keeps the old one): ")
		raw, err := term.ReadPassword(int(f.Fd()))
		fmt.Fprintln(prompt)
		return string(raw), err
	}
	line, err := bufio.NewReader(in).ReadString('\n')
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return strings.TrimRight(line, "\r\n"), err
}

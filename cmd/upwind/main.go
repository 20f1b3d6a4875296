// Command upwind finds who makes a city's dust and smoke: see the package documentation of upwind.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// version is set by the linker.
var version = "dev"

// Exit codes of every command.
const (
	exitFailed = 1
	exitUsage  = 2
)

// usageError is a fault of the command line itself.
type usageError struct{ err error }

func (u usageError) Error() string { return u.err.Error() }
func (u usageError) Unwrap() error { return u.err }

// exitError ends the program with a code and no further words.
type exitError int

func (e exitError) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

// commands is the registry: a command is one file and one line here.
var commands = []func() *cobra.Command{
	runCommand, workerCommand, ingestCommand, candidatesCommand, deadCommand, cloudCommand, scanCommand, traceCommand, seasonCommand, flightCommand, placeCommand, detectCommand, trainCommand, reportCommand, hj212Command,
	accountCommand, backupCommand, restoreCommand, doctorCommand, scoreCommand, benchCommand, fixturesCommand, versionCommand, jobCommand,
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	code := execute(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}

func execute(ctx context.Context, args []string) int {
	root := &cobra.Command{
		Use:           "upwind",
		Short:         "Finds who makes a city's dust and smoke: from drones, satellites, lidar, stations and wind to candidate targets on the grid map",
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	var quiet, verbose bool
	root.PersistentFlags().BoolVar(&quiet, "quiet", false, "no log and no progress bar, only errors")
	root.PersistentFlags().BoolVar(&verbose, "verbose", false, "log every job")
	root.PersistentPreRun = func(*cobra.Command, []string) {
		level := slog.LevelInfo
		switch {
		case quiet:
			level = slog.LevelError
		case verbose:
			level = slog.LevelDebug
		}
		slog.SetDefault(slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level})))
		showProgress = !quiet && term.IsTerminal(int(os.Stderr.Fd()))
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.CompletionOptions.HiddenDefaultCmd = true
	for _, c := range commands {
		root.AddCommand(c())
	}
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	var (
		code  exitError
		usage usageError
	)
	switch {
	case err == nil:
		return 0
	case errors.As(err, &code):
		return int(code)
	case errors.As(err, &usage), strings.HasPrefix(err.Error(), "unknown command"):
		fmt.Fprintf(os.Stderr, "upwind: %v\n'upwind %s--help' lists what there is.\n", err, firstWord(args))
		return exitUsage
	default:
		fmt.Fprintln(os.Stderr, "upwind:", err)
		return exitFailed
	}
}

func firstWord(args []string) string {
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		return args[0] + " "
	}
	return ""
}

// needArgs is cobra's check of the number of arguments, as a usage error in words.
func needArgs(least int, what string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) < least {
			return usageError{fmt.Errorf("name %s", what)}
		}
		return nil
	}
}

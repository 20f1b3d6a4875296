package workers

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"upwind"
	"upwind/workers/sandbox"
)

// Engine does one kind of job inside a child, in the job's folder. progress may be called often.
type Engine func(ctx context.Context, job Job, progress func(Progress)) (Result, error)

// insideFlag marks the second stage of a child, behind the sandbox's door.
const insideFlag = "--inside"

// maxOutBytes bounds one file a child writes (a chip, a mask, a preview).
const maxOutBytes = 1 << 30

// ChildMain is `upwind job`: the first stage goes into the folder, enters the sandbox and starts the program
// anew behind it; the second does the job. It returns the process's exit code.
func ChildMain(args []string, dir string, memoryMB int, inside bool, engines map[Kind]Engine) int {
	if !inside {
		fmt.Fprintln(os.Stderr, enter(args, dir, memoryMB))
		return exitPassing
	}
	// Decoders may print; standard output is the protocol's alone.
	out, err := unix.Dup(unix.Stdout)
	if err == nil {
		err = unix.Dup3(unix.Stderr, unix.Stdout, 0)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return exitPassing
	}
	return serve(os.Stdin, &answer{w: os.NewFile(uintptr(out), "protocol")}, engines)
}

// enter becomes the second stage: it returns only the error that kept it from that.
func enter(args []string, dir string, memoryMB int) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return err
	}
	if err := os.Chdir(dir); err != nil {
		return err
	}
	return sandbox.Exec(sandbox.Limits{
		DataBytes: uint64(memoryMB) << 20,
		FileBytes: maxOutBytes,
		ReadOnly:  []string{dir},
		ReadWrite: []string{filepath.Join(dir, outDir)},
	}, append(append([]string{self}, args...), insideFlag), os.Environ())
}

func serve(stdin io.Reader, a *answer, engines map[Kind]Engine) int {
	in := bufio.NewReader(stdin)
	spec, err := in.ReadBytes('\n')
	if err != nil {
		return exitOrphan
	}
	// The parent holds our input open as long as it lives.
	go func() {
		_, _ = io.Copy(io.Discard, in)
		os.Exit(exitOrphan)
	}()
	res, err := do(spec, a, engines)
	if err == nil {
		err = a.result(res)
	}
	var refused *upwind.Refusal
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &refused):
		what := refused.What
		if refused.Err != nil {
			what += " (" + refused.Err.Error() + ")"
		}
		_ = a.send(line{Refused: &refusedLine{File: refused.File, Where: refused.Where, What: what, Do: refused.Do}})
		return exitRefused
	case upwind.IsPassing(err):
		_ = a.send(line{Passing: err.Error()})
		return exitPassing
	default:
		// A fault nobody sorted is permanent: the same input would give it again.
		_ = a.send(line{Refused: &refusedLine{What: err.Error()}})
		return exitRefused
	}
}

func do(spec []byte, a *answer, engines map[Kind]Engine) (Result, error) {
	var job Job
	if err := json.Unmarshal(spec, &job); err != nil {
		return Result{}, fmt.Errorf("workers: reading the job: %w", err)
	}
	engine, ok := engines[job.Kind]
	if !ok {
		return Result{}, fmt.Errorf("workers: no engine for job kind %q", job.Kind)
	}
	return engine(context.Background(), job, func(p Progress) { _ = a.send(line{Progress: &p}) })
}

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"upwind/workers/sandbox"
)

// insideEnv marks a process that is behind the walls already.
const insideEnv = "UPWIND_BEHIND_WALLS"

// Limits of a command that opens files by itself. People run these on purpose, so they are wider than a
// worker's: a whole survey fits.
const (
	walledMemoryMB  = 4096
	walledFileBytes = 1 << 42
)

// behindWalls shuts this process in before it decodes a file that a stranger made: it starts the same command
// anew inside the sandbox, able to read only the named inputs, to write only next to the named outputs, and
// without network. It returns nil inside; outside it returns only when the walls cannot be built.
func behindWalls(inputs, outputs []string, memoryMB int) error {
	if os.Getenv(insideEnv) != "" {
		return nil
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	var reads, writes []string
	for _, p := range inputs {
		full, err := filepath.Abs(p)
		if err != nil {
			return err
		}
		// A link is followed here, by whoever typed its name, not behind the walls.
		if real, err := filepath.EvalSymlinks(full); err == nil {
			reads = append(reads, real)
		}
	}
	for _, p := range outputs {
		full, err := filepath.Abs(p)
		if err != nil {
			return err
		}
		dir := filepath.Dir(full)
		if info, err := os.Stat(full); err == nil && info.IsDir() {
			dir = full
		}
		if _, err := os.Stat(dir); err != nil {
			return usageError{fmt.Errorf("the folder of %s is not there: make it first", p)}
		}
		writes = append(writes, dir)
	}
	env := append(slices.Clone(os.Environ()), insideEnv+"=1", fmt.Sprintf("GOMEMLIMIT=%dMiB", memoryMB*7/10), "GOGC=50")
	return sandbox.Exec(sandbox.Limits{DataBytes: uint64(memoryMB) << 20, FileBytes: walledFileBytes, ReadOnly: reads, ReadWrite: writes},
		append([]string{self}, os.Args[1:]...), env)
}

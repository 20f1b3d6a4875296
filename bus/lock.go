package bus

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	// lockTries rides out [held], which takes the lock for an instant to see whether it is free.
	lockTries  = 4
	lockName   = "lock"
	serverName = "server.json"
)

// ServerInfo is DATA/server.json: how other commands on this machine reach the process that holds DATA.
type ServerInfo struct {
	URL   string `json:"url"` // nats://127.0.0.1:port
	Token string `json:"token"`
	PID   int    `json:"pid"`
	HTTP  string `json:"http,omitempty"` // http://host:port of the pages
}

// lockDir takes DATA/lock for this process. The kernel frees it when the process ends, however it ends.
func lockDir(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, lockName), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("bus: %w", err)
	}
	err = syscall.EWOULDBLOCK
	for try := 0; try < lockTries && errors.Is(err, syscall.EWOULDBLOCK); try++ {
		if try > 0 {
			time.Sleep(retryWait)
		}
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	}
	if err != nil {
		defer f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, &ErrInUse{Dir: dir, PID: lockPID(f)}
		}
		return nil, fmt.Errorf("bus: locking %s: %w", dir, err)
	}
	if err = f.Truncate(0); err == nil {
		_, err = f.WriteAt([]byte(strconv.Itoa(os.Getpid())), 0)
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("bus: locking %s: %w", dir, err)
	}
	return f, nil
}

func lockPID(f *os.File) int {
	b := make([]byte, 20)
	n, _ := f.ReadAt(b, 0)
	pid, _ := strconv.Atoi(strings.TrimSpace(string(b[:n])))
	return pid
}

// held reports whether a living process holds dir, and its pid.
func held(dir string) (pid int, ok bool) {
	f, err := os.Open(filepath.Join(dir, lockName))
	if err != nil {
		return 0, false
	}
	defer f.Close()
	if syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB) == nil {
		return 0, false
	}
	return lockPID(f), true
}

func writeServerInfo(dir string, info ServerInfo) error {
	b, err := json.MarshalIndent(info, "", "  ")
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, serverName+".*") // made with mode 0600
	if err != nil {
		return fmt.Errorf("bus: %w", err)
	}
	defer os.Remove(f.Name())
	_, err = f.Write(append(b, '\n'))
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(f.Name(), filepath.Join(dir, serverName))
	}
	if err != nil {
		return fmt.Errorf("bus: %w", err)
	}
	return nil
}

// ReadServerInfo returns how to reach the process that serves dir, waiting up to 10 s while it starts. With
// no such process the error is [ErrNotRunning].
func ReadServerInfo(ctx context.Context, dir string) (ServerInfo, error) {
	ctx, cancel := context.WithTimeout(ctx, startWait)
	defer cancel()
	for {
		pid, ok := held(dir)
		if !ok {
			return ServerInfo{}, fmt.Errorf("%w: %s", ErrNotRunning, dir)
		}
		var info ServerInfo
		b, err := os.ReadFile(filepath.Join(dir, serverName))
		if err == nil {
			err = json.Unmarshal(b, &info)
		}
		if err == nil && info.PID == pid {
			return info, nil
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return ServerInfo{}, fmt.Errorf("bus: reading %s: %w", filepath.Join(dir, serverName), err)
		}
		select {
		case <-ctx.Done():
			return ServerInfo{}, fmt.Errorf("bus: process %d holds %s but does not answer after %v; look at its log, or stop it", pid, dir, startWait)
		case <-time.After(retryWait):
		}
	}
}

func randomToken() string {
	b := make([]byte, 24)
	rand.Read(b) // never fails since Go 1.24
	return hex.EncodeToString(b)
}

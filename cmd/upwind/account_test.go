package main

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// runAccount runs the command as a process of its own, as people do.
func runAccount(t *testing.T, input string, args ...string) (string, error) {
	exe, err := program()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), exe, append([]string{"account"}, args...)...)
	cmd.Stdin = strings.NewReader(input)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func TestAccountsFromTheCommandLine(t *testing.T) {
	dir := t.TempDir()
	out, err := runAccount(t, "", "list", "--data", dir)
	require.NoError(t, err, out)
	require.Contains(t, out, "there is no account")
	out, err = runAccount(t, "too short\n", "put", "Li.Wei", "--data", dir, "--role", "analyst", "--area", "371502")
	require.Error(t, err)
	require.Contains(t, out, "at least 10")
	out, err = runAccount(t, "dust in the wind\n", "put", "Li.Wei", "--data", dir, "--role", "king", "--area", "371502")
	require.Error(t, err)
	require.Contains(t, out, `no role "king"`)
	out, err = runAccount(t, "dust in the wind\n", "put", "Li.Wei", "--data", dir, "--name", "李伟", "--role", "analyst,inspector", "--area", "371502", "--officer", "G-1")
	require.NoError(t, err, out)
	require.Contains(t, out, "li.wei is saved: [analyst inspector], 371502\n")
	out, err = runAccount(t, "", "put", "li.wei", "--data", dir, "--closed")
	require.NoError(t, err, out)
	require.Contains(t, out, "saved", "an empty line keeps the password")
	out, err = runAccount(t, "", "list", "--data", dir, "--json")
	require.NoError(t, err, out)
	for _, want := range []string{`"disabled":true`, `"epoch":1`, `"officer_id":"G-1"`, `"password":""`} {
		require.Contains(t, out, want)
	}
	require.NotContains(t, out, "argon2")
}
